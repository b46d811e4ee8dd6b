"""What `health_check.py` looks at."""
