"""How many examples a property is tried with against a running service."""

from __future__ import annotations

import os

from hypothesis import settings

_CI = os.environ.get("CI") == "true"
# In CI the same ones at every run, so that a change is what made a test fail.
some_examples = settings(
    max_examples=20 if _CI else 100, deadline=None, database=None, derandomize=_CI
)
