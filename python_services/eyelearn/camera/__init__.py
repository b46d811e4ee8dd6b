"""The service's own camera: one child process opens it, while somebody watches."""
