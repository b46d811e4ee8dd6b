"""JSON from outside, bounded before it is parsed.

4 MB of `[0,0,…` keep an event loop for 140 ms, and `[[[[…` goes as deep as the interpreter's stack.
What we are sent is long only by its pictures, and those are single strings: a few brackets and
commas tell the two apart. Has `loads` and `dumps`, so that Socket.IO can be given this module.
"""

from __future__ import annotations

import json
import math
from typing import Any

import orjson

from ..errors import InvalidPayload
from .guards import MAX_MESSAGE_BYTES

__all__ = ["dumps", "loads", "read_object"]

# Objects and lists in one message, and so how deep they go. An event of ours has four: the message,
# its payload, and two lists or placeholders in that.
MAX_CONTAINERS = 64
# Commas, and so members and elements; a batch of 60 landmark samples has 120.
MAX_COMMAS = 1000
# Characters that are counted in no time.
SHORT = 4096
# Digits of an integer, its sign included: above every id and time, and still fast to convert.
MAX_DIGITS = 100


def loads(text: str, **_options: Any) -> Any:
    """The value of a JSON text. Raises ValueError for what is none, or beyond the bounds.

    Options are a library's own bounds, which ours take the place of.
    """
    containers = _count(text, "[", MAX_CONTAINERS) + _count(text, "{", MAX_CONTAINERS)
    if containers > MAX_CONTAINERS:
        raise ValueError(f"more than {MAX_CONTAINERS} objects and lists")
    if _count(text, ",", MAX_COMMAS) > MAX_COMMAS:
        raise ValueError(f"more than {MAX_COMMAS} values")
    return _DECODER.decode(text)


def dumps(value: Any, **_options: Any) -> str:
    """Our own words as JSON, in a tenth of the time that the standard library takes; and what that
    library alone can write, such as half a character that a client's event was named by."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))


def read_object(message: str | bytes) -> dict[str, Any]:
    """The object that a message of JSON holds, for faces that read it themselves.

    Raises InvalidPayload, which does not quote the message.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise InvalidPayload(f"The message has more than {MAX_MESSAGE_BYTES // 1024} KB.")
    try:
        value = loads(message if isinstance(message, str) else message.decode())
    except ValueError as error:
        raise InvalidPayload("The message is no JSON that is taken here.") from error
    if not isinstance(value, dict):
        raise InvalidPayload("The message must be one JSON object.")
    return value


def _count(text: str, character: str, enough: int) -> int:
    """How often a character occurs, but no further than just above `enough`; in strings, too.

    In a long text, searching from one to the next costs a tenth of `str.count` where there are few.
    """
    if len(text) < SHORT:
        return text.count(character)
    count, at = 0, text.find(character)
    while at >= 0 and count <= enough:
        count, at = count + 1, text.find(character, at + 1)
    return count


def _integer(digits: str) -> float:
    """Whoever checks the value refuses infinity, and can say where it stood."""
    return int(digits) if len(digits) <= MAX_DIGITS else math.inf


# `json.loads` makes one for each text.
_DECODER = json.JSONDecoder(parse_int=_integer)
