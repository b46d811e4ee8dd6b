"""Scores of a told state over time: how late, how often wrong, and what share of the time.

A series is a pair of arrays (n,): the moments in seconds, and a flag at each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eyelearn.vision.landmarks import Floats

Flags = NDArray[np.bool_]


def intervals(times: Floats, flags: Flags) -> list[tuple[float, float]]:
    """(start, end) wherever the flag is set; the last moment ends what still lasts then."""
    padded = np.concatenate([[False], flags, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    ends = np.append(times, times[-1:])
    return [(float(ends[a]), float(ends[b])) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def delay(times: Floats, flags: Flags, since: float, until: float) -> float | None:
    """Seconds from `since` to the first moment before `until` at which the flag is set, or None."""
    found = np.flatnonzero((times >= since) & (times < until) & flags)
    return float(times[found[0]] - since) if found.size else None


def state_at(times: Floats, flags: Flags, moment: float) -> bool:
    """The state told last before `moment`; the first one if there was none."""
    return bool(flags[max(0, int(np.searchsorted(times, moment, side="left")) - 1)])


def changes(times: Floats, flags: Flags) -> list[float]:
    """The moments at which the flag is another than before."""
    return [float(moment) for moment in times[1:][flags[1:] != flags[:-1]]]


def outside(moments: Sequence[float], spans: Sequence[tuple[float, float]]) -> list[float]:
    """Those moments that lie in none of the spans."""
    return [moment for moment in moments if not any(a <= moment < b for a, b in spans)]


def share(times: Floats, flags: Flags) -> float:
    """Per cent of the time with the flag set; the time after a moment has that moment's flag."""
    steps = np.diff(times)
    return float(100.0 * steps[flags[:-1]].sum() / steps.sum())


def summary(values: Sequence[float | None]) -> dict[str, Any]:
    """Median, 95th percentile and maximum of the known values, and how many are None."""
    known = [value for value in values if value is not None]
    figures = np.percentile(known, (50, 95, 100)).round(3).tolist() if known else [None] * 3
    names = ("median", "p95", "max")
    missed = len(values) - len(known)
    return dict(zip(names, figures, strict=True)) | {"count": len(values), "missed": missed}
