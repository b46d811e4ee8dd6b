from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from eyelearn.diagnosis.check import FAILURE, OK, WARNING
from eyelearn.diagnosis.port import bound
from service import free_port

HOST = "127.0.0.1"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with contextlib.closing(socket.create_server((HOST, 0))) as listener:
        yield listener


def answering(body: object) -> contextlib.AbstractContextManager[ThreadingHTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return _serving(ThreadingHTTPServer((HOST, 0), Handler))


@contextlib.contextmanager
def _serving(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    with server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def test_a_free_port_is_ok_and_free_afterwards() -> None:
    port = free_port()
    assert bound("Port", HOST, port).status == OK
    socket.create_server((HOST, port)).close()


@pytest.mark.parametrize("host", [HOST, "0.0.0.0", "localhost"])
def test_a_taken_port_is_told_with_who_has_it(host: str) -> None:
    with answering("something else") as other:
        check = bound("Port", host, other.server_port)
    assert check.status == FAILURE
    assert f"{host}:{other.server_port} is taken by" in check.found
    assert f"(process {os.getpid()})" in check.found
    assert "PORT" in check.mend


@pytest.mark.parametrize("host", [HOST, "0.0.0.0"])
def test_our_own_service_there_is_a_warning(host: str) -> None:
    told = {
        "status": "ok",
        "camera_enabled": False,
        "model": "m",
        "browser_streaming_enabled": True,
    }
    with answering(told) as service:
        check = bound("Port", host, service.server_port)
    assert check.status == WARNING
    assert "the service already runs here" in check.found


def test_one_that_says_nothing_is_not_waited_for_long(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eyelearn.diagnosis.port._ANSWER_SECONDS", 0.1)
    assert bound("Port", HOST, listener.getsockname()[1]).status == FAILURE


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_of_another_machine_is_told(host: str) -> None:
    check = bound("Port", host, free_port())
    assert check.status == FAILURE
    assert "HOST must be an address of this machine" in check.mend
