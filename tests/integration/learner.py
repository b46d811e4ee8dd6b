"""A learner over Socket.IO, as a client that nobody here wrote would be: python-socketio's."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any

import socketio

ANSWER_SECONDS = 20.0
EVENTS = (
    "connected",
    "tracking_started",
    "tracking_update",
    "tracking_stopped",
    "calibrated",
    "error",
)


class Learner:
    """Keeps what the service tells, in order."""

    def __init__(
        self,
        url: str,
        transport: str = "websocket",
        user_id: int | str = 1,
        token: str | None = None,
    ) -> None:
        self.ids = {"user_id": user_id, "module_id": 22, "section_id": 82}
        self.told: list[tuple[str, Any]] = []
        self._arrived = threading.Condition()
        self.client = socketio.Client(reconnection=False)
        for event in EVENTS:
            self.client.on(event, lambda data=None, event=event: self._tell(event, data))
        auth = None if token is None else {"token": token}
        self.client.connect(url, auth=auth, transports=[transport], wait_timeout=ANSWER_SECONDS)
        self._web_socket = self.client.eio.ws

    def _tell(self, event: str, data: Any) -> None:
        with self._arrived:
            self.told.append((event, data))
            self._arrived.notify_all()

    def all(self, event: str) -> list[Any]:
        with self._arrived:
            return [data for name, data in self.told if name == event]

    def wait_for(self, event: str, count: int = 1) -> Any:
        """The newest of an event, once `count` of them have come."""
        with self._arrived:
            enough = self._arrived.wait_for(
                lambda: len([0 for name, _ in self.told if name == event]) >= count,
                ANSWER_SECONDS,
            )
        assert enough, f"no {count} × {event}; told: {[name for name, _ in self.told]}"
        return self.all(event)[-1]

    def ask(self, event: str, data: Any, answer: str) -> Any:
        """Sends an event and waits for the next answer of that name."""
        count = len(self.all(answer))
        self.client.emit(event, data)
        return self.wait_for(answer, count + 1)

    def start(self, **more: Any) -> dict[str, Any]:
        return dict(self.ask("start_tracking", {**self.ids, **more}, "tracking_started"))

    def send(self, frame: bytes | str, timestamp: float | None = None) -> dict[str, Any]:
        """Sends a frame and waits for its acknowledgement."""
        payload = {"frame": frame, "timestamp": timestamp or round(time.time() * 1000)}
        return dict(self.client.call("video_frame", payload, timeout=ANSWER_SECONDS))

    def watch(self, frames: list[bytes], fps: float = 10.0) -> list[dict[str, Any]]:
        """Sends frames in their time; gives the updates of those judged, in the frames' order.

        The client runs each event on a thread of its own, so an acknowledgement may overtake them.
        """
        before, judged = len(self.all("tracking_update")), 0
        for frame in frames:
            begun = time.monotonic()
            judged += self.send(frame)["status"] == "processed"
            time.sleep(max(0.0, 1 / fps - (time.monotonic() - begun)))
        self.wait_for("tracking_update", before + judged)
        updates = self.all("tracking_update")[before:]
        return sorted(updates, key=lambda update: update["frame_timestamp"])

    def close(self) -> None:
        self.client.disconnect()
        if self._web_socket is not None:
            # The client leaves it open where the service was killed.
            self._web_socket.shutdown()

    def __enter__(self) -> Learner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
