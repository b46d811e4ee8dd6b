"""How long the camera is waited for, and how often it is asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """In seconds. Only tests take other values."""

    # Soon enough for a learner who plugs the camera in again, seldom enough for a camera that
    # counts failed logins.
    retry: float = 3.0
    # A network camera that wakes up takes 2 to 4 s to its first picture.
    opening: float = 10.0
    # A stream has at least a picture a second; a wireless network may pause for some.
    reading: float = 5.0
    # Above both: what goes on for longer does not keep to its limit, and no longer will.
    hung: float = 15.0
    # A page that is loaded anew comes back sooner, and the camera stays open.
    grace: float = 2.0
    # A problem that lasts is told again, to whoever missed it.
    repeat: float = 10.0
