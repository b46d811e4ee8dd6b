"""What it saves to ask steady learners for fewer frames, and what it changes in what is told.

    .venv/bin/python benchmarks/skipping.py [--sittings 12] [--json FILE]

The made sittings of `sequences.py`, and one in which the learner is gone for a while, each judged
twice with the same frames: all of them, and only those that a client sends which follows `max_fps`.
A change of state must be told within 0.2 s of when it would be told otherwise, sooner or later.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python_services")]

from on_sequences.learner_script import Event, Script  # noqa: E402
from on_sequences.sampled_sitting import Told, tell  # noqa: E402
from on_sequences.sitting_scripts import lesson, steady  # noqa: E402
from on_sequences.timing_metrics import changes  # noqa: E402

from eyelearn.session_service import session_rules  # noqa: E402
from eyelearn.settings import Settings  # noqa: E402
from eyelearn.tracking.session import (  # noqa: E402
    Attention,
    LearnerIds,
    WebSocketEyeTrackingSession,
)
from eyelearn.vision.observation import Observation  # noqa: E402

# What a browser's client sends, and what `MAX_CLIENT_FPS` allows.
RATES = (15, 20)
SITTINGS = 12
MAX_SHIFT_SECONDS = 0.2
# From a frame to the first that follows the rate told in its update: the answer, and a timer.
REACTION_SECONDS = 0.15
# Changes further apart than this are not the same one.
SAME_CHANGE_SECONDS = 1.0
BREAK_SECONDS, BREAKS_AT = 25.0, (20.0, 60.0)
BREAK_PIXELS = 900.0


class SkippingSession(WebSocketEyeTrackingSession):
    """Judges the frames that a client sends which does as it is told, and repeats in between."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("skipping", LearnerIds(1, 1, None), session_rules(settings), 0.0, 0.0)
        self.came = 0
        self.judged = 0
        self._fps = math.inf
        self._told: list[tuple[float, float]] = []
        self._due = 0.0

    def observe(self, observation: Observation, now: float) -> Attention:
        self.came += 1
        while self._told and self._told[0][0] <= now:
            self._fps = self._told.pop(0)[1]
            self._due = min(self._due, now)
        if self.attention is not None and now < self._due - 1e-6:
            return self.attention
        # The camera's clock goes on beside the client's.
        self._due = max(self._due + 1 / self._fps, now)
        self.judged += 1
        attention = super().observe(observation, now)
        fps = self.allowance.settle(self.needed.rate, math.inf)
        if fps is not None:
            self._told.append((now + REACTION_SECONDS, fps))
        return attention


def away_for_a_break(seed: int) -> Script:
    """Someone who leaves the chair twice for a while."""
    breaks = [
        Event("break", start, start + BREAK_SECONDS, movement=1.0, leaving=BREAK_PIXELS)
        for start in BREAKS_AT
    ]
    return Script(seed, BREAKS_AT[-1] + BREAK_SECONDS + 15.0, breaks)


def shifts(all_frames: Told, some: Told) -> tuple[list[float], int]:
    """Seconds by which each change is told later, and how many have no counterpart."""
    later: list[float] = []
    unmatched = 0
    for focused in (True, False):
        before = [
            t for t in changes(all_frames.times, all_frames.focused) if _is(all_frames, t, focused)
        ]
        after = [t for t in changes(some.times, some.focused) if _is(some, t, focused)]
        for moment in before:
            nearest = min(after, key=lambda other: abs(other - moment), default=math.inf)
            if abs(nearest - moment) > SAME_CHANGE_SECONDS:
                unmatched += 1
                continue
            after.remove(nearest)
            later.append(nearest - moment)
        unmatched += len(after)
    return later, unmatched


def _is(told: Told, moment: float, focused: bool) -> bool:
    return bool(told.focused[np.searchsorted(told.times, moment)] == focused)


def compare(scripts: list[Script], fps: float) -> dict[str, Any]:
    """Of one kind of sitting at one rate; plain values."""
    # What is shipped, whatever this machine has set.
    settings = Settings.model_construct()
    came = judged = missing = 0
    later: list[float] = []
    shares: list[float] = []
    counted = [0, 0]
    for script in scripts:
        session = SkippingSession(settings)
        everything = tell(script, fps, settings)
        some = tell(script, fps, settings, session=session)
        moved, unmatched = shifts(everything, some)
        came, judged = came + session.came, judged + session.judged
        later, missing = later + moved, missing + unmatched
        shares.append(some.focused_share - everything.focused_share)
        for n, told in enumerate((everything, some)):
            counted[n] += told.eyes["blink_count"] or 0
    return {
        "judged_share": round(judged / came, 3),
        "changes": len(later),
        "unmatched": missing,
        "latest": round(max(later, default=0.0), 3),
        "soonest": round(min(later, default=0.0), 3),
        "mean": round(float(np.mean(later)) if later else 0.0, 3),
        "share_difference": round(max(shares, key=abs), 2),
        "blinks_all_frames": counted[0],
        "blinks_skipping": counted[1],
    }


def same(figures: dict[str, Any]) -> bool:
    furthest = max(figures["latest"], -figures["soonest"])
    return not figures["unmatched"] and furthest <= MAX_SHIFT_SECONDS + 1e-6


def report(sittings: int) -> dict[str, Any]:
    kinds = {
        "lessons": [lesson(seed) for seed in range(sittings)],
        "reading": [steady(seed) for seed in range(sittings, 2 * sittings)],
        "breaks": [away_for_a_break(seed) for seed in range(sittings)],
    }
    return {
        name: {str(fps): compare(scripts, fps) for fps in RATES} for name, scripts in kinds.items()
    }


def print_report(found: dict[str, Any]) -> None:
    print(
        "sittings  fps  judged  changes  unmatched  told later (mean, most, least)  share  blinks"
    )
    for name, rates in found.items():
        for fps, figures in rates.items():
            shift = f"{figures['mean']:+.3f} {figures['latest']:+.3f} {figures['soonest']:+.3f} s"
            blinks = f"{figures['blinks_skipping']} of {figures['blinks_all_frames']}"
            print(
                f"{name:<8}  {fps:>3}  {figures['judged_share']:>6.1%}  {figures['changes']:>7}"
                f"  {figures['unmatched']:>9}  {shift:<30}  {figures['share_difference']:>+5.2f}"
                f"  {blinks:<12}  {'same' if same(figures) else 'DIFFERENT'}"
            )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sittings", type=int, default=SITTINGS, help="so many of each kind")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = report(options.sittings)
    print_report(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    return 0 if all(same(figures) for rates in found.values() for figures in rates.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
