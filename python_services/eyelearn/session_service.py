"""A learner's session across the rooms: started, judged, saved, resumed, ended.

What every protocol calls. A holder is the name of one connection, whatever its kind.
"""

from __future__ import annotations

import contextlib
import random
import time
import uuid
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .concurrency import Concurrency
from .errors import (
    EyeLearnError,
    Internal,
    NotTracking,
    Overloaded,
    RateLimited,
    StreamingDisabled,
    Superseded,
)
from .events import get_logger
from .inference import messages
from .inference.admission import Admission
from .inference.landmark_batch import LandmarkBatch, Measured
from .inference.pool import InferencePool
from .inference.ticket import Outcome as Told
from .saving.ledger import SessionLedger
from .saving.record import SessionRecord
from .settings import Settings
from .tracking.batch_pace import BatchPace
from .tracking.focus import FocusLimits
from .tracking.neutral import Neutral, NeutralEstimate
from .tracking.registry import Registry
from .tracking.session import (
    DISCONNECTED,
    IDLE,
    REPLACED,
    SHUTDOWN,
    STOPPED,
    Attention,
    LearnerIds,
    SessionRules,
    WebSocketEyeTrackingSession,
)
from .vision.observation import NO_FACE, Face, Observation

_log = get_logger(__name__)

HOUSEKEEPING_INTERVAL_SECONDS = 0.5
# A start that asks for an old session waits this long for the database, and then begins anew.
LOAD_TIMEOUT_SECONDS = 3.0
# Without a frame for as long a session gives way to another of its user; the slowest client sends
# ten in that time.
UNSEEN_SECONDS = 5.0


class Judgement(NamedTuple):
    """What is told of one picture.

    judged: False where the picture was one too many, and `attention` repeats the last judgement.
    max_fps: frames a second that the client may send from now on; None: as it was told before.
    batch_seconds: that at least lie between two of its batches of landmarks; None: likewise.
    wait_seconds: after which the next picture is of use; a protocol that acknowledges pictures does
    it then, or a client that sends one for each acknowledgement would send all the faster.
    """

    session: WebSocketEyeTrackingSession
    attention: Attention
    judged: bool
    max_fps: float | None
    wait_seconds: float = 0.0
    batch_seconds: float | None = None


Outcome = Callable[[], Judgement]


class Landmarks(NamedTuple):
    """Samples of one learner, made by their own machine.

    points: float32, little-endian, (samples, 35, 3), as bytes. timestamps, sent_at: its
    milliseconds, timestamps rising, none later than sent_at. face_counts: people in each picture.
    width, height: of the pictures. hidden: whether the page was, None where that was told
    otherwise. brightness: of each face, 0 to 255, where it was measured.
    """

    points: bytes
    timestamps: Sequence[float]
    sent_at: float
    face_counts: Sequence[int]
    width: float
    height: float
    hidden: bool | None = None
    brightness: Sequence[float | None] | None = None


class SessionService:
    """Ties tracking, inference and saving together; each face only translates to it."""

    def __init__(
        self,
        settings: Settings,
        pool: InferencePool,
        ledger: SessionLedger,
        concurrency: Concurrency,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._ledger = ledger
        self._concurrency = concurrency
        self._clock = clock
        self._rules = session_rules(settings)
        self._registry = Registry(settings.resume_seconds, settings.session_idle_seconds)
        self._admission = Admission()
        self._batch_pace = BatchPace()
        self._shared_out_at = clock()
        # The event loop's, and on the same clock; the other may be anything.
        self._idle_seconds, self._looked_at = concurrency.idle_seconds(), time.monotonic()
        self._closing = False
        # Connections whose start is under way; one that is dropped meanwhile leaves.
        self._starting: set[str] = set()

    @property
    def alive_count(self) -> int:
        return sum(1 for _ in self._registry.alive())

    @property
    def closing(self) -> bool:
        """Whether the service is shutting down and takes no new sessions."""
        return self._closing

    def has_ended(self, holder: str) -> bool:
        """Whether the holder's session ended by being idle, and goes on with their next event."""
        session = self._registry.held_by(holder)
        return session is not None and session.ended_at is not None

    def start_housekeeping(self) -> None:
        """From now on sessions are saved in time, and ended when nothing is seen any more."""
        self._concurrency.spawn(self._keep_house)

    def start(
        self, holder: str, ids: LearnerIds, session_id: str | None = None
    ) -> tuple[WebSocketEyeTrackingSession, bool]:
        """Begins a session, or goes on with the one named; the flag says which (True: resumed).

        A session that the holder has already, and is not the one named, ends. Raises Overloaded
        while the service shuts down, NotTracking where the holder was dropped meanwhile, and
        RateLimited where the user has as many sessions as they may.
        """
        self._starting.add(holder)
        session = self._find(session_id, ids) if session_id else None
        # Looking may have waited for the database.
        if holder not in self._starting:
            raise NotTracking("start_tracking")
        self._starting.remove(holder)
        if self._closing:
            raise Overloaded("The service is restarting; try again in a moment.")
        held = self._registry.held_by(holder)
        self._make_room(ids.user_id, besides=(session, held))
        if held is not None and held is not session:
            self._end_held(holder, REPLACED)
        resumed = session is not None
        if session is None:
            session = self._begin(holder, ids)
        else:
            self._resume(session, holder)
            # Whether the page is hidden, its new connection tells anew.
            session.set_hidden(False, self._clock())
        self._settle(session)
        return session, resumed

    def join(
        self, holder: str, ids: LearnerIds, session_id: str | None = None
    ) -> WebSocketEyeTrackingSession:
        """The holder's session, or one that `start` gives: for clients that don't say they start.

        Raises Overloaded and RateLimited as `start` does.
        """
        if self._closing:
            raise Overloaded("The service is restarting; try again in a moment.")
        if not self._may_go_on(holder):
            # Another picture of the holder's may begin it while this one waits for the database.
            with contextlib.suppress(NotTracking):
                self.start(holder, ids, session_id)
        session = self._registry.held_by(holder)
        if session is None:
            raise Overloaded("The session ended meanwhile; try again.")
        return session

    def watch(self, holder: str, user_id: int | str) -> WebSocketEyeTrackingSession:
        """The holder's session, begun where there is none, of which nothing is kept.

        For whoever asks what pictures show and not how long. Raises Overloaded and RateLimited.
        """
        if self._may_go_on(holder):
            session = self._registry.held_by(holder)
            assert session is not None
            return session
        if self._closing:
            raise Overloaded("The service is restarting; try again in a moment.")
        self._make_room(user_id, besides=())
        return self._begin(holder, LearnerIds(user_id, "", None), kept=False)

    def is_alive(self, holder: str) -> bool:
        """Whether the holder has a session that has not ended."""
        session = self._registry.held_by(holder)
        return session is not None and session.ended_at is None

    def _may_go_on(self, holder: str) -> bool:
        session = self._registry.held_by(holder)
        return session is not None and self._registry.may_resume(session, self._clock())

    def judge(
        self,
        holder: str,
        frame: bytes | str,
        tell: Callable[[Outcome], None],
        from_browser: bool = True,
    ) -> None:
        """Has one picture of the holder's session judged. Never waits.

        from_browser: False for one of the service's own camera.

        tell: called once, now or later and on any thread, with what gives the judgement or raises
        why there is none: NotTracking, or whatever `InferencePool.submit` tells. Must not wait.

        A picture that is one too many is not judged, and takes no time: metrics go on with the next
        one that is. A session's first picture needs a free place, and not its
        start: learners who send landmarks cost next to nothing.

        Raises NotTracking, StreamingDisabled, RateLimited, Overloaded where no place is free, and
        whatever `InferencePool.submit` does.
        """
        arrived = self._clock()
        session = self._session_of(holder, "video_frame", arrived)
        if from_browser and not self._settings.enable_browser_eye_streaming:
            raise StreamingDisabled
        if not session.frames.take(arrived):
            raise RateLimited.by_frames(self._settings.max_client_fps)
        if not session.admitted:
            self._admission.admit()
            session.admitted = True
        session.sign_of_life(arrived)
        within = session.allowance.take(arrived)
        if session.attention is not None and not within:
            wait_seconds = session.allowance.wait_seconds
            max_fps = self._settle(session)
            repeated = Judgement(session, session.attention, False, max_fps, wait_seconds)
            tell(lambda: repeated)
            return
        self._pool.submit(
            session.session_id,
            frame,
            lambda outcome: tell(lambda: self._judged(session, outcome, arrived)),
            # Whoever asks what pictures show may send any.
            messages.judge(alone=not session.kept),
        )

    def _judged(
        self,
        session: WebSocketEyeTrackingSession,
        outcome: Told,
        arrived: float,
    ) -> Judgement:
        if isinstance(outcome, EyeLearnError):
            raise outcome.again()
        assert isinstance(outcome, Observation)
        if session.ended_at is not None:
            raise NotTracking("video_frame")
        attention = session.observe(outcome, arrived)
        return Judgement(session, attention, True, self._settle(session))

    def observe(self, holder: str, landmarks: Landmarks, tell: Callable[[Outcome], None]) -> None:
        """Has the samples of one batch measured and counted. Never waits.

        tell: as for `judge`; the judgement is that of the last sample. It tells Superseded where
        none of them is new.

        Raises NotTracking, and RateLimited.
        """
        arrived = self._clock()
        session = self._session_of(holder, "face_landmarks", arrived)
        if not session.frames.take(arrived):
            raise RateLimited.by_frames(self._settings.max_client_fps)
        session.sign_of_life(arrived)

        def measured(faces: Measured) -> None:
            tell(lambda: self._observed(session, landmarks, faces, arrived))

        size = landmarks.width, landmarks.height
        batch = LandmarkBatch(landmarks.points, len(landmarks.timestamps), size, measured)
        self._pool.measure(session.session_id, batch)

    def _observed(
        self,
        session: WebSocketEyeTrackingSession,
        landmarks: Landmarks,
        faces: Measured,
        arrived: float,
    ) -> Judgement:
        if isinstance(faces, EyeLearnError):
            raise faces.again()
        if session.ended_at is not None:
            raise NotTracking("face_landmarks")
        samples = session.sample_times.take(landmarks.timestamps, landmarks.sent_at, arrived)
        if not samples:
            raise Superseded
        observed = [(_seen(faces[number], landmarks, number), at) for number, at in samples]
        attention = session.observe_all(observed, landmarks.hidden)
        pace = self.tell_batch_seconds(session)
        return Judgement(session, attention, True, None, batch_seconds=pace)

    def tell_batch_seconds(self, session: WebSocketEyeTrackingSession) -> float | None:
        """Seconds that at least are to lie between two of the session's batches, if its client is
        to be told: they are others than before."""
        told, session.told_batch_seconds = session.told_batch_seconds, self._batch_pace.seconds
        return None if told == session.told_batch_seconds else session.told_batch_seconds

    def set_hidden(self, holder: str, hidden: bool) -> None:
        """Raises NotTracking."""
        now = self._clock()
        self._session_of(holder, "page_visibility", now).set_hidden(hidden, now)

    def calibrate(self, holder: str) -> tuple[int, Neutral]:
        """Raises NotTracking, and InvalidPayload where no face was seen."""
        now = self._clock()
        return self._session_of(holder, "calibrate", now).calibrate(now)

    def stop(self, holder: str) -> WebSocketEyeTrackingSession:
        """Ends the holder's session for good, and saves it. Raises NotTracking."""
        session = self._registry.held_by(holder)
        if session is None:
            raise NotTracking("stop_tracking")
        self._end_held(holder, STOPPED)
        return session

    def drop(self, holder: str) -> None:
        """The connection is gone; its session is saved, and may be resumed."""
        self._starting.discard(holder)
        if self._registry.held_by(holder) is not None:
            self._end_held(holder, DISCONNECTED)

    def shut_down(self, seconds: float) -> int:
        """Ends and saves every session, and posts what is owed for up to `seconds`.

        Gives how many sessions are still owed to the platform.
        """
        self._closing = True
        for session in list(self._registry.alive()):
            self._end(session, SHUTDOWN)
        return self._ledger.drain(seconds)

    def _settle(self, session: WebSocketEyeTrackingSession) -> float | None:
        """The rate that the session's client is to be told, if it is another than before."""
        return session.allowance.settle(session.needed.rate, self._admission.fair_fps)

    def _session_of(self, holder: str, event: str, now: float) -> WebSocketEyeTrackingSession:
        """The holder's session; one that ended by being idle goes on.

        Raises NotTracking, and RateLimited where its user has begun too many others meanwhile.
        """
        session = self._registry.held_by(holder)
        if session is None or self._closing or not self._registry.may_resume(session, now):
            raise NotTracking(event)
        if session.ended_at is not None:
            self._make_room(session.ids.user_id, besides=(session,))
            self._resume(session, holder)
        return session

    def _make_room(
        self, user_id: int | str, besides: tuple[WebSocketEyeTrackingSession | None, ...]
    ) -> None:
        """For one more session of the user, who has those named besides. Raises RateLimited.

        A page that was closed without a word is noticed late: who reloads it again and again is not
        kept out by sessions that nothing comes of.
        """
        others = [s for s in self._registry.alive_of(user_id) if s not in besides]
        if len(others) < self._settings.max_sessions_per_user:
            return
        longest_unseen = min(others, key=lambda session: session.last_seen)
        if self._clock() - longest_unseen.last_seen < UNSEEN_SECONDS:
            raise RateLimited.by_sessions(self._settings.max_sessions_per_user)
        self._end(longest_unseen, IDLE)

    def _begin(
        self, holder: str, ids: LearnerIds, kept: bool = True
    ) -> WebSocketEyeTrackingSession:
        now = self._clock()
        session = WebSocketEyeTrackingSession(str(uuid.uuid4()), ids, self._rules, now, time.time())
        session.kept = kept
        self._registry.add(session, holder)
        self._stagger(session, now)
        if kept:
            self._ledger.save(to_record(session))
        _log.info("session begins", session=session.session_id, user=ids.user_id)
        return session

    def _resume(self, session: WebSocketEyeTrackingSession, holder: str) -> None:
        now = self._clock()
        session.resume(now)
        self._registry.add(session, holder)
        self._stagger(session, now)
        _log.info("session goes on", session=session.session_id)

    def _stagger(self, session: WebSocketEyeTrackingSession, now: float) -> None:
        """Shortens the first interval by chance, so that a class does not save all at once."""
        session.next_flush = now + self._settings.flush_interval_seconds * random.uniform(0.2, 1.0)

    def _find(self, session_id: str, ids: LearnerIds) -> WebSocketEyeTrackingSession | None:
        """The session of that id and these learner's ids, if it may go on."""
        session = self._registry.get(session_id)
        if session is None:
            session = self._load(session_id)
        if session is None or not session.ids.same_as(ids):
            return None
        return session if self._registry.may_resume(session, self._clock()) else None

    def _load(self, session_id: str) -> WebSocketEyeTrackingSession | None:
        try:
            record = self._ledger.load(session_id, LOAD_TIMEOUT_SECONDS)
        except Internal:
            # The learner is tracked all the same, in a new session; the old one's row stands.
            _log.warning("session can't be looked up; a new one begins", session=session_id)
            return None
        if record is None:
            return None
        # Another start may have loaded the same session while this one waited.
        present = self._registry.get(session_id)
        return present or from_record(record, self._rules, self._clock(), time.time())

    def _end_held(self, holder: str, reason: str) -> None:
        session = self._registry.release(holder)
        if session is not None and session.ended_at is None:
            self._end(session, reason)
        elif session is not None and reason == STOPPED:
            session.end_reason = STOPPED
            self._flush(session)

    def _end(self, session: WebSocketEyeTrackingSession, reason: str) -> None:
        session.end(reason, self._clock(), time.time())
        self._pool.release(session.session_id)
        self._flush(session)
        _log.info("session ends", session=session.session_id, reason=reason)

    def _flush(self, session: WebSocketEyeTrackingSession) -> None:
        session.revision += 1
        session.changed = False
        if session.kept:
            self._ledger.save(to_record(session))

    def _keep_house(self) -> None:
        while not self._closing:
            self._concurrency.sleep(HOUSEKEEPING_INTERVAL_SECONDS)
            try:
                self._tidy(self._clock())
            except Exception:
                # One session's trouble must not keep the others from being saved.
                _log.exception("housekeeping failed; tried again")

    def _tidy(self, now: float) -> None:
        self._share_out(now)
        # One that is due before the next look is saved now: no interval is longer than it says.
        for session in self._registry.due(now + HOUSEKEEPING_INTERVAL_SECONDS):
            session.next_flush = now + self._settings.flush_interval_seconds
            if session.changed and session.ended_at is None:
                self._flush(session)
                # A whole school's flushes at once must not hold up its frames.
                self._concurrency.sleep(0)
        for session in self._registry.idle(now):
            self._end(session, IDLE)
        self._registry.forget_ended(now)

    def _share_out(self, now: float) -> None:
        """Measures what the sessions alive would send, against what can be judged."""
        elapsed, self._shared_out_at = now - self._shared_out_at, now
        if elapsed <= 0.0:
            return
        demands = [
            session.allowance.demand(elapsed, session.needed.rate)
            for session in self._registry.alive()
        ]
        sending = [demand for demand in demands if demand > 0.0]
        self._admission.measure(self._pool.frames_per_second, sending)
        self._pace_batches(time.monotonic())

    def _pace_batches(self, now: float) -> None:
        """By how long the event loop has had nothing to do since the last look."""
        idle_seconds = self._concurrency.idle_seconds()
        idle, elapsed = idle_seconds - self._idle_seconds, now - self._looked_at
        self._idle_seconds, self._looked_at = idle_seconds, now
        if elapsed > 0.0:
            self._batch_pace.measure(1.0 - idle / elapsed, elapsed)


def _seen(face: Face | None, landmarks: Landmarks, number: int) -> Observation:
    """What the sample of this number shows, of which `face` was measured."""
    if face is None:
        return NO_FACE
    if landmarks.brightness is not None:
        face = face.lit(landmarks.brightness[number])
    return Observation(max(1, landmarks.face_counts[number]), face)


def session_rules(settings: Settings) -> SessionRules:
    """What the operator set, as the tracking room speaks of it."""
    return SessionRules(
        limits=FocusLimits(
            gaze_yaw=settings.gaze_yaw_limit_degrees,
            gaze_up=settings.gaze_up_limit_degrees,
            gaze_down=settings.gaze_down_limit_degrees,
            head_yaw=settings.head_yaw_limit_degrees,
            head_up=settings.head_up_limit_degrees,
            head_down=settings.head_down_limit_degrees,
            head_roll=settings.head_roll_limit_degrees,
            hysteresis=settings.focus_hysteresis,
            eye_closed_openness=settings.eye_closed_openness,
            eyes_closed_seconds=settings.eyes_closed_seconds,
            second_face_seconds=settings.second_face_seconds,
            smoothing_seconds=settings.gaze_smoothing_seconds,
            loss_seconds=settings.focus_loss_seconds,
            gain_seconds=settings.focus_gain_seconds,
            neutral_bound=settings.neutral_bound_degrees,
        ),
        max_gap_seconds=settings.max_observation_gap_seconds,
        max_fps=settings.max_client_fps,
    )


def to_record(session: WebSocketEyeTrackingSession) -> SessionRecord:
    """The session as it stands, to be kept."""
    return SessionRecord(
        session_id=session.session_id,
        **session.ids._asdict(),
        focused_time=session.metrics.focused_time,
        unfocused_time=session.metrics.unfocused_time,
        focus_sessions=session.metrics.focus_sessions,
        unfocus_sessions=session.metrics.unfocus_sessions,
        focused=session.metrics.focused,
        revision=session.revision,
        started_at=session.started_wall,
        updated_at=time.time(),
        ended_at=session.ended_wall,
        end_reason=session.end_reason,
        neutral=session.neutral.to_dict(),
    )


def from_record(
    record: SessionRecord, rules: SessionRules, now: float, wall: float
) -> WebSocketEyeTrackingSession:
    """A session as it was kept, by this server's last life or by another node.

    One without an end was cut off when its server died, at its last save.
    """
    ids = LearnerIds(record.user_id, record.module_id, record.section_id)
    session = WebSocketEyeTrackingSession(record.session_id, ids, rules, now, record.started_at)
    session.metrics.focused_time = record.focused_time
    session.metrics.unfocused_time = record.unfocused_time
    session.metrics.focus_sessions = record.focus_sessions
    session.metrics.unfocus_sessions = record.unfocus_sessions
    session.metrics.focused = record.focused
    # Who was judged before goes on, also where the server that judged them is gone.
    session.admitted = record.focused is not None
    session.revision = record.revision
    if record.neutral is not None:
        _take_up_neutral(session, record.neutral)
    ended_wall = record.updated_at if record.ended_at is None else record.ended_at
    session.end(record.end_reason or DISCONNECTED, now - max(0.0, wall - ended_wall), ended_wall)
    return session


def _take_up_neutral(session: WebSocketEyeTrackingSession, kept: dict[str, float]) -> None:
    """What was learned of the learner; what makes no sense costs that, and not the resume."""
    try:
        session.neutral = NeutralEstimate.from_dict(kept, session.rules.limits.neutral_bound)
    except ValueError:
        # Not the values: somebody else wrote them.
        _log.warning(
            "neutral in the database makes no sense, and is learned anew",
            session=session.session_id,
        )
