"""Observations over time to what is told. Pure: the clock is always an argument."""
