"""The log's second net: what must not stand in a text, if ever it came into one."""

from __future__ import annotations

import re
from collections.abc import Callable

from .redaction import hashed

# No text of ours is so long; a picture, a token in full or somebody's payload is.
LONGEST_CHARACTERS = 500

_Replacement = str | Callable[[re.Match[str]], str]


def _length(match: re.Match[str]) -> str:
    return f"<{len(match[0])} characters>"


_NET: tuple[tuple[re.Pattern[str], _Replacement], ...] = (
    (re.compile(r"\bdata:[^,\s]{0,100},\S+"), "<data URL>"),
    # A JSON object as base64 begins so, and with it every JWT.
    (re.compile(r"\beyJ[\w-]+(\.[\w-]*)*"), "<token>"),
    (
        re.compile(r"\b((?:set-)?cookie|(?:proxy-)?authorization)\b(\W{1,8}).+", re.I | re.S),
        r"\1\2<hidden>",
    ),
    (re.compile(r"\b(bearer|basic) +[\w.~+/=-]+", re.I), r"\1 <hidden>"),
    # User and password of an address.
    (re.compile(r"(?<=://)[^/\s]+@"), "<user>@"),
    (re.compile(r"\?[\w.%~\[\]-]+=[^\s'\"<>)]*"), "?<query>"),
    # Session ids are random UUIDs; the hash is the one that a field would show.
    (
        re.compile(r"\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b", re.I),
        lambda match: hashed(match[0]),
    ),
    # Base64 and hexadecimal digits. With a slash among them they may be a path: only longer ones.
    (re.compile(r"[\w+=-]{40,}|[\w+/=-]{100,}", re.A), _length),
    # A line of the log is one line, and no terminal obeys it.
    (re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"), lambda match: ascii(match[0])[1:-1]),
)


def safe_text(text: str) -> str:
    """The text without tokens, pictures, cookies, query strings, passwords and session ids.

    One of more than `LONGEST_CHARACTERS` is told by its length alone.
    """
    if len(text) > LONGEST_CHARACTERS:
        return f"<{len(text)} characters>"
    for pattern, replacement in _NET:
        text = pattern.sub(replacement, text)
    return text


def safe_value(value: object) -> str | int | float | None:
    """A value that may stand in the log: numbers as they are, all else as a safe text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    return safe_text(str(value))
