"""How long a client may take for a request, and how large it may be.

A time limit for each read is none: who sends a byte now and then never meets it.
"""

from __future__ import annotations

import contextlib
import http
import io
import json
import math
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import FrameTooLarge, InvalidPayload, RateLimited
from .connections import TCP_VISIT, Connections
from .refusals import RETRY_AFTER_SECONDS, told

if TYPE_CHECKING:
    # What it is mixed into has no types.
    _Protocol = Any
else:
    _Protocol = object

# Key in a request's WSGI environment: the socket that it came by.
TCP_SOCKET = "eyelearn.tcp_socket"
# Proxies hold their connections for 60 s (AWS, nginx), and one that we ended first would be an
# error to whoever came next; 75 s is what nginx itself grants.
KEEP_ALIVE_SECONDS = 75.0
# Of a body's length: more than any has, and few enough for Python to read.
MAX_LENGTH_DIGITS = 18
# One who is turned away is read this long, since bytes that nobody has read would take our answer
# from them.
FAREWELL_SECONDS = 1.0
FAREWELL_BYTES = 64 * 1024


# What clients run into that mean no harm.
EXPLAINED = {
    http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE: FrameTooLarge("The request is far too large."),
    http.HTTPStatus.LENGTH_REQUIRED: InvalidPayload("The request needs a Content-Length."),
    http.HTTPStatus.REQUEST_TIMEOUT: InvalidPayload("The request did not come in time."),
}


class Unheard(io.TextIOBase):
    """For what libraries write of a request: hosts and paths as clients name them, and with no end
    of a line, so that whoever waits for one gathers it for ever."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


UNHEARD = Unheard()


class TooSlow(TimeoutError):
    """The client has not sent in time what it began to send."""


@dataclass(frozen=True)
class RequestLimits:
    """handshake_seconds: for a whole request, its body included; max_body_bytes: of that."""

    handshake_seconds: float
    max_body_bytes: int
    connections: Connections


class TimedReader(io.RawIOBase):
    """What a connection sends, until a deadline that all reads share."""

    def __init__(self, raw: io.RawIOBase, connection: Any) -> None:
        super().__init__()
        self._raw = raw
        self._connection = connection
        self._deadline = math.inf
        self.has_ended = False

    def allow(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Raises TooSlow."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TooSlow
        usual = self._connection.gettimeout()
        self._connection.settimeout(left)
        try:
            read = self._raw.readinto(buffer)
            self.has_ended = read == 0
            return read
        except TimeoutError as error:
            raise TooSlow from error
        finally:
            self._connection.settimeout(usual)

    def close(self) -> None:
        self._raw.close()
        super().close()


class BoundedRequests(_Protocol):  # type: ignore[misc]
    """To be mixed into eventlet's HttpProtocol, which serves one TCP connection."""

    rfile: Any
    environ: dict[str, Any]

    def __init__(self, limits: RequestLimits, state: Any, server: Any) -> None:
        """state: eventlet's of a connection, its peer and its socket first."""
        self._limits = limits
        try:
            self._visit = limits.connections.enter_tcp(state[0])
        except RateLimited as error:
            _turn_away(state[1], error)
            return
        try:
            super().__init__(state, server)
        finally:
            self._visit.leave()
            # It knows this object, too: a circle that only the garbage collector would find.
            self.environ = {}

    def setup(self) -> None:
        super().setup()
        self._timed = TimedReader(self.rfile.detach(), self.connection)
        self.rfile = io.BufferedReader(self._timed)
        self._patience = self._limits.handshake_seconds

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            # Left open where the client has gone, it would keep the connection.
            self.rfile.close()

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except TooSlow:
            self.send_error(http.HTTPStatus.REQUEST_TIMEOUT)

    def _read_request_line(self) -> Any:
        """Nothing where no request begins in time."""
        self._timed.allow(self._patience)
        self._patience = KEEP_ALIVE_SECONDS
        try:
            if not self.rfile.peek(1):
                return b""
        except (TooSlow, ConnectionError):
            return b""
        self._timed.allow(self._limits.handshake_seconds)
        return super()._read_request_line()

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        problem = self._problem()
        if problem is not None:
            self.send_error(problem)
        return problem is None

    def _problem(self) -> http.HTTPStatus | None:
        if self._timed.has_ended:
            # The library takes headers that break off for whole ones.
            return http.HTTPStatus.BAD_REQUEST
        if "transfer-encoding" in self.headers:
            # Its length is known only when it has been read, and no client of ours needs that.
            return http.HTTPStatus.LENGTH_REQUIRED
        lengths = self.headers.get_all("content-length", ["0"])
        if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            return http.HTTPStatus.BAD_REQUEST
        if len(lengths[0]) > MAX_LENGTH_DIGITS or int(lengths[0]) > self._limits.max_body_bytes:
            return http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return None

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        ours = {TCP_VISIT: self._visit, TCP_SOCKET: self.connection, "wsgi.errors": UNHEARD}
        return {**environ, **ours}

    def handle_one_response(self) -> None:
        """The whole body is there before anybody looks at the request. Raises TooSlow."""
        body = self.environ["wsgi.input"].read()
        if len(body) < int(self.environ.get("CONTENT_LENGTH") or 0):
            self.close_connection = True
            return
        whole = self.environ["wsgi.input"] = io.BytesIO(body)
        del body
        try:
            super().handle_one_response()
        finally:
            # What refers to the request in a circle may stay until the collector comes by.
            whole.close()

    def send_error(self, code: int, *_explanation: Any) -> None:
        """Without the library's page, its version, and its line to stderr: the request's first
        line may hold a token."""
        status = http.HTTPStatus(code)
        error = EXPLAINED.get(status)
        body = b"" if error is None else json.dumps(told(error)).encode()
        self.wfile.write(_answer(f"{status.value} {status.phrase}", body))
        self.close_connection = True


def _turn_away(connection: Any, error: RateLimited) -> None:
    body = json.dumps(told(error)).encode()
    head = f"{error.http_status} Too Many Requests\r\nRetry-After: {RETRY_AFTER_SECONDS:.0f}"
    # Where that fails, they have gone by themselves.
    with contextlib.suppress(OSError):
        connection.settimeout(FAREWELL_SECONDS)
        connection.sendall(_answer(head, body))
        connection.shutdown(socket.SHUT_WR)
        connection.recv(FAREWELL_BYTES)


def _answer(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    kind = "Content-Type: application/json\r\n" if body else ""
    return f"{head}{kind}\r\n".encode() + body
