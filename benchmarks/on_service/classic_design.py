"""The classic design of such a service, as a program: one process, one thread, all of it inline.

Flask-SocketIO on eventlet, one Face Mesh per session, each frame decoded and judged in its handler.
It answers as ours does, as far as the load generator looks, so both can be measured alike. Nothing
in it is made slow on purpose: no database, no posting, the same JPEG decoder as the bare loop.

    python on_service/classic_design.py PORT eventlet|fast
"""

from __future__ import annotations

import base64
import sys
import warnings
from typing import Any

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import cv2  # noqa: E402
import mediapipe  # noqa: E402
import numpy as np  # noqa: E402
from eventlet.websocket import RFC6455WebSocket  # noqa: E402
from flask import Flask, request  # noqa: E402
from flask_socketio import SocketIO, emit  # noqa: E402
from websockets.speedups import apply_mask  # noqa: E402

EVENTLETS_UNMASKING, FAST_UNMASKING = "eventlet", "fast"
# An iris this far from the middle of its eye, as a share of the eye's width, looks away.
MAX_IRIS_OFFSET = 0.12
# Corners and iris of the learner's right eye, in the mesh.
OUTER_CORNER, INNER_CORNER, IRIS = 33, 133, 468
MAX_MESSAGE_BYTES = 5_000_000

application = Flask(__name__)
socketio = SocketIO(application, async_mode="eventlet", max_http_buffer_size=MAX_MESSAGE_BYTES)


class Session:
    """One learner: their Face Mesh and what was counted."""

    def __init__(self) -> None:
        self.mesh = mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=True)
        self.focused_frames = 0
        self.frames = 0

    def judge(self, frame: bytes | str) -> bool:
        found = self.mesh.process(decode(frame)).multi_face_landmarks
        focused = bool(found) and looks_ahead(found[0].landmark)
        self.frames += 1
        self.focused_frames += focused
        return focused


sessions: dict[str, Session] = {}


def decode(frame: bytes | str) -> np.ndarray:
    """RGB; frame: a JPEG, or a data URL with one."""
    if isinstance(frame, str):
        frame = base64.b64decode(frame.partition(",")[2])
    return cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_COLOR_RGB)


def looks_ahead(points: Any) -> bool:
    outer, inner, iris = (points[n].x for n in (OUTER_CORNER, INNER_CORNER, IRIS))
    return abs((iris - outer) / (inner - outer) - 0.5) <= MAX_IRIS_OFFSET


@application.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@socketio.on("start_tracking")
def start_tracking(ids: dict[str, Any]) -> None:
    sessions[request.sid] = Session()
    emit("tracking_started", ids)


@socketio.on("video_frame")
def video_frame(data: dict[str, Any]) -> dict[str, str]:
    session = sessions[request.sid]
    focused = session.judge(data["frame"])
    update = {
        "is_focused": focused,
        "gaze_direction": "centered" if focused else "distracted",
        "metrics": {"focus_percentage": 100 * session.focused_frames / session.frames},
        "frame_timestamp": data["timestamp"],
    }
    emit("tracking_update", update)
    return {"status": "processed"}


@socketio.on("disconnect")
def disconnect() -> None:
    session = sessions.pop(request.sid, None)
    if session is not None:
        session.mesh.close()


def unmask(data: bytes, mask: Any, length: int | None = None, offset: int = 0) -> bytes:
    """eventlet's `_apply_mask`, by a C extension."""
    key, turn = bytes(mask), offset % 4
    return apply_mask(data if length is None else data[:length], key[turn:] + key[:turn])


def main() -> None:
    port, unmasking = int(sys.argv[1]), sys.argv[2]
    if unmasking == FAST_UNMASKING:
        RFC6455WebSocket._apply_mask = staticmethod(unmask)
    socketio.run(application, host="127.0.0.1", port=port, log_output=False)


if __name__ == "__main__":
    main()
