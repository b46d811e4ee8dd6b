"""Column types that keep what plain SQL types lose: an id's JSON type, a time's zone, its case."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Dialect, String
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..timestamps import utc_text
from .record import LearnerId

# 64 characters of an id, each an escaped surrogate pair (12 characters) at worst, and two quotes.
ID_CHARACTERS = 64 * 12 + 2
# 2025-01-15T10:30:45.123Z
TIME_CHARACTERS = 24
# 500 characters of an answer, escaped.
TEXT_CHARACTERS = 500 * 12 + 2
# A dozen names, each with a number of up to 24 characters, and room to spare.
NUMBERS_CHARACTERS = 1000


T = TypeVar("T")


class _ExactText(TypeDecorator[T]):
    """ASCII text that compares byte by byte everywhere: MariaDB's usual collations ignore
    case and trailing spaces."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            length = cast(String, self.impl_instance).length
            exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_nopad_bin")
            return dialect.type_descriptor(exact)
        return dialect.type_descriptor(self.impl_instance)


class Ascii(_ExactText[str]):
    """An identifier of ours."""

    cache_ok = True


class JsonId(_ExactText[LearnerId]):
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


class UtcTime(_ExactText[float]):
    """Seconds since 1970 as ISO 8601 text, to the millisecond: every database keeps it alike."""

    impl = String(TIME_CHARACTERS)
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> str | None:
        return None if value is None else utc_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> float | None:
        return None if value is None else datetime.fromisoformat(value).timestamp()


class JsonText(_ExactText[str]):
    """Any text, as JSON: no character of it, NUL included, is one that a database won't take."""

    impl = String(TEXT_CHARACTERS)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(json.loads(value))


class JsonNumbers(_ExactText[dict[str, float]]):
    """Numbers by name, as JSON.

    What a person has put in their place is read as {}, for the reader to refuse: one row that is
    spoilt must not keep the others of a query from being read.
    """

    impl = String(NUMBERS_CHARACTERS)
    cache_ok = True

    def process_bind_param(self, value: dict[str, float] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, float] | None:
        if value is None:
            return None
        try:
            numbers = json.loads(value)
        except ValueError:
            return {}
        return numbers if isinstance(numbers, dict) else {}
