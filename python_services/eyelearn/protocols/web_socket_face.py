"""What a raw WebSocket's face is, and what is the same for all: tokens, errors, limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..concurrency import Concurrency
from ..errors import EyeLearnError, Internal, InvalidPayload, SessionTaken, Unauthorized
from ..events import get_logger
from .bounded_json import read_object
from .connections import vouch
from .identity import Identities, Identity, token_in
from .web_socket import Message, RawWebSocket

_log = get_logger(__name__)

# Of close frames: what applications may choose begins at 4000 (RFC 6455, section 7.4.2).
CLOSED_UNAUTHORIZED = 4401
CLOSED_TAKEN = 4409
# What ends a connection once it is told.
_CLOSING = {Unauthorized: CLOSED_UNAUTHORIZED, SessionTaken: CLOSED_TAKEN}
AUTH = "auth"
# Of a message's type or command, in the answer that there is none.
MAX_NAME_LENGTH = 64
NO_TOKEN = "A token is needed, and none came."


class Face(Protocol):
    """What a client of one protocol is told. All of it runs on its connection's thread."""

    def greet(self, caller: Caller) -> None:
        """The connection is there; its token may still have to come. Raises as `take` does."""

    def take(self, caller: Caller, message: dict[str, Any] | bytes) -> None:
        """One message; raises the EyeLearnError that the client is to be told."""

    def leave(self, caller: Caller) -> None:
        """The connection is gone."""

    def error(self, error: EyeLearnError, message: dict[str, Any] | None) -> Mapping[str, Any]:
        """As this protocol tells it; message: what it answers, where that could be read."""


class Caller:
    """A connection and who it is. `identity`: None as long as no token was shown or is needed."""

    def __init__(self, web_socket: RawWebSocket) -> None:
        self.web_socket = web_socket
        self.identity: Identity | None = None

    @property
    def name(self) -> str:
        return self.web_socket.name

    def send(self, message: Mapping[str, Any]) -> None:
        self.web_socket.send(message)


class Doorkeeper:
    """Serves one connection after the other, each until it ends."""

    def __init__(
        self, identities: Identities, handshake_seconds: float, concurrency: Concurrency
    ) -> None:
        """handshake_seconds: in which a client must have shown its token, where one is needed."""
        self._identities = identities
        self._patience = handshake_seconds
        self._concurrency = concurrency

    def serve(self, web_socket: RawWebSocket, face: Face, token: str | None) -> None:
        """token: that of the address, if any."""
        caller = Caller(web_socket)
        try:
            self._guarded(caller, face, None, lambda: face.greet(caller))
            self._await_token(caller, face, token)
            while (message := web_socket.receive()) is not None:
                self._take(caller, face, message)
        finally:
            face.leave(caller)

    def _await_token(self, caller: Caller, face: Face, token: str | None) -> None:
        if not self._identities.required:
            return
        if token is not None:
            self._guarded(caller, face, None, lambda: self._identify(caller, token))

        def look() -> None:
            if caller.identity is None:
                self._turn_away(caller, face, Unauthorized(NO_TOKEN))

        self._concurrency.later(self._patience, look)

    def _take(self, caller: Caller, face: Face, message: Message) -> None:
        try:
            content = message if isinstance(message, bytes) else read_object(message)
        except InvalidPayload as error:
            caller.send(face.error(error, None))
            return
        read = content if isinstance(content, dict) else None
        if read is not None and read.get("type") == AUTH:
            self._guarded(caller, face, read, lambda: self._identify(caller, token_in(read)))
        elif self._identities.required and caller.identity is None:
            self._turn_away(caller, face, Unauthorized(NO_TOKEN))
        else:
            self._guarded(caller, face, read, lambda: face.take(caller, content))

    def _identify(self, caller: Caller, token: str | None) -> None:
        """Raises Unauthorized, and RateLimited where the user has too many connections."""
        if not self._identities.required:
            return
        identity = self._identities.identify(token, time.time())
        vouch(caller.web_socket.environ, identity.user_id)
        caller.identity = identity

    def _guarded(
        self,
        caller: Caller,
        face: Face,
        message: dict[str, Any] | None,
        handle: Callable[[], None],
    ) -> None:
        """Tells the caller what went wrong, which may be the end."""
        try:
            handle()
        except (Unauthorized, SessionTaken) as error:
            self._turn_away(caller, face, error)
        except EyeLearnError as error:
            caller.send(face.error(error, message))
        except Exception:
            _log.exception("a message failed", connection=caller.name)
            internal = Internal("Something went wrong here; it was logged.")
            caller.send(face.error(internal, message))

    def _turn_away(self, caller: Caller, face: Face, error: Unauthorized | SessionTaken) -> None:
        caller.send(face.error(error, None))
        caller.web_socket.end(_CLOSING[type(error)], error.message)


def object_only(message: dict[str, Any] | bytes) -> dict[str, Any]:
    """For faces without binary messages. Raises InvalidPayload."""
    if isinstance(message, bytes):
        raise InvalidPayload("The message must be one JSON object, as text.")
    return message


def unknown(message: Mapping[str, Any], field: str) -> InvalidPayload:
    """For a message whose `type` or `command`, whichever its protocol goes by, is none of it."""
    name = message.get(field)
    if name is None:
        return InvalidPayload(f"The message has no '{field}'.")
    return InvalidPayload(f"There is no message of {field} {str(name)[:MAX_NAME_LENGTH]!r}.")
