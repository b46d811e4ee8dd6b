"""WebSocket frames that break the rules end their connection, and nobody else's."""

from __future__ import annotations

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile.broken_frames import BROKEN_OFF, ENDS
from hostile.examples import some_examples
from hostile.stranger import Flood
from hostile.wire import (
    FIRST_PIECE,
    PIECE,
    PING,
    PONG,
    TEXT,
    Wire,
    frame,
)
from service import RunningService
from waiting import until

MB = 1024 * 1024
MAX_GROWTH_BYTES = 100 * MB


def assert_no_other_language(told: bytes) -> None:
    """What comes on a WebSocket are frames, whatever was sent."""
    assert b"HTTP/1." not in told
    assert b"Traceback" not in told


@pytest.mark.parametrize("sent", ENDS.values(), ids=list(ENDS))
def test_a_frame_that_breaks_the_rules_ends_its_connection(
    service: RunningService, sent: bytes
) -> None:
    with Wire(service) as wire:
        wire.upgrade()
        wire.send(sent)
        assert_no_other_language(wire.rest())


@pytest.mark.parametrize("sent", BROKEN_OFF.values(), ids=list(BROKEN_OFF))
def test_half_a_frame_ends_with_its_client(service: RunningService, sent: bytes) -> None:
    with Wire(service) as wire:
        wire.upgrade()
        wire.send(sent)
        wire.end()
        assert_no_other_language(wire.rest())


@some_examples
@given(st.binary(max_size=400))
def test_any_bytes_end_cleanly(service: RunningService, sent: bytes) -> None:
    with Wire(service) as wire:
        wire.upgrade()
        wire.send(sent)
        wire.end()
        assert_no_other_language(wire.rest())


def test_compression_is_not_taken_up(service: RunningService) -> None:
    with Wire(service) as wire:
        wire.upgrade(more="Sec-WebSocket-Extensions: permessage-deflate\r\n")
        wire.send(frame(TEXT | 0x40, b"x"))
        assert_no_other_language(wire.rest())


def test_a_message_in_pieces_without_end_ends_its_connection(service: RunningService) -> None:
    memory = psutil.Process(service.process.pid).memory_info().rss
    with Wire(service) as wire:
        wire.upgrade()
        wire.send(frame(FIRST_PIECE, b"4"))
        with Flood(wire.socket, frame(PIECE, bytes(1000)) * 100) as flood:
            until(lambda: not flood.runs)
    assert psutil.Process(service.process.pid).memory_info().rss - memory < MAX_GROWTH_BYTES


FLOODS = {
    "pongs": frame(PONG) * 10_000,
    "pings": frame(PING, b"x") * 10_000,
    "noops": frame(TEXT, b"6") * 10_000,
    "events": frame(TEXT, b'42["page_visibility",{"hidden":true}]') * 1_000,
}


@pytest.mark.parametrize("sent", FLOODS.values(), ids=list(FLOODS))
def test_a_flood_of_frames_leaves_the_others_their_turn(
    service: RunningService, sent: bytes
) -> None:
    with Wire(service) as wire:
        wire.upgrade()
        wire.send(frame(TEXT, b"40"))
        with Flood(wire.socket, sent, reads=True):
            until(service.answers)
