"""What a learner does in a sitting, as one continuous function of time: every frame rate samples
the same behaviour. Angles are degrees with the signs of `PROTOCOLS.md`, times are seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eyelearn.vision.landmarks import Floats

from .posed_face import Pose
from .timing_metrics import Flags

# Half of the screen, seen from the learner; they read inside, and look away outside of it.
SCREEN_YAW, SCREEN_PITCH = 13.0, 7.0
READING_YAW, READING_PITCH = 12.0, 6.0
# Fixations of readers last 0.2 to 0.5 s, a line's saccades 0.03 to 0.05 s (Rayner 1998, "Eye
# movements in reading and information processing").
FIXATION_SECONDS, SACCADE_SECONDS = (0.2, 0.5), 0.04
FIXATIONS_PER_LINE, LINES_PER_SCREEN = 8, 10

# The head sways slowly and the eyes make up for it, as a seated reader's do; yaw, pitch, roll.
SWAY_DEGREES = (1.5, 1.2, 1.0)
SWAY_HERTZ = (0.03, 0.3)

# 15 blinks a minute, a reader's and talker's middle (Bentivoglio and others 1997, "Analysis of
# blink rate patterns in normal subjects"), never two within the shortest interval.
BLINKS_PER_MINUTE = 15.0
BLINK_SECONDS = (0.15, 0.35)
SHORTEST_BLINK_INTERVAL = 0.8
# The eye aspect ratio in a blink, as a share of the open eye's: the clip's two blinks go down to
# 0.23 and 0.62, the second because the mesh follows half-shut lids slowly.
BLINK_DEPTH = (0.2, 0.6)
# Parts of a blink's time in which the lids come down, and by which they begin to rise.
BLINK_CLOSED_FROM, BLINK_CLOSED_UNTIL = 0.2, 0.6
CLOSED_DEPTH = 0.25
LID_SECONDS = 0.1
# Open eyes' aspect ratio differs between people, and in one person strays by this share of it,
# both as in the clip.
OPENNESS_OF_PEOPLE = (0.22, 0.34)
OPENNESS_STRAYS = 0.08
# Lids follow the eye down and up (Becker and Fuchs 1988, "Lid-eye coordination during vertical gaze
# changes in man and monkey"): on an eyeball of 12 mm radius the upper one moves 0.2 mm per degree,
# the lower one about half as far, which leaves 0.1 mm of an opening of 7 mm.
LID_SHARE_PER_DEGREE = 0.015
# Lids that come down hide the iris from above, and what is left of it seems lower: the clip's
# irises sink by 0.05 of the eye's width in a blink, as much as an eye that looks down so far.
IRIS_SINKS_DEGREES = 7.0
# An eye that looks closed longer than a blink is not looking.
LONGEST_BLINK = 0.4

MOVEMENT_SECONDS = (0.25, 0.4)
LEAVING_SECONDS = 0.7
LEAVING_PIXELS = 420.0
# With its middle this near the picture's edge, a face is half outside and not found any more.
LOST_PIXELS = 290.0
# A truth is looked for on a grid this fine, so its moments are known to a few milliseconds.
GRID_SECONDS = 0.005


class Neutral(NamedTuple):
    """How head and eyes are held when the middle of the screen is looked at."""

    yaw: float
    pitch: float
    eye_yaw: float
    eye_pitch: float


# A camera in front of the eyes, above the screen, beside it, above and beside it; a person whose
# face differs from the canonical one, as measured in the clip; a laptop's camera below the eyes.
NEUTRALS = (
    Neutral(0.0, 0.0, 0.0, 0.0),
    Neutral(0.0, -8.0, 0.0, 0.0),
    Neutral(6.0, 0.0, 0.0, 0.0),
    Neutral(-6.0, -6.0, -2.0, 0.0),
    Neutral(3.5, 9.0, 4.5, -5.0),
    Neutral(0.0, 6.0, 0.0, 2.0),
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that the learner does from start to end; the movement back begins at the end."""

    kind: str
    start: float
    end: float
    yaw: float = 0.0
    pitch: float = 0.0
    eye_yaw: float = 0.0
    eye_pitch: float = 0.0
    movement: float = 0.3
    closed: bool = False
    leaving: float = 0.0
    people: int = 1

    @property
    def turns_away(self) -> bool:
        """Whether head, eyes or the whole learner move."""
        return not self.closed and self.people == 1


@dataclass(frozen=True, slots=True)
class Blink:
    start: float
    seconds: float
    depth: float


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is to be seen and what is true at n moments; arrays (n,).

    pose: before the camera. gaze_yaw, gaze_pitch: relative to the middle of the screen.
    """

    pose: Pose
    gaze_yaw: Floats
    gaze_pitch: Floats
    people: NDArray[np.int_]
    looking: Flags


class Script:
    """A sitting: `seconds` of reading, with the events of one seed in between."""

    def __init__(self, seed: int, seconds: float, events: Iterable[Event] = ()) -> None:
        random = np.random.default_rng(seed)
        self.seed = seed
        self.seconds = seconds
        self.events = tuple(events)
        self.neutral = NEUTRALS[seed % len(NEUTRALS)]
        self.openness = random.uniform(*OPENNESS_OF_PEOPLE)
        self.blinks = [each for each in _blinks(random, seconds) if not self._closes_near(each)]
        self._reading = _reading(random, seconds)
        self._sway = [Wander(random, SWAY_HERTZ) for _ in SWAY_DEGREES]
        self._strays = Wander(random, SWAY_HERTZ)

    def at(self, times: Floats) -> Behaviour:
        """What is seen, and true, at these moments."""
        ramps = [(event, _ramp(times, event)) for event in self.events]
        away = np.max([ramp for _, ramp in ramps], axis=0, initial=0.0) * np.ones_like(times)
        yaw, pitch, roll = (
            wander.at(times) * degrees
            for wander, degrees in zip(self._sway, SWAY_DEGREES, strict=True)
        )
        knots, gaze = self._reading
        read_yaw, read_pitch = (np.interp(self._reading_times(times), knots, row) for row in gaze)
        eye_yaw, eye_pitch = (read_yaw - yaw) * (1 - away), (read_pitch - pitch) * (1 - away)
        for event, ramp in ramps:
            yaw, pitch = yaw + event.yaw * ramp, pitch + event.pitch * ramp
            eye_yaw, eye_pitch = eye_yaw + event.eye_yaw * ramp, eye_pitch + event.eye_pitch * ramp
        closure = self._closure(times)
        shift = np.sum([event.leaving * ramp for event, ramp in ramps], axis=0) + 0 * times
        pose = Pose(
            yaw + self.neutral.yaw,
            pitch + self.neutral.pitch,
            roll,
            eye_yaw + self.neutral.eye_yaw,
            eye_pitch + self.neutral.eye_pitch - IRIS_SINKS_DEGREES * closure,
            self._openness(times, eye_pitch, closure),
            shift,
        )
        people = np.where(np.abs(shift) < LOST_PIXELS, 1, 0)
        for event in self.events:
            if event.people > 1:
                people[_during(times, event)] = event.people
        gaze_yaw, gaze_pitch = yaw + eye_yaw, pitch + eye_pitch
        looking = self._looking(times, gaze_yaw, gaze_pitch, people > 0)
        return Behaviour(pose, gaze_yaw, gaze_pitch, people, looking)

    def _reading_times(self, times: Floats) -> Floats:
        """No word is read while the gaze is on its way: else it could leave the screen twice."""
        reading = times.copy()
        for event in self.events:
            if event.turns_away:
                back = event.end + event.movement
                reading[(times >= event.start) & (times < event.end)] = event.start
                reading[(times >= event.end) & (times < back)] = back
        return reading

    def _closes_near(self, blink: Blink) -> bool:
        """Whether the eyes are closed so near to a blink that both would be one."""
        return any(
            event.closed
            and event.start - SHORTEST_BLINK_INTERVAL < blink.start
            and blink.start < event.end + SHORTEST_BLINK_INTERVAL
            for event in self.events
        )

    def _looking(self, times: Floats, yaw: Floats, pitch: Floats, seen: Flags) -> Flags:
        looking: Flags = (np.abs(yaw) <= SCREEN_YAW) & (np.abs(pitch) <= SCREEN_PITCH) & seen
        for event in self.events:
            if event.closed and event.end - event.start > LONGEST_BLINK:
                looking &= ~_during(times, event)
        return looking

    def _closure(self, times: Floats) -> Floats:
        """0 for open eyes, 1 for closed ones."""
        closure = np.zeros_like(times)
        for blink in self.blinks:
            share = (times - blink.start) / blink.seconds
            knots = (0.0, BLINK_CLOSED_FROM, BLINK_CLOSED_UNTIL, 1.0)
            down = np.interp(share, knots, (0.0, 1.0, 1.0, 0.0))
            closure = np.maximum(closure, down * (1 - blink.depth))
        for event in self.events:
            if event.closed:
                moments = np.add.outer((event.start, event.end), (0.0, LID_SECONDS)).ravel()
                down = np.interp(times, moments, (0.0, 1.0, 1.0, 0.0))
                closure = np.maximum(closure, down * (1 - CLOSED_DEPTH))
        return closure

    def _openness(self, times: Floats, eye_pitch: Floats, closure: Floats) -> Floats:
        strays = 1 + OPENNESS_STRAYS * np.clip(self._strays.at(times), -2, 2)
        follows = np.clip(1 + LID_SHARE_PER_DEGREE * eye_pitch, 0.5, 1.5)
        openness: Floats = self.openness * strays * follows * (1 - closure)
        return openness

    def truth(self) -> tuple[Floats, Flags]:
        """(times, looking) on a fine grid over the whole sitting."""
        times = np.arange(0.0, self.seconds, GRID_SECONDS)
        return times, self.at(times).looking


class Wander:
    """A slow random function of time, mean 0 and standard deviation 1: a sum of sines.

    shape: of independent functions; `at` gives (n, *shape).
    """

    _SINES = 8

    def __init__(
        self, random: np.random.Generator, hertz: tuple[float, float], shape: tuple[int, ...] = ()
    ) -> None:
        low, high = np.log(hertz)
        self._speeds = 2 * np.pi * np.exp(random.uniform(low, high, (*shape, self._SINES)))
        self._phases = random.uniform(0, 2 * np.pi, (*shape, self._SINES))

    def at(self, times: Floats) -> Floats:
        sines = np.sin(np.multiply.outer(times, self._speeds) + self._phases)
        total: Floats = sines.sum(axis=-1) * np.sqrt(2 / self._SINES)
        return total


def _ramp(times: Floats, event: Event) -> Floats:
    """0 to 1 and back, with the smallest jerk (Flash and Hogan 1985)."""
    away = np.clip((times - event.start) / event.movement, 0, 1)
    back = np.clip((times - event.end) / event.movement, 0, 1)
    ramp: Floats = (_smooth(away) - _smooth(back)) * event.turns_away
    return ramp


def _smooth(share: Floats) -> Floats:
    smooth: Floats = share**3 * (10 - 15 * share + 6 * share**2)
    return smooth


def _during(times: Floats, event: Event) -> Flags:
    during: Flags = (times >= event.start) & (times < event.end)
    return during


def _blinks(random: np.random.Generator, seconds: float) -> list[Blink]:
    mean = 60.0 / BLINKS_PER_MINUTE - SHORTEST_BLINK_INTERVAL
    blinks, start = [], random.exponential(mean)
    while start < seconds - max(BLINK_SECONDS):
        blinks.append(Blink(start, random.uniform(*BLINK_SECONDS), random.uniform(*BLINK_DEPTH)))
        start += SHORTEST_BLINK_INTERVAL + random.exponential(mean)
    return blinks


def _reading(random: np.random.Generator, seconds: float) -> tuple[Floats, Floats]:
    """(knots,) and (2, knots): yaw and pitch of a gaze that goes line by line down the screen.

    It begins anywhere on the page.
    """
    count = int(seconds / FIXATION_SECONDS[0]) + 2
    lengths = random.uniform(*FIXATION_SECONDS, count)
    ends = np.cumsum(lengths)
    places = np.arange(count) + random.integers(FIXATIONS_PER_LINE * LINES_PER_SCREEN)
    across = places % FIXATIONS_PER_LINE / (FIXATIONS_PER_LINE - 1)
    down = places // FIXATIONS_PER_LINE % LINES_PER_SCREEN / (LINES_PER_SCREEN - 1)
    # Read from the learner's own left, which is +, to their right.
    gaze = np.stack([READING_YAW * (1 - 2 * across), READING_PITCH * (1 - 2 * down)])
    knots = np.stack([ends - lengths, ends - SACCADE_SECONDS], axis=-1).ravel()
    return knots, np.repeat(gaze, 2, axis=-1)
