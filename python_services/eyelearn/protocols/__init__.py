"""One file per face of the service; each only translates between its wire and the core."""
