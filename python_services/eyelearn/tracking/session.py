"""One learner, one sitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from typing_extensions import TypedDict

from ..vision.observation import Face, Observation
from .allowance import Allowance
from .calibration import Calibration
from .eye_closure import EyeClosure
from .focus import PAGE_HIDDEN, FocusLimits, FocusState, Verdict, attention_score, deviations
from .frame_rate import NeededRate, is_settled
from .looking_away import Look, look_of
from .metrics import Metrics
from .neutral import Neutral, NeutralEstimate
from .sample_times import SampleTimes
from .smoothing import SmoothedFace
from .token_bucket import TokenBucket
from .visibility import MIN_CERTAINTY, Hint, certainty, hint


class EyesTold(TypedDict):
    """blink_count and blinks_per_minute: null below 12 pictures a second, where blinks fall between
    them. perclos: share of the last minute with closed eyes, 0 to 1."""

    closed: bool
    blink_count: int | None
    blinks_per_minute: float | None
    perclos: float


STOPPED = "stopped"
DISCONNECTED = "disconnected"
IDLE = "idle"
REPLACED = "replaced"
SHUTDOWN = "shutdown"


class LearnerIds(NamedTuple):
    """Who learns what. Ids keep their JSON type and are compared as strings."""

    user_id: int | str
    module_id: int | str
    section_id: int | str | None

    def same_as(self, other: LearnerIds) -> bool:
        return all(
            (a is None) == (b is None) and str(a) == str(b)
            for a, b in zip(self, other, strict=True)
        )


@dataclass(frozen=True, slots=True)
class SessionRules:
    """What every session of this service is judged by."""

    limits: FocusLimits
    max_gap_seconds: float
    max_fps: float


class Attention(NamedTuple):
    """What is told of one observation."""

    verdict: Verdict
    score: float
    hint: Hint | None
    observation: Observation


class WebSocketEyeTrackingSession:
    """A learner's sitting: what was seen of them, smoothed and counted.

    `holder` names the connection that the session belongs to now. `now` is seconds on the service's
    monotonic clock, `wall` seconds since the epoch. `attention` is what was told last, as long as
    it may be told again. `kept`: whether anybody is to learn of it later.
    """

    # Here and in what it holds: of two thousand sessions each batch finds another one's, and what
    # is not spread over memory is there sooner.
    __slots__ = (
        "_calibration",
        "_eyes",
        "_focus",
        "_observed_at",
        "_smoothed",
        "admitted",
        "allowance",
        "attention",
        "changed",
        "end_reason",
        "ended_at",
        "ended_wall",
        "frames",
        "hidden",
        "holder",
        "ids",
        "kept",
        "last_seen",
        "metrics",
        "needed",
        "neutral",
        "next_flush",
        "revision",
        "rules",
        "sample_times",
        "session_id",
        "started_wall",
        "told_batch_seconds",
    )

    def __init__(
        self, session_id: str, ids: LearnerIds, rules: SessionRules, now: float, wall: float
    ) -> None:
        self.session_id = session_id
        self.ids = ids
        self.rules = rules
        self.holder: str | None = None
        self.kept = True
        self.metrics = Metrics(rules.max_gap_seconds)
        self.frames = TokenBucket(rules.max_fps)
        self.allowance = Allowance(rules.max_fps)
        self.needed = NeededRate()
        self.admitted = False
        self.attention: Attention | None = None
        self.hidden = False
        self.sample_times = SampleTimes()
        self.told_batch_seconds = 0.0
        self.started_wall = wall
        self.revision = 0
        self.changed = False
        self.last_seen = now
        self._observed_at = now
        self.next_flush = now
        self.ended_at: float | None = None
        self.ended_wall: float | None = None
        self.end_reason: str | None = None
        self.neutral = NeutralEstimate(rules.limits.neutral_bound)
        self._calibration = Calibration()
        self._smoothed = SmoothedFace(rules.limits.smoothing_seconds)
        self._focus = FocusState(rules.limits)
        self._eyes = EyeClosure(rules.limits.eye_closed_openness, rules.max_gap_seconds)

    def sign_of_life(self, now: float) -> None:
        """Something of the learner's is there, which may take a while to be judged."""
        self.last_seen = max(self.last_seen, now)

    def observe(self, observation: Observation, now: float) -> Attention:
        """One more judged frame, which arrived at `now`."""
        smoothed, verdict = self._count(observation, now)
        self.needed.observe(verdict, self._is_settled(verdict, observation.face), now)
        return self._attend(observation, smoothed, verdict)

    def observe_all(
        self, samples: Sequence[tuple[Observation, float]], hidden: bool | None = None
    ) -> Attention:
        """Several at once, each with its time, in order; one at least. Tells of the last.

        hidden: whether the page was while they were taken; None: as was told.
        """
        told = self.hidden
        self.hidden = told if hidden is None else hidden
        for observation, at in samples:
            smoothed, verdict = self._count(observation, at)
        attention = self._attend(observation, smoothed, verdict)
        if self.hidden != told:
            self.hidden = told
            self._expect_anything()
        return attention

    def _count(self, observation: Observation, now: float) -> tuple[Observation, Verdict]:
        """The time until now, and what follows from this frame; gives it with its face smoothed."""
        smoothed = self._smooth(observation, now)
        self._watch(smoothed.face, now)
        verdict = self._focus.observe(smoothed, self._eyes.closed, self.neutral.value, now)
        if self.hidden:
            verdict = Verdict(False, PAGE_HIDDEN)
        self.metrics.observe(verdict.is_focused, now)
        self.changed = True
        return smoothed, verdict

    def _attend(
        self, observation: Observation, smoothed: Observation, verdict: Verdict
    ) -> Attention:
        neutral, threshold = self.neutral.value, self._eyes.threshold
        score = attention_score(smoothed, self.rules.limits, neutral, threshold)
        if self.hidden:
            score = 0.0
        self.attention = Attention(verdict, score, hint(observation.face), observation)
        return self.attention

    def look(self, observation: Observation) -> Look:
        """What one frame says by itself, for this learner's eyes and screen."""
        return look_of(observation, self.rules.limits, self.neutral.value, self._eyes.threshold)

    def _is_settled(self, verdict: Verdict, face: Face | None) -> bool:
        off = None if face is None else deviations(face, self.rules.limits, self.neutral.value)
        return is_settled(verdict, face, off, self._eyes.threshold)

    def _smooth(self, observation: Observation, now: float) -> Observation:
        if observation.face is None:
            self._smoothed.lost()
            return observation
        smoothed = self._smoothed.observe(observation.face, now)
        return Observation(observation.face_count, smoothed)

    def _watch(self, face: Face | None, now: float) -> None:
        """What is learned of the eyes, and of where this learner's screen is."""
        since, self._observed_at = now - self._observed_at, now
        if face is None:
            self._eyes.lost(now)
            return
        # The wider one: a wink is no closed eye, and one that is turned away is hard to measure.
        self._eyes.observe(max(face.openness), now)
        self._calibration.observe(face, now)
        if not (self.hidden or self._eyes.closed) and certainty(face) >= MIN_CERTAINTY:
            self.neutral.observe(face, since if since <= self.rules.max_gap_seconds else 0.0)

    def set_hidden(self, hidden: bool, now: float) -> None:
        """The page went out of sight, or came back; while hidden the learner is unfocused."""
        if hidden and not self.hidden and self.metrics.focused is not None:
            self.metrics.observe(False, now)
            self.changed = True
        if hidden != self.hidden:
            self._expect_anything()
        self.hidden = hidden

    def calibrate(self, now: float) -> tuple[int, Neutral]:
        """Takes the gaze of the last second as the neutral; gives the samples used, and it.

        Raises InvalidPayload where there is nothing to go by.
        """
        samples, neutral = self._calibration.neutral(now)
        self.neutral.calibrate(neutral)
        self._expect_anything()
        return samples, neutral

    def end(self, reason: str, now: float, wall: float) -> None:
        self.ended_at, self.ended_wall, self.end_reason = now, wall, reason

    def resume(self, now: float) -> None:
        """Goes on after an end; the time between counts as any other gap does."""
        self.ended_at = self.ended_wall = self.end_reason = None
        self.last_seen = now
        self._expect_anything()

    def _expect_anything(self) -> None:
        """What was told says nothing about the next frame, which is to be judged."""
        self.attention = None
        self.needed.reset()

    def eyes_to_dict(self) -> EyesTold:
        """What the eyes did over the last minute, as in `tracking_update`."""
        per_minute = self._eyes.blinks_per_minute()
        return {
            "closed": self._eyes.closed,
            "blink_count": self._eyes.blink_count,
            "blinks_per_minute": None if per_minute is None else round(per_minute, 1),
            "perclos": round(self._eyes.perclos(), 3),
        }
