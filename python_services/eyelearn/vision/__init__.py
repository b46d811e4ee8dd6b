"""Bytes to numbers: plain functions and values that know no session, network or event loop."""
