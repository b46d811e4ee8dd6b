"""Times as every protocol, row and log of ours writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_text(seconds: float) -> str:
    """Seconds since 1970 as UTC, ISO 8601 with milliseconds and `Z`; sorts as the times do."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
