from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eyelearn.errors import InvalidPayload
from eyelearn.protocols.bounded_json import (
    MAX_COMMAS,
    MAX_CONTAINERS,
    MAX_DIGITS,
    loads,
    read_object,
)
from eyelearn.protocols.guards import MAX_MESSAGE_BYTES

NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_no_longer_than_our_messages_is_read_as_ever(value: Any) -> None:
    text = json.dumps(value)
    assert loads(text) == json.loads(text)


@given(st.text(alphabet='[]{}",:0123456789.-+eEnulltruefalse \\u\x00\ud800'))
def test_any_text_is_a_value_or_a_value_error(text: str) -> None:
    try:
        loads(text)
    except ValueError:
        return


@pytest.mark.parametrize(
    "text",
    [
        "[" * 4_000_000,
        "[" * 2000 + "]" * 2000,
        '{"a":' * 2000 + "1" + "}" * 2000,
        "[" + "0," * 2_000_000 + "0]",
        "[" + '{"a":1},' * 500_000 + "0]",
        "[[" + "],[" * 100 + "]]",
    ],
    ids=["open", "lists", "objects", "numbers", "small objects", "side by side"],
)
def test_what_no_message_of_ours_is_like_is_refused_unread(text: str) -> None:
    with pytest.raises(ValueError, match="more than"):
        loads(text)


def test_the_bounds_are_what_they_say() -> None:
    assert loads("[" * MAX_CONTAINERS + "]" * MAX_CONTAINERS)
    assert len(loads("[" + "0," * MAX_COMMAS + "0]")) == MAX_COMMAS + 1


def test_one_long_text_is_read_whatever_its_length() -> None:
    assert loads('["video_frame",{"frame":"' + "a" * 4_000_000 + '"}]')[1]["frame"]


def test_an_integer_of_many_digits_is_none_that_any_payload_takes() -> None:
    assert loads("9" * MAX_DIGITS) == int("9" * MAX_DIGITS)
    assert loads('{"user_id":' + "9" * 1_000_000 + "}") == {"user_id": float("inf")}


@given(st.binary() | st.text())
def test_a_message_is_an_object_or_an_invalid_payload(message: str | bytes) -> None:
    try:
        assert isinstance(read_object(message), dict)
    except InvalidPayload:
        return


@pytest.mark.parametrize(
    "message",
    ["", "[]", "1", "null", b"\xff", "{}" + " " * MAX_MESSAGE_BYTES, '{"secret":'],
    ids=["nothing", "list", "number", "null", "no text", "too large", "cut off"],
)
def test_a_message_that_is_no_object_is_told_without_its_content(message: str | bytes) -> None:
    with pytest.raises(InvalidPayload) as caught:
        read_object(message)
    assert "secret" not in caught.value.message


def test_an_object_is_read_from_text_and_bytes() -> None:
    assert read_object('{"type":"ping"}') == read_object(b'{"type":"ping"}') == {"type": "ping"}
