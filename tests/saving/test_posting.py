from __future__ import annotations

import socket
import threading
import time

import pytest
import requests

from eyelearn.saving import posting
from eyelearn.saving.posting import NotSaved, acknowledgement, post


def test_success_is_acknowledged() -> None:
    assert acknowledgement(200, b'{"success": true, "revision": 4}')["revision"] == 4


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b'{"success": false, "error": "down"}', "success"),
        (200, b'{"success": "true"}', "success"),
        (200, b'{"success": 1}', "success"),
        (200, b"[true]", "success"),
        (200, b"", "not JSON"),
        (200, b"\xff", "not JSON"),
        (201, b'{"success": true}', "HTTP 201"),
        (302, b'{"success": true}', "HTTP 302"),
        (408, b'{"success": true}', "HTTP 408"),
        (429, b'{"success": true}', "HTTP 429"),
        (500, b'{"success": true}', "HTTP 500"),
    ],
)
def test_anything_but_success_is_tried_again(status: int, body: bytes, reason: str) -> None:
    with pytest.raises(NotSaved, match=reason) as caught:
        acknowledgement(status, body)
    assert not caught.value.final


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 499])
def test_what_would_be_refused_again_is_final(status: int) -> None:
    with pytest.raises(NotSaved) as caught:
        acknowledgement(status, b'{"error": "no such module"}')
    assert caught.value.final
    assert caught.value.answer == f'HTTP {status}: {{"error": "no such module"}}'


def test_a_page_that_asks_for_another_attempt_gets_it() -> None:
    with pytest.raises(NotSaved) as caught:
        acknowledgement(401, b"{}", retry_after=60.0)
    assert not caught.value.final
    assert caught.value.retry_after == 60.0


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "POST_TIMEOUT_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                for _ in range(100):
                    time.sleep(0.1)
                    try:
                        connection.sendall(b" ")
                    except OSError:
                        return

        threading.Thread(target=drip, daemon=True).start()
        with requests.Session() as http, pytest.raises(NotSaved, match="no answer in 1 s"):
            post(http, f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
