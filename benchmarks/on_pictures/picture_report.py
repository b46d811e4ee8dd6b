"""The figures about a folder's pictures as text, to be read in a terminal."""

from __future__ import annotations

from typing import Any

from .picture_figures import ANGLES, CONFLICT, CONFUSION, RULES

RULE_NAMES = dict(zip(RULES, ("ours, own neutral", "ours, straight", "classic"), strict=True))
FIGURES = {
    "balanced_accuracy": "balanced accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
}
MISSING = "-"


def print_report(figures: dict[str, Any]) -> None:
    """figures: of `picture_figures`, and `cost` of `judgement_cost`."""
    _print_seen(figures["seen"])
    _print_groups(figures["groups"])
    _print_poses(figures["poses"])
    _print_head_pose_error(figures["head_pose_error"])
    for rule, told in figures["reliability"].items():
        _print_reliability(RULE_NAMES[rule], told)
    _print_worst(figures["worst"])
    _print_cost(figures["cost"])


def _print_seen(seen: dict[str, Any]) -> None:
    print(
        f"{seen['pictures']} pictures of {seen['people']} people: faces found in {seen['faces']} "
        f"({seen['faces'] / seen['pictures']:.1%}), {len(seen['unreadable'])} unreadable; "
        f"{seen['labelled']} labelled, {seen[CONFLICT]} of them in conflict with their measured "
        f"pose; {seen['judged_with_neutral']} judged with their sitting's own neutral, the others "
        f"straight ahead; {seen['judged_focused']} judged focused"
    )
    if not seen["labelled"]:
        print("No label says who looks at the screen: figures that need labels are left out.")


def _print_groups(groups: dict[str, Any]) -> None:
    print(
        "\nVerdicts. No face counts as not focused; a true positive is looking and judged focused. "
        "In brackets: 95 % intervals by bootstrap over people, where there are at least 5."
    )
    for name, group in groups.items():
        print(
            f"\n{name}: {group['pictures']} pictures of {group['people']} people, "
            f"{group['faces']} faces, {group['labelled']} labelled, {group['looking']} looking"
        )
        rows = [
            [
                RULE_NAMES[rule],
                *(_with_interval(told[figure], 3) for figure in FIGURES),
                *(str(told["confusion"][outcome]) for outcome in CONFUSION),
            ]
            for rule, told in group["rules"].items()
        ]
        if rows:
            _print_table(["", *FIGURES.values(), "tp", "fp", "fn", "tn"], rows)


def _print_poses(poses: list[dict[str, Any]]) -> None:
    if not poses:
        return
    print("\nShare judged focused, per pose")
    rows = [
        [
            " ".join(filter(None, (pose["source"], pose["eyes"], pose["pose"]))),
            str(pose["pictures"]),
            str(pose["faces"]),
            _number(pose["looking_share"], 2),
            *(_with_interval(pose["focused_share"][rule], 2) for rule in RULES),
        ]
        for pose in poses
    ]
    _print_table(["", "pictures", "faces", "looking", *RULE_NAMES.values()], rows)


def _print_head_pose_error(told: dict[str, Any]) -> None:
    rows = [
        [
            f"{angle}, {name.replace('_', ' ')}",
            str(part["pictures"]),
            str(part["people"]),
            _with_interval(part[angle]["error"], 2),
            _with_interval(part[angle]["bias"], 2),
        ]
        for name, part in told.items()
        if part is not None
        for angle in ANGLES
    ]
    if not rows:
        print("\nNo row with a face has a true head pose to compare with.")
        return
    print("\nHead pose against the truth of the rows that have one, in degrees")
    _print_table(["", "pictures", "people", "mean absolute error", "bias"], rows)


def _print_reliability(rule: str, told: dict[str, Any] | None) -> None:
    if told is None:
        return
    print(
        f"\nattention_score of {told['pictures']} labelled faces, {rule}: expected calibration "
        f"error {told['expected_calibration_error']:.3f}"
    )
    rows = [
        [
            f"{row['low']:.1f} to {row['high']:.1f}",
            _number(row["mean_score"], 3),
            _number(row["share_true"], 3),
            str(row["samples"]),
        ]
        for row in told["bins"]
    ]
    _print_table(["score", "mean", "looking", "pictures"], rows)


def _print_worst(worst: list[dict[str, Any]]) -> None:
    if not worst:
        return
    print("\nWorst pictures: score furthest from the label; gaze and neutral are yaw, pitch")
    rows = [
        [
            row["file"],
            row["pose"] or MISSING,
            str(int(row["looking"])),
            _number(row["attention_score"], 3),
            row["gaze_direction"],
            _direction(row["gaze"]),
            _direction(row["neutral"]),
        ]
        for row in worst
    ]
    _print_table(["", "pose", "label", "score", "direction", "gaze", "neutral"], rows)


def _print_cost(cost: dict[str, float] | None) -> None:
    if cost is None:
        print("\nNo face was seen, so what a judgement costs was not measured.")
        return
    print(
        "\nJudgement from landmarks, medians: {single_ms:.3f} ms for a single frame; in batches of "
        "64 {batch_measurement_ms:.4f} ms per sample, {batch_ms:.4f} ms with verdict and score"
        "".format(**cost)
    )


def _with_interval(figure: dict[str, float | None], digits: int) -> str:
    value = _number(figure["value"], digits)
    if figure["low"] is None:
        return value
    return f"{value} [{_number(figure['low'], digits)}, {_number(figure['high'], digits)}]"


def _number(value: float | None, digits: int) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def _direction(angles: list[float] | None) -> str:
    return MISSING if angles is None else f"{angles[0]:+.0f}, {angles[1]:+.0f}"


def _print_table(head: list[str], rows: list[list[str]]) -> None:
    """Columns as wide as what stands in them, the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in [head, *rows]:
        first, *others = (
            cell.rjust(width) if n else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(["", first, *others]))
