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
    GREETED,
    PIECE,
    PING,
    PONG,
    SOCKET_IO,
    TEXT,
    Wire,
    frame,
)
from service import RunningService
from waiting import until

MB = 1024 * 1024
MAX_GROWTH_BYTES = 100 * MB
# Two addresses of one face are served alike.
on_every_path = pytest.mark.parametrize("path", [path for path in GREETED if path != "/ws/eye"])


def assert_no_other_language(told: bytes) -> None:
    """What comes on a WebSocket are frames, whatever was sent."""
    assert b"HTTP/1." not in told
    assert b"Traceback" not in told


@on_every_path
@pytest.mark.parametrize("sent", ENDS.values(), ids=list(ENDS))
def test_a_frame_that_breaks_the_rules_ends_its_connection(
    service: RunningService, sent: bytes, path: str
) -> None:
    with Wire(service) as wire:
        wire.upgrade(path)
        wire.send(sent)
        assert_no_other_language(wire.rest())


@on_every_path
@pytest.mark.parametrize("sent", BROKEN_OFF.values(), ids=list(BROKEN_OFF))
def test_half_a_frame_ends_with_its_client(service: RunningService, sent: bytes, path: str) -> None:
    with Wire(service) as wire:
        wire.upgrade(path)
        wire.send(sent)
        wire.end()
        assert_no_other_language(wire.rest())


@on_every_path
@some_examples
@given(sent=st.binary(max_size=400))
def test_any_bytes_end_cleanly(service: RunningService, path: str, sent: bytes) -> None:
    with Wire(service) as wire:
        wire.upgrade(path)
        wire.send(sent)
        wire.end()
        assert_no_other_language(wire.rest())


@on_every_path
def test_compression_is_not_taken_up(service: RunningService, path: str) -> None:
    with Wire(service) as wire:
        wire.upgrade(path, more="Sec-WebSocket-Extensions: permessage-deflate\r\n")
        wire.send(frame(TEXT | 0x40, b"x"))
        assert_no_other_language(wire.rest())


@on_every_path
def test_a_message_in_pieces_without_end_ends_its_connection(
    service: RunningService, path: str
) -> None:
    memory = psutil.Process(service.process.pid).memory_info().rss
    with Wire(service) as wire:
        wire.upgrade(path)
        wire.send(frame(FIRST_PIECE, b"4"))
        with Flood(wire.socket, frame(PIECE, bytes(4000)) * 25) as flood:
            until(lambda: not flood.runs)
    assert psutil.Process(service.process.pid).memory_info().rss - memory < MAX_GROWTH_BYTES


FLOODS = {
    "pongs": frame(PONG) * 10_000,
    "pings": frame(PING, b"x") * 10_000,
    "noops": frame(TEXT, b"6") * 10_000,
    "events": frame(TEXT, b'42["page_visibility",{"hidden":true}]') * 1_000,
    "messages": frame(TEXT, b'{"type":"ping"}') * 1_000,
    "pictures": frame(
        TEXT, b'{"type":"frame","data":"/9j/","frame":"/9j/","user_id":1,"module_id":1}'
    )
    * 1_000,
}


@on_every_path
@pytest.mark.parametrize("sent", FLOODS.values(), ids=list(FLOODS))
def test_a_flood_of_frames_leaves_the_others_their_turn(
    service: RunningService, sent: bytes, path: str
) -> None:
    with Wire(service) as wire:
        wire.upgrade(path)
        if path == SOCKET_IO:
            wire.send(frame(TEXT, b"40"))
        with Flood(wire.socket, sent, reads=True):
            until(service.answers)
