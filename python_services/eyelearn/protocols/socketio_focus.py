"""Focus tracking over Socket.IO: section 1 of the protocols, the main face.

Handlers are python-socketio's, not Flask's: each event would else make a request context of its
own. The library runs each event on a green thread, so a handler may wait, and what it returns is
the acknowledgement; but frames are taken where they are read, and acknowledged once judged.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from socketio import Server

from ..concurrency import Concurrency
from ..errors import (
    EyeLearnError,
    Internal,
    InvalidPayload,
    Overloaded,
    RateLimited,
    StreamingDisabled,
    Superseded,
)
from ..session_service import Outcome, SessionService
from ..settings import Settings
from ..vision.landmarks import LANDMARK_INDICES
from .answering_later import Asker, answer_later
from .answers import tracking_update
from .guards import Throttle
from .payloads import PageVisibility, StartTracking, VideoFrame, parse

_log = logging.getLogger(__name__)

# What frame after frame runs into while it lasts: told at most once a second, acknowledged each
# time.
LIMITS = (RateLimited, StreamingDisabled, Overloaded)

Ack = dict[str, Any]
PROCESSED: Ack = {"status": "processed", "reason": None}
Handler = Callable[..., Ack | None]


class SocketIOFocus:
    """The events of the main face, registered on a Socket.IO server."""

    def __init__(
        self,
        server: Server,
        sessions: SessionService,
        settings: Settings,
        concurrency: Concurrency,
    ) -> None:
        self._server = server
        self._sessions = sessions
        self._settings = settings
        self._concurrency = concurrency
        self._told_limits = Throttle()
        server.on("connect", self._connect)
        server.on("disconnect", self._disconnect)
        server.on("*", self._unknown)
        for event, handler in {
            "start_tracking": self._start_tracking,
            "page_visibility": self._page_visibility,
            "calibrate": self._calibrate,
            "stop_tracking": self._stop_tracking,
        }.items():
            server.on(event, self._guarded(event, handler))
        self._take_frame = self._guarded("video_frame", self._submit)
        self._tell_judgement = self._guarded("video_frame", self._update)
        answer_later(server, "video_frame", self._video_frame)

    def _guarded(self, event: str, handler: Handler) -> Handler:
        """Tells the caller what went wrong, in this protocol; nobody else notices."""

        def guarded(sid: str, *arguments: Any) -> Ack | None:
            try:
                return handler(sid, *arguments)
            except EyeLearnError as error:
                return self._tell(sid, event, error)
            except Exception:
                _log.exception("'%s' failed", event)
                internal = Internal("Something went wrong here; it was logged.")
                return self._tell(sid, event, internal)

        return guarded

    def _tell(self, sid: str, event: str, error: EyeLearnError) -> Ack:
        if isinstance(error, Superseded):
            return {"status": "superseded", "reason": error.code}
        lasting = event == "video_frame" and isinstance(error, LIMITS)
        if not lasting or self._told_limits.allow(sid, time.monotonic()):
            told: dict[str, Any] = {"message": error.message, "code": error.code, "event": event}
            if isinstance(error, Overloaded) and error.retry_after_seconds is not None:
                told["retry_after_seconds"] = error.retry_after_seconds
            self._server.emit("error", told, to=sid)
        limited = isinstance(error, RateLimited)
        return {"status": "rate_limited" if limited else "rejected", "reason": error.code}

    def _connect(self, sid: str, _environ: dict[str, Any], _auth: Any = None) -> None:
        self._server.emit("connected", {"message": "Connected to EyeLearn Focus"}, to=sid)

    def _disconnect(self, sid: str, _reason: str) -> None:
        self._told_limits.forget(sid)
        self._sessions.drop(sid)

    def _unknown(self, event: Any, sid: str, *_arguments: Any) -> Ack:
        name = f"{event!s:.64}"
        return self._tell(sid, name, InvalidPayload(f"There is no event '{name}'."))

    def _start_tracking(self, sid: str, *arguments: Any) -> None:
        payload = parse(StartTracking, "start_tracking", arguments)
        session, resumed = self._sessions.start(sid, payload.ids, payload.session_id)
        self._server.emit(
            "tracking_started",
            {
                **payload.ids._asdict(),
                "message": "Eye tracking resumed" if resumed else "Eye tracking started",
                "session_id": session.session_id,
                "resumed": resumed,
                "max_fps": session.allowance.told,
                "max_frame_kb": self._settings.max_frame_kb,
                "landmark_indices": LANDMARK_INDICES,
            },
            to=sid,
        )

    def _video_frame(self, asker: Asker, *arguments: Any) -> None:
        rejection = self._take_frame(asker.sid, asker, *arguments)
        if rejection is not None:
            asker.acknowledge(rejection)

    def _submit(self, sid: str, asker: Asker, *arguments: Any) -> None:
        payload = parse(VideoFrame, "video_frame", arguments)

        def tell(outcome: Outcome) -> None:
            answer = self._tell_judgement(sid, asker, outcome, payload.timestamp)
            if answer is not None:
                asker.acknowledge(answer)

        self._sessions.judge(sid, payload.frame, tell)

    def _update(
        self, _sid: str, asker: Asker, outcome: Outcome, timestamp: float | None
    ) -> Ack | None:
        """Tells the judgement; gives the acknowledgement, None where it is for later."""
        judgement = outcome()
        asker.emit("tracking_update", tracking_update(judgement, timestamp))
        if not judgement.wait_seconds:
            return PROCESSED
        self._concurrency.later(judgement.wait_seconds, lambda: asker.acknowledge(PROCESSED))
        return None

    def _page_visibility(self, sid: str, *arguments: Any) -> None:
        payload = parse(PageVisibility, "page_visibility", arguments)
        self._sessions.set_hidden(sid, payload.hidden)

    def _calibrate(self, sid: str, *_arguments: Any) -> Ack:
        samples, neutral = self._sessions.calibrate(sid)
        baseline = {"yaw": round(neutral.yaw, 1), "pitch": round(neutral.pitch, 1)}
        calibrated = {"samples": samples, "baseline": baseline}
        self._server.emit("calibrated", calibrated, to=sid)
        return {"status": "processed", "reason": None, **calibrated}

    def _stop_tracking(self, sid: str, *_arguments: Any) -> None:
        session = self._sessions.stop(sid)
        self._server.emit(
            "tracking_stopped",
            {
                "message": "Eye tracking stopped",
                "session_id": session.session_id,
                "metrics": session.metrics.to_dict(),
            },
            to=sid,
        )
