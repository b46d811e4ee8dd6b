"""The one place that knows every room."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from engineio.payload import Payload as EngineIOPayload
from flask import Flask
from flask_socketio import SocketIO

from .concurrency import Concurrency
from .inference.pool import InferencePool
from .protocols.guards import Origins
from .protocols.pages import pages
from .protocols.socketio_focus import SocketIOFocus
from .protocols.status import status
from .saving.ledger import SessionLedger
from .session_service import SessionService
from .settings import Settings

# "Messages up to 4 MB are answered": well above MAX_FRAME_KB as base64, so that a client whose
# frame is too large reads our error instead of losing its connection without a word. The rest is
# for what stands around 4 MB of base64.
MAX_MESSAGE_BYTES = (4 * 1024 + 64) * 1024
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


def create_app(settings: Settings, concurrency: Concurrency, async_mode: str) -> Application:
    """Puts the rooms together; async_mode is python-socketio's name of the event loop."""
    flask = Flask(__name__, static_folder=None)
    EngineIOPayload.max_decode_packets = MAX_PACKETS_PER_POLL
    socketio = SocketIO(
        flask,
        async_mode=async_mode,
        cors_allowed_origins=Origins(settings).allow,
        max_http_buffer_size=MAX_MESSAGE_BYTES,
        manage_session=False,
        logger=_errors_only("socketio.server"),
        engineio_logger=_errors_only("engineio.server"),
    )
    pool = InferencePool(settings, concurrency)
    ledger = SessionLedger(settings, concurrency)
    sessions = SessionService(settings, pool, ledger, concurrency)
    SocketIOFocus(socketio.server, sessions, settings, concurrency)
    flask.register_blueprint(pages(settings))
    flask.register_blueprint(status(settings, sessions, pool, ledger))
    return Application(settings, flask, socketio, sessions, pool, ledger)


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
