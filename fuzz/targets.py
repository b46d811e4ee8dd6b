"""What is fuzzed: one function for each place that reads what strangers send.

Each takes any bytes and returns; whatever it raises is a finding. None needs a fuzzer, so that the
tests give them the corpus and all past findings, too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python_services"))

import jwt  # noqa: E402
import orjson  # noqa: E402
import socketio  # noqa: E402
from engineio.packet import MESSAGE  # noqa: E402
from engineio.payload import Payload as EnginePayload  # noqa: E402
from eventlet.websocket import RFC6455WebSocket  # noqa: E402

from eyelearn.server import buffer_web_sockets  # noqa: E402  # first

from eyelearn.emotion_service import EmotionService  # noqa: E402  # isort: skip
from eyelearn.errors import (  # noqa: E402  # isort: skip
    EyeLearnError,
    FrameTooLarge,
    InvalidPayload,
    Overloaded,
    Unauthorized,
    UndecodableFrame,
)
from eyelearn.expression_service import ExpressionService  # noqa: E402
from eyelearn.protocols.answering_later import NAMESPACE, answer_later  # noqa: E402
from eyelearn.protocols.bounded_json import read_object  # noqa: E402
from eyelearn.protocols.frames import FrameMessage, echo_of  # noqa: E402
from eyelearn.protocols.identity import Identities, token_in  # noqa: E402
from eyelearn.protocols.packets import PacketReader  # noqa: E402
from eyelearn.protocols.payloads import (  # noqa: E402
    PageVisibility,
    StartTracking,
    VideoFrame,
    parse,
)
from eyelearn.protocols.web_socket_face import Caller, Face  # noqa: E402
from eyelearn.protocols.websocket_emotions import WebSocketEmotions  # noqa: E402
from eyelearn.protocols.websocket_expressions import WebSocketExpressions  # noqa: E402
from eyelearn.protocols.websocket_eye import WebSocketEye  # noqa: E402
from eyelearn.settings import Settings  # noqa: E402
from eyelearn.vision.frames import decode  # noqa: E402

MAX_FRAME_BYTES, MAX_FRAME_PIXELS = 64 * 1024, 64 * 64
CONNECTION = "connection"
SECRET = "a secret of the fuzzer that is long enough"
NOW = 1_750_000_000.0
# First byte of an input for `frames` that is to arrive as text.
TEXT = b"t"
# First byte of an input for `tokens` that is a token's claims, to be signed.
CLAIMS = b"{"
MAX_MESSAGES = 300
# A shorter one may be a word of the message by chance.
LONG_TOKEN = 40


def frames(data: bytes) -> None:
    """A picture, as bytes or, after `TEXT`, as a string."""
    text = data.startswith(TEXT)
    try:
        picture = decode(
            data[1:].decode("utf-8", "replace") if text else data,
            max_bytes=MAX_FRAME_BYTES,
            max_pixels=MAX_FRAME_PIXELS,
        )
    except (UndecodableFrame, FrameTooLarge):
        return
    height, width, channels = picture.shape
    assert channels == 3, picture.shape
    assert 0 < height * width <= MAX_FRAME_PIXELS, picture.shape
    assert picture.flags.c_contiguous


def packets(data: bytes) -> None:
    """The body of a request of a client that polls: Engine.IO's packets, Socket.IO's in them.

    A client that is connected is told of what can't be read, and stays connected.
    """
    server = _server()
    _connect(server)
    try:
        row = EnginePayload(encoded_payload=data.decode("utf-8", "replace")).packets
    except ValueError:
        return
    for packet in row:
        if packet.packet_type == MESSAGE and CONNECTION in server.eio.sockets:
            server.eio.handlers["message"](CONNECTION, packet.data)


def web_socket(data: bytes) -> None:
    """What comes on a WebSocket's connection, in pieces of as many bytes as the first byte says."""
    _buffer_web_sockets()
    wire = _Wire(data[1:], (data[0] if data else 0) + 1)
    connection = RFC6455WebSocket(wire, {}, max_frame_length=MAX_FRAME_BYTES)
    for _ in range(MAX_MESSAGES):
        try:
            message = connection.wait()
        except UnicodeDecodeError:
            return
        if message is None:
            return
        assert isinstance(message, str | bytes)
        assert len(message) <= len(data)


def tokens(data: bytes) -> None:
    """A token, or claims that are then signed as the platform does; as `auth`, if that is JSON."""
    text = data.decode("utf-8", "replace")
    token = _signed(text) if data.startswith(CLAIMS) else text
    try:
        auth: Any = {"token": json.loads(text)}
    except (ValueError, RecursionError):
        auth = {"token": token}
    for each in (lambda: token, lambda: token_in(auth)):
        try:
            identity = _identities().identify(each(), NOW)
        except Unauthorized as error:
            assert len(token) < LONG_TOKEN or token not in error.message
        else:
            assert identity.user_id


def messages(data: bytes) -> None:
    """A message of the older clients: of frames, looking-away events, expressions and emotions.
    Whatever is told of it fits into an answer."""
    try:
        message = read_object(data)
    except InvalidPayload:
        return
    told = echo_of(message)
    try:
        frame = parse(FrameMessage, "frames", (message,))
    except InvalidPayload as error:
        told |= {"error": error.message}
    else:
        told |= {"ids": frame.ids._asdict(), "echoed": [frame.frame_id, frame.timestamp]}
    orjson.dumps(told)
    environ = {"PATH_INFO": "/ws/fuzzer", "REMOTE_ADDR": "127.0.0.1"}
    web_socket: Any = SimpleNamespace(name=CONNECTION, send=orjson.dumps, environ=environ)
    for face in _faces():
        caller = Caller(web_socket)
        try:
            face.greet(caller)
            face.take(caller, message)
        except EyeLearnError as error:
            orjson.dumps(face.error(error, message))
        finally:
            face.leave(caller)


TARGETS: dict[str, Callable[[bytes], None]] = {
    function.__name__: function for function in (frames, packets, web_socket, tokens, messages)
}


class _Wire:
    """A socket on which this comes, and then nothing more ever; a green one, and its own `fd`."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size

    @property
    def fd(self) -> _Wire:
        return self

    def _trampoline(self, fd: _Wire, read: bool) -> None:
        pass

    def recv(self, size: int) -> bytes:
        piece = self._data[: min(size, self._size)]
        self._data = self._data[len(piece) :]
        return piece

    def sendall(self, data: bytes) -> None:
        pass

    def shutdown(self, how: int) -> None:
        pass

    def close(self) -> None:
        pass


@lru_cache(maxsize=1)
def _buffer_web_sockets() -> None:
    buffer_web_sockets()


@lru_cache(maxsize=1)
def _server() -> socketio.Server:
    """With our events, which only check what came."""
    server = socketio.Server(async_mode="threading", async_handlers=False)
    models = {"start_tracking": StartTracking, "page_visibility": PageVisibility}
    server.on("*", lambda *_arguments: None)
    for event, model in models.items():
        server.on(event, lambda _sid, *arguments, e=event, m=model: _check(m, e, arguments))
    answer_later(
        server,
        "video_frame",
        lambda _asker, *arguments: _check(VideoFrame, "video_frame", arguments),
    )
    PacketReader(server, lambda asker, problem: asker.acknowledge(problem.message))
    server._send_packet = lambda _connection, packet: packet.encode()
    return server


def _check(model: Any, event: str, arguments: tuple[Any, ...]) -> None:
    try:
        parse(model, event, arguments)
    except InvalidPayload as error:
        assert error.message


def _connect(server: socketio.Server) -> None:
    """Anew where the last input parted the client."""

    def close(wait: bool = True) -> None:
        server.eio.sockets.pop(CONNECTION, None)

    server._binary_packet.clear()
    server.eio.sockets[CONNECTION] = SimpleNamespace(
        close=close, closed=False, send=lambda packet: packet.encode()
    )
    server.environ[CONNECTION] = {}
    if server.manager.sid_from_eio_sid(CONNECTION, NAMESPACE) is None:
        server.manager.connect(CONNECTION, NAMESPACE)


@lru_cache(maxsize=1)
def _identities() -> Identities:
    return Identities(Settings(_env_file=None, auth_secret=SECRET))


@lru_cache(maxsize=1)
def _faces() -> list[Face]:
    """What comes to a judgement is not judged."""
    sessions: Any = SimpleNamespace(
        watch=lambda _holder, _user: None, judge=lambda *_: None, drop=lambda _holder: None
    )
    later: Any = SimpleNamespace(later=lambda _seconds, _look: None)
    settings = Settings(_env_file=None)
    pool: Any = _Pool()
    emotions = EmotionService(settings, pool, lambda _prediction: None)
    return [
        WebSocketEye(sessions, None, settings, later),
        WebSocketExpressions(ExpressionService(settings, pool), settings),
        WebSocketEmotions(emotions, settings),
    ]


class _Pool:
    """Workers of which none is free."""

    busy_share = 0.0
    emotion_model: ClassVar[dict[str, Any]] = {
        "version": "v",
        "input_shape": [1, 1, 1],
        "total_params": 1,
    }

    def submit(self, *_arguments: Any) -> None:
        pass

    def visit(self, *_arguments: Any) -> Any:
        raise Overloaded("No worker is free.")

    def release(self, _session_id: str) -> None:
        pass


def _signed(claims: str) -> str:
    try:
        return jwt.encode(json.loads(claims), SECRET, "HS256")
    except (ValueError, TypeError, RecursionError):
        return claims
