"""Measuring the whole service from outside: learners, processes, search, tables."""
