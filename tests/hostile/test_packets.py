"""What is no packet is told as an error, or ends its connection."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from hostile.examples import some_examples
from hostile.hostile_values import TEXT
from hostile.malformed_packets import BODIES, FRAME, HARMLESS, MALFORMED
from hostile.stranger import CODES, Closed, Stranger
from service import RunningService


@pytest.fixture(scope="module")
def stranger(service: RunningService) -> Iterator[Stranger]:
    made = Stranger(service)
    yield made
    made.close()


@pytest.mark.parametrize("messages", MALFORMED.values(), ids=list(MALFORMED))
def test_what_is_no_event_is_told_or_ends_the_connection(
    stranger: Stranger, messages: tuple[str | bytes, ...]
) -> None:
    try:
        errors = stranger.send(*messages)
    except Closed:
        return
    assert errors
    assert {error["code"] for error in errors} <= CODES


@pytest.mark.parametrize("message", HARMLESS)
def test_what_needs_no_answer_does_no_harm(stranger: Stranger, message: str) -> None:
    assert stranger.send(message) == []


@some_examples
@given(kind=st.sampled_from(["4", "42", "45", "451-", "40", "43", ""]), rest=TEXT)
def test_any_text_leaves_the_connection_usable_or_ends_it(
    stranger: Stranger, kind: str, rest: str
) -> None:
    message = (kind + rest).encode("utf-8", "replace").decode()
    with contextlib.suppress(Closed):
        assert {error["code"] for error in stranger.send(message)} <= CODES


@some_examples
@given(attachment=st.binary(max_size=300))
def test_any_attachment_leaves_the_connection_usable(stranger: Stranger, attachment: bytes) -> None:
    errors = stranger.send(f"451-{FRAME}", attachment)
    assert {error["code"] for error in errors} <= CODES


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_a_polling_client_may_post_anything(service: RunningService, body: str) -> None:
    url = f"{service.url}/socket.io/?EIO=4&transport=polling"
    with requests.Session() as client:
        url += "&sid=" + json.loads(client.get(url, timeout=30).text[1:])["sid"]
        assert client.post(url, data="40", timeout=30).status_code == 200
        answer = client.post(url, data=body.encode(), timeout=30)
        assert answer.status_code in (200, 400, 413)


def test_a_form_is_no_row_of_packets(service: RunningService) -> None:
    url = f"{service.url}/socket.io/?EIO=4&transport=polling"
    with requests.Session() as client:
        url += "&sid=" + json.loads(client.get(url, timeout=30).text[1:])["sid"]
        client.post(url, data="40", timeout=30)
        client.post(url, data='d=42["stop_tracking"]', timeout=30)
        told = ""
        while '"error"' not in told:
            told += client.get(url, timeout=30).text
    assert "invalid_payload" in told
