"""The steps of a frame's path in the event loop's process. Started by `steps.py`.

Waking green threads is not in it, nor is waiting for sockets: `efficiency.py` tells the whole.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services"), str(ROOT / "benchmarks")]

# First: it makes the standard library's sockets green, as in the service.
from eyelearn.server import buffer_web_sockets, unmask  # noqa: E402, isort: skip

import itertools  # noqa: E402
import socket  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

from engineio.packet import Packet as EngineIOPacket  # noqa: E402
from engineio.socket import Socket as EngineIOSocket  # noqa: E402
from eventlet.websocket import RFC6455WebSocket  # noqa: E402
from socketio import Server  # noqa: E402
from socketio.packet import Packet as SocketIOPacket  # noqa: E402

from eyelearn.inference import messages  # noqa: E402
from eyelearn.protocols.answering_later import Asker  # noqa: E402
from eyelearn.protocols.answers import tracking_update  # noqa: E402
from eyelearn.protocols.payloads import VideoFrame, parse  # noqa: E402
from eyelearn.protocols.socketio_focus import PROCESSED  # noqa: E402
from eyelearn.session_service import Judgement, session_rules  # noqa: E402
from eyelearn.settings import Settings  # noqa: E402
from eyelearn.tracking.session import LearnerIds, WebSocketEyeTrackingSession  # noqa: E402
from eyelearn.vision.observation import Face, Observation  # noqa: E402
from on_service.classroom import clip  # noqa: E402
from on_service.step_timer import Place, Step, cpu_microseconds  # noqa: E402
from pictures import data_url  # noqa: E402

MASK = bytes((0x37, 0xFA, 0x21, 0x3D))
BINARY_EVENT = '451-7["video_frame",{"frame":{"_placeholder":true,"num":0},"timestamp":1}]'
TEXT, BINARY = 1, 2  # opcodes of RFC 6455
FRAME_INTERVAL_SECONDS = 1 / 15


def parse_binary(frame: bytes) -> Any:
    """Engine.IO and Socket.IO, of an event and its attachment."""
    packet = SocketIOPacket(encoded_packet=EngineIOPacket(encoded_packet=BINARY_EVENT).data)
    packet.add_attachment(EngineIOPacket(encoded_packet=frame).data)
    return packet.data


def parse_text(event: str) -> Any:
    return SocketIOPacket(encoded_packet=EngineIOPacket(encoded_packet=event).data).data


class Connection:
    """A learner's place in a Socket.IO server, without the network."""

    def __init__(self) -> None:
        self.server = Server(async_mode="eventlet")
        self._socket = EngineIOSocket(self.server.eio, "connection")
        self._socket.connected = True
        self.server.eio.sockets["connection"] = self._socket
        sid = self.server.manager.connect("connection", "/")
        self._asker = Asker(self.server, "connection", sid, 7)

    def emit(self, update: dict[str, Any]) -> str:
        """To the connection's queue, and from there as what would be written."""
        self._asker.emit("tracking_update", update)
        return str(self._socket.queue.get().encode())

    def acknowledge(self) -> str:
        self._asker.acknowledge(PROCESSED)
        return str(self._socket.queue.get().encode())


class Wire:
    """A WebSocket whose client is here."""

    def __init__(self) -> None:
        one, self._client = socket.socketpair()
        self._web_socket = RFC6455WebSocket(one, {})

    def write(self, messages: list[str]) -> None:
        """Answers, at once, and their way out of the client's socket."""
        self._web_socket.socket.gather(len(messages))
        for message in messages:
            self._web_socket.send(message)
        self._client.recv(1 << 16)

    def read(self, sent: bytes, messages: int) -> None:
        """What a client sends in one piece, and its way into the socket."""
        self._client.sendall(sent)
        for _ in range(messages):
            self._web_socket.wait()


def masked(opcode: int, payload: bytes) -> bytes:
    """A message as a client's browser sends it."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
    return bytes([0x80 | opcode]) + length + MASK + unmask(payload, MASK)


def observation() -> Observation:
    """A learner who looks at the screen."""
    return Observation(1, Face(1.0, 2.0, 0.5, 0.5, -1.0, 0.9, (0.3, 0.31), 0.4, 1.0, 130.0))


def orjson_dumps() -> Callable[[Any], bytes] | None:
    """None where it is not installed."""
    try:
        import orjson  # noqa: PLC0415
    except ImportError:
        return None
    return orjson.dumps


def steps() -> list[Step]:
    buffer_web_sockets()
    frame = clip()[0]
    payload = {"frame": frame, "timestamp": 1}
    event = f'427["video_frame",{{"frame":"{data_url(frame)}","timestamp":1}}]'
    answer = json.loads(json.dumps(messages.done(observation(), 1, 0.005)[0]))
    session = WebSocketEyeTrackingSession(
        "6f0d9a52-52a5-4b2c-9a43-3d3c4d1f3d52",
        LearnerIds(1, 22, 82),
        session_rules(Settings.model_construct()),
        0.0,
        time.time(),
    )
    moments = itertools.count(step=FRAME_INTERVAL_SECONDS)
    judgement = Judgement(session, session.observe(observation(), next(moments)), True, None)
    update = tracking_update(judgement, 1)
    connection, wire = Connection(), Wire()
    sent = masked(TEXT, BINARY_EVENT.encode()) + masked(BINARY, frame)
    answers = [connection.emit(update), connection.acknowledge()]
    each, no = Place.EACH_FRAME, Place.ALTERNATIVE
    found = [
        Step("read event and frame from the WebSocket", each, lambda: wire.read(sent, 2)),
        Step("of that, unmask the frame", no, lambda: unmask(frame, MASK, len(frame))),
        Step("unmask as eventlet does", no, lambda: RFC6455WebSocket._apply_mask(frame, MASK)),
        Step("Engine.IO and Socket.IO, binary frame", each, lambda: parse_binary(frame)),
        Step("the same, data URL", Place.SOMETIMES, lambda: parse_text(event)),
        Step("check the payload (pydantic)", each, lambda: parse(VideoFrame, "", (payload,))),
        Step("read the worker's answer", each, lambda: messages.read_answer(answer, b"")),
        Step("session.observe", each, lambda: session.observe(observation(), next(moments))),
        Step("tracking_update as a dict", each, lambda: tracking_update(judgement, 1)),
        Step("its JSON and emit, to what is written", each, lambda: connection.emit(update)),
        Step(
            "of that, its JSON (json)",
            no,
            lambda: json.dumps(update, separators=(",", ":")),
        ),
        Step(
            "acknowledgement, to what is written",
            each,
            connection.acknowledge,
        ),
        Step("write both to the WebSocket, and read them", each, lambda: wire.write(answers)),
    ]
    dumps = orjson_dumps()
    if dumps is not None:
        found.append(Step("its JSON by orjson", no, lambda: dumps(update)))
    return found


if __name__ == "__main__":
    print(json.dumps(cpu_microseconds(steps(), int(sys.argv[1]))))
