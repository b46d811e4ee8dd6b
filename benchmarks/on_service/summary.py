"""What a whole class saw, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from .learner import Outcome

PERCENTILES = (50, 95, 99)


def percentiles(milliseconds: Sequence[float], name: str = "latency") -> dict[str, float]:
    """`{name}_p50_ms` and so on; NaN where there is nothing to tell."""
    values = np.percentile(milliseconds, PERCENTILES) if len(milliseconds) else [np.nan] * 3
    pairs = zip(PERCENTILES, values, strict=True)
    return {f"{name}_p{p}_ms": float(value) for p, value in pairs}


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Frames sent and judged, latency, fairness, and what became of the rest.

    fairness: judged updates of the learner who got the fewest over the median learner's.
    """
    sent = sum(outcome.sent for outcome in outcomes)
    judged = [outcome.judged for outcome in outcomes]
    answers = sum((outcome.answers for outcome in outcomes), Counter[str]())
    latencies = [1000 * x for outcome in outcomes for x in outcome.latencies]
    lateness = [1000 * x for outcome in outcomes for x in outcome.lateness]
    return {
        "sessions": len(outcomes),
        "sent": sent,
        "judged": sum(judged),
        "judged_share": sum(judged) / sent if sent else 0.0,
        **percentiles(latencies),
        "fairness": min(judged) / float(np.median(judged)) if any(judged) else 0.0,
        "longest_gap_s": max((_longest_gap(outcome) for outcome in outcomes), default=np.nan),
        "answers": {**answers, "unanswered": max(0, sent - answers.total())},
        "lost_connections": sum(outcome.lost for outcome in outcomes),
        "sent_late_p95_ms": percentiles(lateness)["latency_p95_ms"],
    }


def _longest_gap(outcome: Outcome) -> float:
    """Seconds between two judged updates of one learner; infinite where there are no two."""
    gaps = np.diff(outcome.update_times)
    return float(gaps.max()) if gaps.size else np.inf
