"""What was told of a sitting against what was true: how late, how often wrong, and where."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from eyelearn.tracking.focus import EYES_CLOSED, MULTIPLE_FACES

from .learner_script import Event
from .sampled_sitting import Told
from .sitting_scripts import (
    AWAY_POSES,
    CLOSES_BRIEFLY,
    CLOSES_LONG,
    LEAVES,
    SECOND_BRIEFLY,
    SECOND_LONG,
)
from .timing_metrics import changes, delay, intervals, outside, share, state_at

# A change so long after an event may still come from it.
AFTER_SECONDS = 2.5
# What must be told in the end, and what must change nothing.
TOLD_KINDS = (*AWAY_POSES, LEAVES, CLOSES_LONG, SECOND_LONG)
UNTOLD_KINDS = (CLOSES_BRIEFLY, SECOND_BRIEFLY)


@dataclass(slots=True)
class SittingScore:
    """Delays in seconds from the true moment, None where it was never told.

    false_changes: moments at which the state changed and nothing had happened. failures: words.
    """

    away: dict[str, list[float | None]] = field(default_factory=dict)
    back: list[float | None] = field(default_factory=list)
    eyes_closed: list[float | None] = field(default_factory=list)
    second_person: list[float | None] = field(default_factory=list)
    false_changes: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def score(told: Told) -> SittingScore:
    """All events of one sitting."""
    result = SittingScore()
    times, looking = told.script.truth()
    truth = intervals(times, ~looking)
    for event in told.script.events:
        if event.kind in AWAY_POSES or event.kind == LEAVES:
            _score_away(told, event, truth, result)
        elif event.kind == CLOSES_LONG:
            result.eyes_closed.append(_direction_delay(told, event, EYES_CLOSED, result))
        elif event.kind == SECOND_LONG:
            result.second_person.append(_direction_delay(told, event, MULTIPLE_FACES, result))
    _find_false_changes(told, result)
    return result


def share_error(told: Told) -> float:
    """Points by which the told share of focus is over the true one."""
    times, looking = told.script.truth()
    seen = (times >= told.times[0]) & (times <= told.times[-1])
    return told.focused_share - share(times[seen], looking[seen])


def _score_away(
    told: Told, event: Event, truth: list[tuple[float, float]], result: SittingScore
) -> None:
    """From the moment the gaze leaves the screen to that at which it is back on it."""
    since, until = next((a, b) for a, b in truth if a >= event.start)
    noticed = delay(told.times, ~told.focused, since, until)
    if not state_at(told.times, told.focused, since):
        result.failures.append(f"{_name(told, event)}: was not focused before it began")
    result.away.setdefault(event.kind, []).append(noticed)
    if noticed is None:
        result.failures.append(f"{_name(told, event)}: not noticed; {_gaze(told, since, until)}")
        return
    if noticed > 1.0:
        words = f"noticed after {noticed:.2f} s; {_gaze(told, since, until)}"
        result.failures.append(f"{_name(told, event)}: {words}")
    back = delay(told.times, told.focused, until, until + AFTER_SECONDS)
    if state_at(told.times, told.focused, until):
        words = f"told as back before it was over; {_gaze(told, since, until)}"
        result.failures.append(f"{_name(told, event)}: {words}")
        return
    result.back.append(back)
    if back is None:
        words = f"not told as back; {_gaze(told, until + 0.5, until + AFTER_SECONDS)}"
        result.failures.append(f"{_name(told, event)}: {words}")


def _direction_delay(
    told: Told, event: Event, direction: str, result: SittingScore
) -> float | None:
    found = delay(told.times, told.directions == direction, event.start, event.end)
    if found is None:
        result.failures.append(f"{_name(told, event)}: never told as {direction}")
    return found


def _find_false_changes(told: Told, result: SittingScore) -> None:
    explained = [
        (event.start, event.end + AFTER_SECONDS)
        for event in told.script.events
        if event.kind in TOLD_KINDS
    ]
    result.false_changes = outside(changes(told.times, told.focused), explained)
    for moment in result.false_changes:
        during = [
            event.kind
            for event in told.script.events
            if event.kind in UNTOLD_KINDS and event.start <= moment < event.end + AFTER_SECONDS
        ]
        at = int(np.searchsorted(told.times, moment))
        words = f"false change to {told.directions[at]} {' '.join(during)}"
        result.failures.append(f"{_sitting(told)} {moment:.2f} s: {words}; {_gaze_at(told, at)}")


def _sitting(told: Told) -> str:
    return f"{told.fps:g} fps, sitting {told.script.seed},"


def _name(told: Told, event: Event) -> str:
    return f"{_sitting(told)} {event.kind} at {event.start:.1f} s"


def _gaze(told: Told, since: float, until: float) -> str:
    """The gaze between two moments, true and measured, from the middle of the screen."""
    within = np.flatnonzero((told.times >= since + 0.3) & (told.times < until - 0.1))
    if not within.size:
        return "hardly a frame of it"
    return _gaze_at(told, int(within[within.size // 2]))


def _gaze_at(told: Told, at: int) -> str:
    face, neutral, truth = told.measured[at], told.script.neutral, told.truth
    if face is None:
        return "no face"
    yaw = face.gaze_yaw - neutral.yaw - neutral.eye_yaw
    pitch = face.gaze_pitch - neutral.pitch - neutral.eye_pitch
    return (
        f"gaze {yaw:.0f}, {pitch:.0f} where {truth.gaze_yaw[at]:.0f}, {truth.gaze_pitch[at]:.0f}"
        f" is true, openness {sum(face.openness) / 2:.2f} of {told.script.openness:.2f},"
        f" told {told.directions[at]}"
    )
