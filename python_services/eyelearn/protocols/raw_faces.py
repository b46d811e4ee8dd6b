"""Which face answers a raw WebSocket, by its path."""

from __future__ import annotations

from dataclasses import dataclass

from . import websocket_emotions, websocket_expressions, websocket_eye, websocket_frames
from .shared_root import SharedRoot
from .web_socket_face import Face
from .websocket_emotions import WebSocketEmotions
from .websocket_expressions import WebSocketExpressions
from .websocket_eye import WebSocketEye
from .websocket_frames import WebSocketFrames

ROOT = "/"


@dataclass
class RawFaces:
    """None where a face is not enabled."""

    frames: WebSocketFrames | None = None
    eye: WebSocketEye | None = None
    expressions: WebSocketExpressions | None = None
    emotions: WebSocketEmotions | None = None

    def at(self, path: str) -> Face | None:
        """The face at a path; a session of expressions can't have the name of another's."""
        named: dict[str, Face | None] = {
            ROOT: self._root(),
            websocket_frames.PATH: self.frames,
            websocket_eye.PATH: self.eye,
            websocket_emotions.PATH: self.emotions,
        }
        if path in named:
            return named[path]
        return self.expressions if websocket_expressions.PATH.fullmatch(path) else None

    def _root(self) -> Face | None:
        if self.eye is None or self.emotions is None:
            return self.eye or self.emotions
        return SharedRoot(self.eye, self.emotions)
