"""The steps of a frame's path in the event loop's process. Started by `steps.py`.

Waking green threads, and the system calls of the learner's connection but for one write, are not in
it: `efficiency.py` tells the whole.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services"), str(ROOT / "benchmarks")]

# First: it makes the standard library's sockets green, as in the service.
from eyelearn.server import unmask  # noqa: E402, isort: skip

import itertools  # noqa: E402
import socket  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

from engineio.packet import MESSAGE  # noqa: E402
from engineio.packet import Packet as EngineIOPacket  # noqa: E402
from engineio.socket import Socket as EngineIOSocket  # noqa: E402
from eventlet.websocket import RFC6455WebSocket  # noqa: E402
from socketio import Server  # noqa: E402
from socketio.packet import Packet as SocketIOPacket  # noqa: E402

from eyelearn.inference import messages  # noqa: E402
from eyelearn.protocols.answers import tracking_update  # noqa: E402
from eyelearn.protocols.payloads import VideoFrame, parse  # noqa: E402
from eyelearn.session_service import Judgement, session_rules  # noqa: E402
from eyelearn.settings import Settings  # noqa: E402
from eyelearn.tracking.session import LearnerIds, WebSocketEyeTrackingSession  # noqa: E402
from eyelearn.vision.observation import Face, Observation  # noqa: E402
from on_service.classroom import clip  # noqa: E402
from on_service.step_timer import Place, Step, cpu_microseconds  # noqa: E402
from pictures import data_url  # noqa: E402

MASK = bytes((0x37, 0xFA, 0x21, 0x3D))
BINARY_EVENT = '451-7["video_frame",{"frame":{"_placeholder":true,"num":0},"timestamp":1}]'
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
        self._sid = self.server.manager.connect("connection", "/")

    def emit(self, update: dict[str, Any]) -> str:
        """To the connection's queue, and from there as what would be written."""
        self.server.emit("tracking_update", update, to=self._sid)
        return str(self._socket.queue.get().encode())


class Wire:
    """A WebSocket that is written to and read from."""

    def __init__(self) -> None:
        one, self._other = socket.socketpair()
        self._web_socket = RFC6455WebSocket(one, {})

    def write(self, message: str) -> None:
        self._web_socket.send(message)
        self._other.recv(1 << 16)


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
    frame = clip()[0]
    payload = {"frame": frame, "timestamp": 1}
    masked = unmask(frame, MASK)
    event = f'427["video_frame",{{"frame":"{data_url(frame)}","timestamp":1}}]'
    answer = json.loads(json.dumps(messages.judged(1, observation(), 0.005)))
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
    message = connection.emit(update)
    each, no = Place.EACH_FRAME, Place.ALTERNATIVE
    found = [
        Step("unmask the frame", each, lambda: unmask(masked, MASK, len(masked))),
        Step("unmask as eventlet does", no, lambda: RFC6455WebSocket._apply_mask(masked, MASK)),
        Step("Engine.IO and Socket.IO, binary frame", each, lambda: parse_binary(frame)),
        Step("the same, data URL", Place.SOMETIMES, lambda: parse_text(event)),
        Step("check the payload (pydantic)", each, lambda: parse(VideoFrame, "", (payload,))),
        Step("read the worker's answer", each, lambda: messages.read_answer(answer)),
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
            lambda: EngineIOPacket(
                MESSAGE,
                SocketIOPacket(3, [{"status": "processed", "reason": None}], "/", 7).encode(),
            ).encode(),
        ),
        Step("write a WebSocket message, and read it", each, lambda: wire.write(message)),
    ]
    dumps = orjson_dumps()
    if dumps is not None:
        found.append(Step("its JSON by orjson", no, lambda: dumps(update)))
    return found


if __name__ == "__main__":
    print(json.dumps(cpu_microseconds(steps(), int(sys.argv[1]))))
