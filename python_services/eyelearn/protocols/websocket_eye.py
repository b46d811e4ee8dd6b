"""Looking-away events over a plain WebSocket: section 3 of the protocols."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pydantic import StrictStr

from ..camera_watch import CameraWatch, Watcher
from ..concurrency import Concurrency
from ..errors import EyeLearnError, NotTracking, Overloaded, Superseded
from ..session_service import Outcome, SessionService
from ..settings import Settings
from ..timestamps import utc_text
from ..tracking.looking_away import Look
from ..tracking.session import WebSocketEyeTrackingSession
from .pace import welcome
from .payloads import Payload, parse
from .web_socket_face import Caller, unknown

# Besides `/`, which it may share.
PATH = "/ws/eye"
# A client that starts and sends no picture for so long is told what to do.
FRAME_PATIENCE_SECONDS = 5.0
NO_CAMERA = (
    "No picture came: this service has no camera of its own (CAMERA_ENABLED=0). Send pictures, as "
    'binary messages or as {"type": "frame", "data": "<image>"}.'
)


class Frame(Payload):
    data: StrictStr


class WebSocketEye:
    """What each picture shows, of the client's camera or of the service's own."""

    def __init__(
        self,
        sessions: SessionService,
        camera: CameraWatch | None,
        settings: Settings,
        concurrency: Concurrency,
    ) -> None:
        """camera: None where clients send the pictures."""
        self._sessions = sessions
        self._camera = camera
        self._settings = settings
        self._concurrency = concurrency
        # Of who started: what ends the stream.
        self._streams: dict[Caller, Callable[[], None]] = {}
        self._framed_at: dict[Caller, float] = {}

    def greet(self, caller: Caller) -> None:
        caller.send(
            {
                "type": "connection",
                "status": "connected",
                "message": "Eye tracking connected",
                "timestamp": utc_text(time.time()),
            }
        )

    def take(self, caller: Caller, message: dict[str, Any] | bytes) -> None:
        if isinstance(message, bytes):
            self._judge(caller, message)
            return
        match message.get("type"):
            case "frame":
                self._judge(caller, parse(Frame, "frame", (message,)).data)
            case "start_tracking":
                self._start(caller)
            case "stop_tracking":
                self._stop(caller)
            case "ping":
                caller.send({"type": "pong", "timestamp": utc_text(time.time())})
            case _:
                raise unknown(message, "type")

    def leave(self, caller: Caller) -> None:
        self._stop(caller)
        self._framed_at.pop(caller, None)
        self._sessions.drop(caller.name)

    def error(self, error: EyeLearnError, message: dict[str, Any] | None) -> dict[str, Any]:
        return {**_problem(error.message), "code": error.code}

    def _start(self, caller: Caller) -> None:
        """Once for each; who has started already goes on."""
        if caller in self._streams:
            return
        self._check_time(caller)
        if self._camera is not None:
            watcher = Watcher(
                look=lambda look: caller.send(eye_data(look)),
                problem=lambda problem: caller.send(_problem(problem)),
            )
            self._streams[caller] = self._camera.join(watcher)
            return
        started_at = time.monotonic()
        self._streams[caller] = end = lambda: None

        def look() -> None:
            waits = self._streams.get(caller) is end
            if waits and self._framed_at.get(caller, 0.0) < started_at:
                caller.send(_problem(NO_CAMERA))

        self._concurrency.later(FRAME_PATIENCE_SECONDS, look)

    def _stop(self, caller: Caller) -> None:
        end = self._streams.pop(caller, None)
        if end is not None:
            end()

    def _check_time(self, caller: Caller) -> None:
        """Raises Unauthorized: a session outlives its token, and only what runs does."""
        if caller.identity is not None and not self._sessions.is_alive(caller.name):
            caller.identity.check_time(time.time())

    def _judge(self, caller: Caller, picture: bytes | str) -> None:
        self._framed_at[caller] = time.monotonic()
        self._check_time(caller)
        user_id = caller.name if caller.identity is None else caller.identity.user_id
        session = self._sessions.watch(caller.name, user_id)
        welcome(caller.web_socket.environ, self._settings)

        def tell(outcome: Outcome) -> None:
            caller.send(self._answer(session, outcome))

        self._sessions.judge(caller.name, picture, tell)

    def _answer(self, session: WebSocketEyeTrackingSession, outcome: Outcome) -> dict[str, Any]:
        """A picture that was not judged for itself is answered with what was told last."""
        try:
            judgement = outcome()
            attention, judged = judgement.attention, judgement.judged
        except NotTracking:
            return self.error(Overloaded("The session ended meanwhile; send the next one."), None)
        except EyeLearnError as error:
            if not isinstance(error, Superseded) or session.attention is None:
                return self.error(error, None)
            attention, judged = session.attention, False
        data = eye_data(session.look(attention.observation))
        return data if judged else {**data, "judged": False}


def eye_data(look: Look) -> dict[str, Any]:
    return {
        "type": "eye_data",
        "timestamp": utc_text(time.time()),
        **look._asdict(),
        "confidence": round(look.confidence, 3),
    }


def _problem(message: str) -> dict[str, Any]:
    return {"type": "error", "message": message, "timestamp": utc_text(time.time())}
