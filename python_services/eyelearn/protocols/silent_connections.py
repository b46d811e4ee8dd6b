"""Connections that were opened and say nothing: counted as long as they last, and not for long."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from socketio import Server

from ..concurrency import Concurrency
from ..errors import InvalidPayload
from ..events import get_logger
from .answering_later import NAMESPACE
from .bounded_requests import TCP_SOCKET
from .connections import TCP_VISIT, Connections, Visit
from .hanging_up import hang_up

_log = get_logger(__name__)

SWEEP_INTERVAL_SECONDS = 0.5
# Ending as many takes about 1 ms.
LOOKS_IN_A_ROW = 16


class Look(NamedTuple):
    """A connection that is looked at when its time has come.

    was_silent: at the look before; tcp: where that is looked at, the socket of its WebSocket.
    """

    due: float
    connection: str
    was_silent: bool
    tcp: Any


class SilentConnections:
    """Socket.IO's connections from their first request on. Neither Engine.IO nor Socket.IO ends one
    that never says CONNECT, that never finishes its upgrade, or whose client does not let go."""

    def __init__(
        self,
        server: Server,
        connections: Connections,
        handshake_seconds: float,
        concurrency: Concurrency,
    ) -> None:
        """Raises KeyError where Socket.IO learns of connections in another way."""
        self._server = server
        self._engine = server.eio
        self._connections = connections
        self._patience = handshake_seconds
        self._concurrency = concurrency
        self._visits: dict[str, Visit] = {}
        self._web_sockets: dict[str, Any] = {}
        self._looks: deque[Look] = deque()
        self._engine.on("connect", self._arriving(self._engine.handlers["connect"]))
        self._engine.on("disconnect", self._leaving(self._engine.handlers["disconnect"]))

    def start(self) -> None:
        """Looks after them from now on."""
        self._concurrency.spawn(self._run)

    def carry(self, connection: str, environ: Mapping[str, Any]) -> None:
        """A request of this connection came; one to upgrade has HANDSHAKE_SECONDS from here.

        Raises InvalidPayload where the connection upgrades already.
        """
        visit = self._visits.get(connection)
        if visit is None:
            return
        if TCP_VISIT in environ:
            visit.carried_by(environ[TCP_VISIT])
        if wants_web_socket(environ) and TCP_SOCKET in environ:
            if connection in self._web_sockets:
                raise InvalidPayload("This connection has its WebSocket already.")
            self._web_sockets[connection] = environ[TCP_SOCKET]
            self._look_later(connection, tcp=environ[TCP_SOCKET])

    def _arriving(self, arrive: Callable[..., Any]) -> Callable[..., Any]:
        def counted(connection: str, environ: dict[str, Any]) -> Any:
            self._visits[connection] = self._connections.enter(environ)
            self.carry(connection, environ)
            self._look_later(connection)
            return arrive(connection, environ)

        return counted

    def _leaving(self, leave: Callable[..., Any]) -> Callable[..., Any]:
        def counted(connection: str, reason: str) -> Any:
            visit = self._visits.pop(connection, None)
            if visit is not None:
                visit.leave()
            tcp = self._web_sockets.pop(connection, None)
            if tcp is not None:
                self._look_later(connection, tcp=tcp)
            return leave(connection, reason)

        return counted

    def _look_later(self, connection: str, *, was_silent: bool = True, tcp: Any = None) -> None:
        due = time.monotonic() + self._patience
        self._looks.append(Look(due, connection, was_silent, tcp))

    def _run(self) -> None:
        while True:
            self._concurrency.sleep(0 if self._is_one_due() else SWEEP_INTERVAL_SECONDS)
            for _ in range(LOOKS_IN_A_ROW):
                if not self._is_one_due():
                    break
                try:
                    self._take(self._looks.popleft())
                except Exception:
                    # One connection's trouble must not leave the others unwatched.
                    _log.exception("a connection could not be looked at")

    def _is_one_due(self) -> bool:
        """All wait equally long, so they are due in the order in which they came."""
        return bool(self._looks) and self._looks[0].due <= time.monotonic()

    def _take(self, look: Look) -> None:
        connection = self._engine.sockets.get(look.connection)
        if connection is not None and connection.closed:
            connection = None
        if look.tcp is None and connection is not None:
            self._listen_to(connection, look)
        elif look.tcp is not None and (connection is None or not connection.upgraded):
            self._web_sockets.pop(look.connection, None)
            hang_up(look.tcp)

    def _listen_to(self, connection: Any, look: Look) -> None:
        """Ends it where it belongs to nobody at two looks: a client may be about to come again."""
        silent = self._server.manager.sid_from_eio_sid(look.connection, NAMESPACE) is None
        if silent and look.was_silent:
            _log.debug("connection says nothing, and is ended", connection=look.connection)
            connection.close(wait=False, abort=True)
        else:
            self._look_later(look.connection, was_silent=silent)


def wants_web_socket(environ: Mapping[str, Any]) -> bool:
    return str(environ.get("HTTP_UPGRADE", "")).lower() == "websocket"
