"""A Socket.IO client that sends packets as they are written here, and hears every answer."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
from typing import Any

import websocket

from eyelearn.errors import EyeLearnError
from service import RunningService

ANSWER_SECONDS = 30.0


def codes() -> set[str]:
    """What an error may be called, `internal` excepted: that would be a fault of ours."""
    kinds, found = [EyeLearnError], set()
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        found.add(kind.code)
    return found - {"internal"}


CODES = codes()


class Closed(Exception):
    """The service ended the connection."""


class Stranger:
    """Comes back where the service ended the connection."""

    def __init__(self, service: RunningService) -> None:
        self._url = service.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        self._numbers = itertools.count(1)
        self.closings = 0
        self._connect()

    def _connect(self) -> None:
        self._socket = websocket.create_connection(self._url, timeout=ANSWER_SECONDS)
        self._socket.recv()
        self._socket.send("40")
        while not self._socket.recv().startswith("40"):
            pass

    def ask(self, event: str, arguments: list[Any]) -> tuple[Any, list[Any]]:
        """The acknowledgement of an event, and the errors that were told before it."""
        number = next(self._numbers)
        return self._heard(f"42{number}{json.dumps([event, *arguments])}", number)

    def send(self, *messages: str | bytes) -> list[Any]:
        """Sends these, and then an event that is answered; the errors that were told until then.

        Raises Closed, and has come back then.
        """
        try:
            for message in messages:
                if isinstance(message, bytes):
                    self._socket.send_binary(message)
                else:
                    self._socket.send(message)
            number = next(self._numbers)
            last = f'42{number}["page_visibility",{{"hidden":true}}]'
            return self._heard(last, number)[1][:-1]
        except (websocket.WebSocketConnectionClosedException, OSError) as error:
            self.closings += 1
            self._socket.close()
            self._connect()
            raise Closed from error

    def _heard(self, message: str, number: int) -> tuple[Any, list[Any]]:
        self._socket.send(message)
        errors: list[Any] = []
        while True:
            told = self._socket.recv()
            if told == "":
                raise websocket.WebSocketConnectionClosedException
            if told.startswith(f"43{number}["):
                answer = json.loads(told[len(f"43{number}") :])
                return (answer[0] if answer else None), errors
            if told == "2":
                self._socket.send("3")
            elif told.startswith('42["error"'):
                errors.append(json.loads(told[2:])[1])

    def close(self) -> None:
        self._socket.close()


class Flood:
    """Sends the same bytes again and again beside the test, and reads nothing or everything."""

    def __init__(self, sock: Any, data: bytes, reads: bool = False) -> None:
        self._socket = sock
        self._threads = [threading.Thread(target=self._send, args=(data,), daemon=True)]
        if reads:
            self._threads.append(threading.Thread(target=self._read, daemon=True))

    def _send(self, data: bytes) -> None:
        try:
            while True:
                self._socket.sendall(data)
        except OSError:
            return

    def _read(self) -> None:
        try:
            while self._socket.recv(1 << 16):
                pass
        except OSError:
            return

    @property
    def runs(self) -> bool:
        return self._threads[0].is_alive()

    def __enter__(self) -> Flood:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        # Wakes whoever waits to send, or for more to read; the service may have ended it already.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
