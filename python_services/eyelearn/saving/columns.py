"""Column types that keep what plain SQL types lose: an id's JSON type, a time's zone."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

from ..timestamps import utc_text
from .record import LearnerId

# 64 characters of an id, each an escaped surrogate pair (12 characters) at worst, and two quotes.
ID_CHARACTERS = 64 * 12 + 2
# 2025-01-15T10:30:45.123Z
TIME_CHARACTERS = 24


class JsonId(TypeDecorator[LearnerId]):
    """An id as JSON text: 123 and "123" stay apart.

    ASCII only: the same bytes in every database, whatever its collation or character set.
    """

    impl = String(ID_CHARACTERS)
    cache_ok = True

    def process_bind_param(self, value: LearnerId | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> LearnerId | None:
        if value is None:
            return None
        identifier: LearnerId = json.loads(value)
        return identifier


class UtcTime(TypeDecorator[float]):
    """Seconds since 1970 as ISO 8601 text, to the millisecond: every database keeps it alike."""

    impl = String(TIME_CHARACTERS)
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> str | None:
        return None if value is None else utc_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> float | None:
        return None if value is None else datetime.fromisoformat(value).timestamp()
