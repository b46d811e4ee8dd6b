"""Requests that lie: each gets an answer that says so, or a closed connection."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile.examples import some_examples
from hostile.lying_requests import HEALTH, LIES, POST, POST_FRAMES, SMUGGLERS
from hostile.stranger import Flood
from hostile.wire import Wire
from service import RunningService
from waiting import until

FAULT = 500
STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3})", re.MULTILINE)


def answers(service: RunningService, sent: bytes) -> list[int]:
    """The statuses that come until the service ends the connection."""
    with Wire(service) as wire:
        wire.send(sent)
        wire.end()
        told = wire.rest()
    assert b"Traceback" not in told
    return [int(status) for status in STATUS.findall(told)]


@pytest.mark.parametrize("sent", LIES.values(), ids=list(LIES))
def test_a_request_that_lies_is_refused_and_its_connection_ends(
    service: RunningService, sent: bytes
) -> None:
    assert FAULT not in answers(service, sent)


@pytest.mark.parametrize("sent", SMUGGLERS.values(), ids=list(SMUGGLERS))
def test_no_request_is_smuggled_in_with_another(service: RunningService, sent: bytes) -> None:
    statuses = answers(service, sent)
    assert len(statuses) <= 1
    assert all(400 <= status < 500 for status in statuses)


@some_examples
@given(head=st.sampled_from([b"", HEALTH, POST, POST_FRAMES]), rest=st.binary(max_size=300))
def test_any_bytes_get_no_fault_of_ours(service: RunningService, head: bytes, rest: bytes) -> None:
    assert FAULT not in answers(service, head + rest)


@some_examples
@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60))
def test_any_query_gets_no_fault_of_ours(service: RunningService, query: str) -> None:
    sent = f"GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode("latin-1")
    assert FAULT not in answers(service, sent)


def test_a_row_of_requests_leaves_the_others_their_turn(service: RunningService) -> None:
    with Wire(service) as wire, Flood(wire.socket, (HEALTH + b"\r\n") * 1000, reads=True):
        until(service.answers)


@pytest.mark.parametrize("head", [POST, POST_FRAMES])
def test_a_body_that_does_not_come_is_not_waited_for(service: RunningService, head: bytes) -> None:
    with Wire(service) as wire:
        wire.send(head + b"Content-Length: 100\r\n\r\nhello")
        assert STATUS.findall(wire.rest()) == [b"408"]


@pytest.mark.parametrize("head", [b"", POST_FRAMES + b"Content-Length: 4000000\r\n\r\n"])
def test_a_request_that_comes_byte_by_byte_is_not_waited_for(
    service: RunningService, head: bytes
) -> None:
    with Wire(service) as wire:
        wire.send(head)
        with Flood(wire.socket, b"X", reads=False):
            wire.rest()
