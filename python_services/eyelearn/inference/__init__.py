"""Frames to worker processes and back."""
