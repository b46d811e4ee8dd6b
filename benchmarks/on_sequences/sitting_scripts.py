"""The sittings that timing is measured on: a minute of reading, a lesson full of events, a sulk."""

from __future__ import annotations

import numpy as np

from .learner_script import LEAVING_PIXELS, LEAVING_SECONDS, MOVEMENT_SECONDS, Event, Script

STEADY_SECONDS = 60.0
# Reading before the first event, in which the neutral is learned, and between two events.
LEAD_IN_SECONDS = 15.0
PAUSE_SECONDS = (5.0, 8.0)
AWAY_SECONDS = (3.0, 6.0)
SULK_SECONDS = 60.0
SULK_DEGREES = 35.0

# Ranges in degrees of head yaw, head pitch, eye yaw, eye pitch, all from the middle of the screen.
AWAY_POSES: dict[str, tuple[tuple[float, float], ...]] = {
    "head_left": ((25, 50), (-3, 3), (-3, 3), (-3, 3)),
    "head_right": ((-50, -25), (-3, 3), (-3, 3), (-3, 3)),
    "head_up": ((-3, 3), (25, 35), (-3, 3), (-3, 3)),
    "head_down": ((-3, 3), (-40, -25), (-3, 3), (-3, 3)),
    "eyes_left": ((-2, 2), (-2, 2), (25, 32), (-3, 3)),
    "eyes_right": ((-2, 2), (-2, 2), (-32, -25), (-3, 3)),
    "eyes_up": ((-2, 2), (-2, 2), (-3, 3), (25, 30)),
    "eyes_down": ((-2, 2), (-2, 2), (-3, 3), (-30, -25)),
    # A telephone in the lap, and another screen beside: head and eyes share the way.
    "phone": ((-10, 10), (-20, -15), (-3, 3), (-18, -12)),
    "other_screen": ((15, 20), (-3, 3), (14, 20), (-3, 3)),
}
LEAVES = "leaves"
CLOSES_BRIEFLY, CLOSES_LONG = "closes_eyes_briefly", "closes_eyes_long"
SECOND_BRIEFLY, SECOND_LONG = "second_person_briefly", "second_person_long"
# Under and over the 1.5 s of closed eyes that end focus, by more than a frame at 3 fps may hide.
CLOSED_BRIEFLY_SECONDS, CLOSED_LONG_SECONDS = (1.0, 1.15), (2.0, 3.0)
SECOND_BRIEFLY_SECONDS, SECOND_LONG_SECONDS = 0.5, 5.0
KINDS = (
    *AWAY_POSES,
    LEAVES,
    CLOSES_BRIEFLY,
    CLOSES_LONG,
    SECOND_BRIEFLY,
    SECOND_LONG,
)


def steady(seed: int) -> Script:
    """A minute of reading with natural blinks and sway."""
    return Script(seed, STEADY_SECONDS)


def lesson(seed: int) -> Script:
    """Each kind of event once, in an order by chance, with reading between."""
    random = np.random.default_rng((seed, 3))
    events: list[Event] = []
    start = LEAD_IN_SECONDS
    for kind in random.permutation(KINDS):
        event = _event(str(kind), start, random)
        events.append(event)
        start = event.end + random.uniform(*PAUSE_SECONDS)
    return Script(seed, start, events)


def sulk(seed: int) -> Script:
    """Someone who looks past the screen from the first moment on: there is nothing to get used to.

    Sideways and down in turn.
    """
    sideways, down = ((SULK_DEGREES, 0.0), (-SULK_DEGREES, 0.0)), ((0.0, -SULK_DEGREES),)
    yaw, pitch = (*sideways, *down)[seed % 3]
    away = Event("sulk", -10.0, SULK_SECONDS + 10.0, yaw=yaw, pitch=pitch)
    return Script(seed, SULK_SECONDS, [away])


def _event(kind: str, start: float, random: np.random.Generator) -> Event:
    if kind in AWAY_POSES:
        end = start + random.uniform(*AWAY_SECONDS)
        yaw, pitch, eye_yaw, eye_pitch = (
            float(random.uniform(*limits)) for limits in AWAY_POSES[kind]
        )
        movement = random.uniform(*MOVEMENT_SECONDS)
        return Event(kind, start, end, yaw, pitch, eye_yaw, eye_pitch, movement)
    if kind == LEAVES:
        end = start + random.uniform(*AWAY_SECONDS)
        pixels = LEAVING_PIXELS * random.choice((-1, 1))
        return Event(kind, start, end, movement=LEAVING_SECONDS, leaving=pixels)
    if kind in (CLOSES_BRIEFLY, CLOSES_LONG):
        limits = CLOSED_BRIEFLY_SECONDS if kind == CLOSES_BRIEFLY else CLOSED_LONG_SECONDS
        return Event(kind, start, start + random.uniform(*limits), closed=True)
    seconds = SECOND_BRIEFLY_SECONDS if kind == SECOND_BRIEFLY else SECOND_LONG_SECONDS
    return Event(kind, start, start + seconds, people=2)
