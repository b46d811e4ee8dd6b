"""Focus tracking over Socket.IO: section 1 of the protocols, the main face.

Handlers are python-socketio's, not Flask's: each event would else make a request context of its
own. The library runs each event on a green thread, so a handler may wait, and what it returns is
the acknowledgement; but frames are taken where they are read, and acknowledged once judged.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from socketio import Server
from socketio.exceptions import ConnectionRefusedError

from ..concurrency import Concurrency
from ..errors import (
    EyeLearnError,
    Internal,
    InvalidPayload,
    NotTracking,
    Overloaded,
    RateLimited,
    StreamingDisabled,
    Superseded,
)
from ..events import get_logger
from ..session_service import Outcome, SessionService
from ..settings import Settings
from ..tracking.session import LearnerIds
from ..vision.landmarks import LANDMARK_INDICES
from .answering_later import NAMESPACE, Asker, answer_later
from .answers import tracking_update
from .connections import vouch
from .guards import RateLimits, Throttle
from .identity import Identities, Identity, token_in
from .landmark_payloads import FaceLandmarks
from .pace import welcome
from .packets import PacketReader
from .payloads import PageVisibility, StartTracking, VideoFrame, parse

_log = get_logger(__name__)

# What frame after frame runs into while it lasts: told at most once a second, acknowledged each
# time.
LIMITS = (RateLimited, StreamingDisabled, Overloaded)
# Frames have a limit of their own.
UNCOUNTED = frozenset({"video_frame", "face_landmarks"})
# Refusing it would lose what the platform is to be told, and save nothing.
NEVER_REFUSED = frozenset({"stop_tracking"})
EVENT_BURST_SECONDS = 3.0
# Of an event's name, in the answer that there is none.
MAX_NAME_LENGTH = 64

_now = time.monotonic
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
        self._events = RateLimits(settings.max_events_per_second, EVENT_BURST_SECONDS)
        # Malformed frames and the like; as many are told as events are taken.
        self._frame_errors = RateLimits(settings.max_events_per_second, EVENT_BURST_SECONDS)
        self._told_refusals = Throttle()
        self._identities = Identities(settings)
        # By the name of the connection, from its handshake to its end.
        self._known: dict[str, Identity] = {}
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
        self._take_landmarks = self._guarded("face_landmarks", self._measure)
        self._tell_judgement = self._guarded("video_frame", self._update)
        self._tell_measured = self._guarded("face_landmarks", self._update)
        answer_later(server, "video_frame", self._video_frame)
        answer_later(server, "face_landmarks", self._face_landmarks)
        PacketReader(server, self._unreadable)

    def _guarded(self, event: str | None, handler: Handler) -> Handler:
        """Tells the caller what went wrong, in this protocol; nobody else notices."""

        def guarded(sid: str, *arguments: Any) -> Ack | None:
            within = event in UNCOUNTED or self._events.take(self._connection(sid), _now())
            try:
                if not within and event not in NEVER_REFUSED:
                    raise RateLimited.by_events(self._settings.max_events_per_second)
                return handler(sid, *arguments)
            except EyeLearnError as error:
                return self._tell(sid, event, error, within)
            except Exception:
                _log.exception("an event failed", name=event, connection=sid)
                internal = Internal("Something went wrong here; it was logged.")
                return self._tell(sid, event, internal, within)

        return guarded

    def _tell(self, sid: str, event: str | None, error: EyeLearnError, within: bool) -> Ack:
        """Gives the acknowledgement; within: whether the limit of events is kept to."""
        if isinstance(error, Superseded):
            return {"status": "superseded", "reason": error.code}
        lasting = self._is_lasting(sid, event, error, within)
        if not lasting or self._told_limits.allow((self._connection(sid), error.code), _now()):
            told: dict[str, Any] = {"message": error.message, "code": error.code, "event": event}
            if isinstance(error, Overloaded) and error.retry_after_seconds is not None:
                told["retry_after_seconds"] = error.retry_after_seconds
            self._server.emit("error", told, to=sid)
        limited = isinstance(error, RateLimited)
        return {"status": "rate_limited" if limited else "rejected", "reason": error.code}

    def _is_lasting(self, sid: str, event: str | None, error: EyeLearnError, within: bool) -> bool:
        if event not in UNCOUNTED:
            return not within
        connection = self._connection(sid)
        return isinstance(error, LIMITS) or not self._frame_errors.take(connection, _now())

    def _connection(self, sid: str) -> str:
        """Whose share it is; who connects anew over the same WebSocket has a new `sid`."""
        return str(self._server.manager.eio_sid_from_sid(sid, NAMESPACE) or sid)

    def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        if self._identities.required:
            self._known[sid] = self._identified(auth, environ)
        self._server.emit("connected", {"message": "Connected to EyeLearn Focus"}, to=sid)

    def _identified(self, auth: Any, environ: dict[str, Any]) -> Identity:
        """Raises ConnectionRefusedError, whose data the client finds in its `connect_error`."""
        try:
            identity = self._identities.identify(token_in(auth), time.time())
            vouch(environ, identity.user_id)
            return identity
        except EyeLearnError as error:
            if self._told_refusals.allow(error.message, time.monotonic()):
                _log.info("connection refused", reason=error.message)
            told = {"code": error.code, "message": error.message}
            raise ConnectionRefusedError(error.message, told) from error

    def _disconnect(self, sid: str, _reason: str) -> None:
        self._known.pop(sid, None)
        self._sessions.drop(sid)

    def _unknown(self, event: str, sid: str, *_arguments: Any) -> Ack | None:
        name = event[:MAX_NAME_LENGTH]
        return self._guarded(name, _refuse)(sid, InvalidPayload(f"There is no event '{name}'."))

    def _unreadable(self, asker: Asker, problem: InvalidPayload) -> None:
        asker.acknowledge(self._guarded(None, _refuse)(asker.sid, problem))

    def _start_tracking(self, sid: str, *arguments: Any) -> None:
        payload = parse(StartTracking, "start_tracking", arguments)
        self._check_identity(sid, payload.ids)
        session, resumed = self._sessions.start(sid, payload.ids, payload.session_id)
        welcome(self._server.get_environ(sid) or {}, self._settings)
        self._sessions.tell_batch_seconds(session)
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
                "batch_seconds": session.told_batch_seconds,
                "browser_streaming_enabled": self._settings.enable_browser_eye_streaming,
            },
            to=sid,
        )

    def _check_identity(self, sid: str, ids: LearnerIds) -> None:
        """Raises Unauthorized and Forbidden. A session that runs outlives its token, and only that:
        who starts or resumes one on an old connection needs a fresh token, and so a new one.
        """
        if not self._identities.required:
            return
        identity = self._known.get(sid)
        if identity is None:
            # Gone while its event waited for its turn.
            raise NotTracking("start_tracking")
        identity.check_time(time.time())
        identity.check(ids)

    def _check_resume(self, sid: str, event: str) -> None:
        """Raises NotTracking where the event would resume a session by a token that has expired."""
        identity = self._known.get(sid)
        if identity is None or not identity.has_expired(time.time()):
            return
        if self._sessions.has_ended(sid):
            raise NotTracking(event)

    def _video_frame(self, asker: Asker, *arguments: Any) -> None:
        rejection = self._take_frame(asker.sid, asker, *arguments)
        if rejection is not None:
            asker.acknowledge(rejection)

    def _submit(self, sid: str, asker: Asker, *arguments: Any) -> None:
        payload = parse(VideoFrame, "video_frame", arguments)
        self._check_resume(sid, "video_frame")

        def tell(outcome: Outcome) -> None:
            answer = self._tell_judgement(sid, asker, outcome, payload.timestamp)
            if answer is not None:
                asker.acknowledge(answer)

        self._sessions.judge(sid, payload.frame, tell)

    def _face_landmarks(self, asker: Asker, *arguments: Any) -> None:
        rejection = self._take_landmarks(asker.sid, asker, *arguments)
        if rejection is not None:
            asker.acknowledge(rejection)

    def _measure(self, sid: str, asker: Asker, *arguments: Any) -> None:
        payload = parse(FaceLandmarks, "face_landmarks", arguments)
        landmarks = payload.checked(self._settings.max_client_fps)
        self._check_resume(sid, "face_landmarks")

        def tell(outcome: Outcome) -> None:
            answer = self._tell_measured(sid, asker, outcome, payload.timestamps[-1])
            if answer is not None:
                asker.acknowledge(answer)

        self._sessions.observe(sid, landmarks, tell)

    def _update(
        self, _sid: str, asker: Asker, outcome: Outcome, timestamp: float | None
    ) -> Ack | None:
        """Tells the judgement, and acknowledges, or sees to it that it is done later."""
        judgement = outcome()
        update = tracking_update(judgement, timestamp)
        if judgement.wait_seconds:
            asker.emit("tracking_update", update)
            self._concurrency.later(judgement.wait_seconds, lambda: asker.acknowledge(PROCESSED))
        else:
            asker.emit_and_acknowledge("tracking_update", update, PROCESSED)
        return None

    def _page_visibility(self, sid: str, *arguments: Any) -> None:
        payload = parse(PageVisibility, "page_visibility", arguments)
        self._check_resume(sid, "page_visibility")
        self._sessions.set_hidden(sid, payload.hidden)

    def _calibrate(self, sid: str, *_arguments: Any) -> Ack:
        self._check_resume(sid, "calibrate")
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


def _refuse(_sid: str, problem: EyeLearnError) -> None:
    raise problem.again()
