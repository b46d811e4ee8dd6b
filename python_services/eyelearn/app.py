"""The one place that knows every room."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from engineio.payload import Payload as EngineIOPayload
from flask import Flask
from flask_socketio import SocketIO

from .concurrency import Concurrency
from .inference.pool import InferencePool
from .protocols.client_address import trusted_networks
from .protocols.connections import Connections
from .protocols.faces import enabled_faces, refuse_connections
from .protocols.guards import MAX_MESSAGE_BYTES
from .protocols.origins import Origins
from .protocols.pages import pages
from .protocols.security_headers import SecurityHeaders
from .protocols.silent_connections import SilentConnections
from .protocols.socketio_door import SocketIODoor
from .protocols.socketio_focus import SocketIOFocus
from .protocols.status import status
from .saving.ledger import SessionLedger
from .session_service import SessionService
from .settings import Settings

# A client on polling sends what has gathered meanwhile in one request: frames, heartbeats, events.
MAX_PACKETS_PER_POLL = 64


@dataclass(frozen=True)
class Application:
    """The service, put together and not yet started."""

    settings: Settings
    flask: Flask
    socketio: SocketIO
    sessions: SessionService
    pool: InferencePool
    ledger: SessionLedger
    connections: Connections
    silent: SilentConnections


def create_app(settings: Settings, concurrency: Concurrency, async_mode: str) -> Application:
    """Puts the rooms together; async_mode is python-socketio's name of the event loop."""
    flask = Flask(__name__, static_folder=None)
    origins, connections = Origins(settings), Connections(settings)
    EngineIOPayload.max_decode_packets = MAX_PACKETS_PER_POLL
    socketio = SocketIO(
        flask,
        async_mode=async_mode,
        cors_allowed_origins=origins.allow,
        # We set no cookies, and so no page needs to send any.
        cors_credentials=False,
        max_http_buffer_size=MAX_MESSAGE_BYTES,
        manage_session=False,
        logger=_errors_only("socketio.server"),
        engineio_logger=_errors_only("engineio.server"),
    )
    pool = InferencePool(settings, concurrency)
    ledger = SessionLedger(settings, concurrency)
    sessions = SessionService(settings, pool, ledger, concurrency)
    silent = SilentConnections(
        socketio.server, connections, settings.handshake_seconds, concurrency
    )
    if "focus" in enabled_faces(settings):
        SocketIOFocus(socketio.server, sessions, settings, concurrency)
        flask.register_blueprint(pages(settings))
    else:
        refuse_connections(socketio.server)
    flask.register_blueprint(status(settings, sessions, pool, ledger))
    door = SocketIODoor(flask.wsgi_app, origins, connections, silent, concurrency.sleep)
    flask.wsgi_app = SecurityHeaders(door, trusted_networks(settings))  # type: ignore[method-assign]
    return Application(settings, flask, socketio, sessions, pool, ledger, connections, silent)


def _errors_only(name: str) -> logging.Logger:
    """A library's log, through our handlers. Below errors it would write every message, ids and
    pictures as text included, whatever DEBUG says."""
    log = logging.getLogger(name)
    log.setLevel(logging.ERROR)
    log.addFilter(_without_traceback)
    return log


def _without_traceback(record: logging.LogRecord) -> bool:
    """A malformed packet, in a line; a fault of ours is told in full by our own handlers."""
    record.exc_info = None
    return True
