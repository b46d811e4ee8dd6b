"""The one place that knows every room."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from engineio.payload import Payload as EngineIOPayload
from flask import Flask
from flask_socketio import SocketIO

from .camera.camera import ServerCamera
from .camera_watch import CameraWatch
from .concurrency import Concurrency
from .emotion_service import EmotionService
from .expression_service import ExpressionService
from .inference.pool import InferencePool
from .protocols.client_address import trusted_networks
from .protocols.connections import Connections
from .protocols.entry import Entry
from .protocols.expressions_page import expressions_page
from .protocols.face_mesh_files import face_mesh_files
from .protocols.faces import enabled_faces, refuse_connections
from .protocols.frames import Frames
from .protocols.frames_page import frames_page
from .protocols.guards import MAX_MESSAGE_BYTES
from .protocols.heartbeat import Heartbeat
from .protocols.identity import Identities
from .protocols.landmark_frame import landmark_frame
from .protocols.pace import Pace
from .protocols.pages import pages
from .protocols.raw_faces import RawFaces
from .protocols.rest_errors import answer_in_json
from .protocols.rest_frames import RestDoor, RestFrames
from .protocols.rest_page import rest_page
from .protocols.security_headers import WSGI, SecurityHeaders
from .protocols.silent_connections import SilentConnections
from .protocols.socketio_door import SocketIODoor
from .protocols.socketio_focus import SocketIOFocus
from .protocols.status import status
from .protocols.web_socket_door import Maker, WebSocketDoor
from .protocols.web_socket_face import Doorkeeper
from .protocols.websocket_emotions import WebSocketEmotions
from .protocols.websocket_expressions import WebSocketExpressions
from .protocols.websocket_eye import WebSocketEye
from .protocols.websocket_frames import WebSocketFrames
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
    heartbeat: Heartbeat
    camera: ServerCamera
    all_strangers: Pace


def create_app(
    settings: Settings,
    concurrency: Concurrency,
    async_mode: str,
    make_web_socket: Maker | None = None,
) -> Application:
    """Puts the rooms together; async_mode is python-socketio's name of the event loop.

    make_web_socket: the event loop's; without, no raw WebSocket is answered.
    """
    flask = Flask(__name__, static_folder=None)
    answer_in_json(flask)
    EngineIOPayload.max_decode_packets = MAX_PACKETS_PER_POLL
    entry = Entry(settings, concurrency)
    socketio = _socketio(flask, async_mode, entry)
    faces = enabled_faces(settings)
    pool = InferencePool(settings, concurrency, predicts="emotions" in faces)
    ledger = SessionLedger(settings, concurrency)
    sessions = SessionService(settings, pool, ledger, concurrency)
    camera = ServerCamera(settings, concurrency)
    silent = SilentConnections(
        socketio.server, entry.connections, settings.handshake_seconds, concurrency
    )
    heartbeat = Heartbeat(concurrency)
    if "focus" in faces:
        SocketIOFocus(socketio.server, sessions, settings, concurrency)
        flask.register_blueprint(pages(settings))
        flask.register_blueprint(landmark_frame(settings))
        flask.register_blueprint(face_mesh_files(concurrency))
    else:
        refuse_connections(socketio.server)
    wsgi: WSGI = flask.wsgi_app
    raw = RawFaces()
    if "frames" in faces:
        frames = Frames(sessions, settings, entry.newcomers, ledger.forward)
        rest = RestFrames(frames, entry.newcomers, entry.connections, settings, concurrency)
        wsgi = RestDoor(wsgi, rest, entry.origins)
        flask.register_blueprint(frames_page(settings))
        flask.register_blueprint(rest_page(settings))
        raw.frames = WebSocketFrames(frames, concurrency)
    if "looking_away" in faces:
        watch = CameraWatch(camera, sessions) if settings.camera_enabled else None
        raw.eye = WebSocketEye(sessions, watch, settings, concurrency)
    if "expressions" in faces:
        expressions = ExpressionService(settings, pool)
        flask.register_blueprint(expressions_page(expressions, settings))
        raw.expressions = WebSocketExpressions(expressions, settings)
    if "emotions" in faces:
        emotions = EmotionService(settings, pool, ledger.log)
        raw.emotions = WebSocketEmotions(emotions, settings)
    flask.register_blueprint(status(settings, sessions, pool, ledger))
    if make_web_socket is not None:
        doorkeeper = Doorkeeper(Identities(settings), settings.handshake_seconds, concurrency)
        wsgi = WebSocketDoor(
            wsgi,
            face_at=raw.at,
            maker=make_web_socket,
            entry=entry,
            heartbeat=heartbeat,
            doorkeeper=doorkeeper,
            concurrency=concurrency,
        )
    wsgi = SocketIODoor(wsgi, entry.origins, entry.connections, silent, entry.handshakes)
    flask.wsgi_app = SecurityHeaders(wsgi, trusted_networks(settings))  # type: ignore[method-assign]
    return Application(
        *(settings, flask, socketio, sessions, pool, ledger, entry.connections, silent),
        *(heartbeat, camera, entry.all_strangers),
    )


def _socketio(flask: Flask, async_mode: str, entry: Entry) -> SocketIO:
    return SocketIO(
        flask,
        async_mode=async_mode,
        cors_allowed_origins=entry.origins.allow,
        # We set no cookies, and so no page needs to send any.
        cors_credentials=False,
        max_http_buffer_size=MAX_MESSAGE_BYTES,
        manage_session=False,
        logger=_errors_only("socketio.server"),
        engineio_logger=_errors_only("engineio.server"),
    )


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
