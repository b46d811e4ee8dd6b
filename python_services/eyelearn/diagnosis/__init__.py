"""Can this machine run the service? Each look in a process of its own, and what is to be mended."""
