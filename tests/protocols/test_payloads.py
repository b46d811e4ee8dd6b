from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eyelearn.errors import InvalidPayload
from eyelearn.protocols.payloads import (
    PageVisibility,
    Payload,
    StartTracking,
    VideoFrame,
    parse,
)

IDS = {"user_id": 1, "module_id": 2, "section_id": 3}
LONGEST_MESSAGE = 1000
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(categories=None))
    | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["user_id", "module_id", "section_id", "session_id", "frame", "timestamp", "hidden"]
SESSION_ID = "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b"


def start(**changes: Any) -> StartTracking:
    return parse(StartTracking, "start_tracking", ({**IDS, **changes},))


@pytest.mark.parametrize("value", [1, "1", "ü" * 64, 2**63 - 1])
def test_ids_keep_their_type(value: int | str) -> None:
    kept = start(user_id=value).ids.user_id
    assert kept == value
    assert type(kept) is type(value)


def test_a_whole_number_is_an_integer_however_it_is_written() -> None:
    payload = start(user_id=7.0, module_id=-0.0)
    assert [repr(payload.user_id), repr(payload.module_id)] == ["7", "0"]


@pytest.mark.parametrize(
    "value",
    [
        *("", "x" * 65, "x" * 1_000_000, "a\x00b", "a\n", "\x1b[2J", "\x85", "\ud800", b"1"),
        *(True, 1.5, 1e300, math.nan, math.inf, 2**63, -(2**63), 10**99, None, [], {}),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(InvalidPayload, match="user_id"):
        start(user_id=value)


def test_a_section_may_be_null_or_missing() -> None:
    assert start(section_id=None).ids.section_id is None
    without = {"user_id": 1, "module_id": 2}
    assert parse(StartTracking, "start_tracking", (without,)).ids.section_id is None


def test_a_session_id_of_ours_is_kept() -> None:
    assert start(session_id=SESSION_ID).session_id == SESSION_ID


@pytest.mark.parametrize(
    "session_id",
    [
        None,
        "",
        "unknown",
        "x" * 65,
        "ü" * 36,
        SESSION_ID.upper(),
        SESSION_ID.replace("-", ""),
        f"{{{SESSION_ID}}}",
        SESSION_ID.encode(),
        5,
        True,
        [],
        {},
    ],
)
def test_what_can_not_be_a_session_id_of_ours_counts_as_none(session_id: Any) -> None:
    assert start(session_id=session_id).session_id is None


def test_unknown_fields_are_ignored() -> None:
    assert start(session_type="viewing").ids == (1, 2, 3)


@pytest.mark.parametrize("arguments", [(), ({}, {}), ("text",), (None,), ([],), (5,), (b"x",)])
def test_an_event_takes_one_object(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidPayload):
        parse(StartTracking, "start_tracking", arguments)


@pytest.mark.parametrize("frame", [None, 5, [], {}, True])
def test_a_frame_is_text_or_bytes(frame: Any) -> None:
    with pytest.raises(InvalidPayload, match="frame"):
        parse(VideoFrame, "video_frame", ({"frame": frame},))


@pytest.mark.parametrize(
    "timestamp", [math.nan, math.inf, -math.inf, 1e300, 2**53, 10**99, "now", b"1", [], {}, True]
)
def test_a_timestamp_is_a_finite_number(timestamp: Any) -> None:
    with pytest.raises(InvalidPayload, match="timestamp"):
        parse(VideoFrame, "video_frame", ({"frame": b"x", "timestamp": timestamp},))


@pytest.mark.parametrize("timestamp", [None, 0, -1, 1736937045001, 12.5, 2**53 - 1])
def test_a_timestamp_is_kept_as_it_was_sent(timestamp: Any) -> None:
    payload = parse(VideoFrame, "video_frame", ({"frame": b"x", "timestamp": timestamp},))
    assert payload.timestamp == timestamp
    assert type(payload.timestamp) is type(timestamp)


def test_an_error_never_quotes_the_picture() -> None:
    with pytest.raises(InvalidPayload) as caught:
        parse(VideoFrame, "video_frame", ({"frame": ["secret picture"]},))
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("hidden", ["yes", 1, None])
def test_visibility_is_true_or_false(hidden: Any) -> None:
    with pytest.raises(InvalidPayload, match="hidden"):
        parse(PageVisibility, "page_visibility", ({"hidden": hidden},))


def test_an_error_names_every_type_that_would_do() -> None:
    with pytest.raises(InvalidPayload) as caught:
        start(user_id=[])
    assert "integer" in caught.value.message
    assert "string" in caught.value.message


@given(
    st.sampled_from([StartTracking, VideoFrame, PageVisibility]),
    st.lists(st.dictionaries(st.sampled_from(FIELDS), ANYTHING) | ANYTHING, max_size=2),
)
def test_whatever_is_sent_is_a_payload_or_is_told_in_a_sentence(
    model: type[Payload], arguments: list[Any]
) -> None:
    told = ""
    try:
        parse(model, "event", tuple(arguments))
    except InvalidPayload as refused:
        told = refused.message
    assert len(told) < LONGEST_MESSAGE


@given(st.dictionaries(st.sampled_from(FIELDS[:3]), ANYTHING))
def test_ids_that_are_taken_can_be_kept_and_shown(fields: dict[str, Any]) -> None:
    try:
        ids = parse(StartTracking, "start_tracking", (fields,)).ids
    except InvalidPayload:
        return
    for each in ids:
        assert each is None or len(str(each).encode()) <= 4 * 64
        assert each is None or "\x00" not in str(each)
