"""All figures about a folder's pictures, as plain values for JSON.

Our rule with and without a neutral and the classic rule are told beside each other, for groups of
pictures that are judged together and for each pose. Rows whose label disagrees with what was
measured are a group of their own, and in no other figure but the head pose error told for them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .picture_metrics import (
    Estimate,
    Flags,
    Floats,
    Names,
    angle_errors,
    classification_estimates,
    expected_calibration_error,
    mean_estimate,
    outcomes,
    reliability,
    share_estimate,
)
from .picture_verdicts import JudgedPicture

Pictures = list[JudgedPicture]

WITH_NEUTRAL, STRAIGHT_AHEAD, CLASSIC = "with_neutral", "straight_ahead", "classic"
RULES = (WITH_NEUTRAL, STRAIGHT_AHEAD, CLASSIC)
SCORED_RULES = (WITH_NEUTRAL, STRAIGHT_AHEAD)

ALL, CONFLICT, SUNGLASSES, NO_SOURCE = "all", "label_conflict", "sunglasses", "no source"
# What published figures are about, see the data's README.
OPEN_EYED = "rap + cmu with open eyes"
OPEN_EYED_SOURCES = ("rap", "cmu")

ANGLES = ("yaw", "pitch", "roll")
CONFUSION = ("true_positive", "false_positive", "false_negative", "true_negative")


def picture_figures(pictures: Pictures, worst: int) -> dict[str, Any]:
    """worst: how many of the worst pictures are named."""
    sound = [picture for picture in pictures if not picture.label.conflict]
    conflicting = [picture for picture in pictures if picture.label.conflict]
    labelled = _labelled(sound)
    return {
        "seen": seen(pictures),
        "groups": {name: group_figures(part) for name, part in groups(sound, conflicting).items()},
        "poses": [pose_figures(*key, part) for key, part in poses(sound).items()],
        "head_pose_error": {
            "without_conflict": head_pose_error(sound),
            CONFLICT: head_pose_error(conflicting),
        },
        "reliability": {rule: reliability_figures(labelled, rule) for rule in SCORED_RULES},
        "worst": worst_pictures(labelled, worst),
    }


def seen(pictures: Pictures) -> dict[str, Any]:
    """How many pictures there are, and what became of them."""
    return {
        "pictures": len(pictures),
        "people": len(set(_people(pictures))),
        "faces": sum(map(_has_face, pictures)),
        "unreadable": [
            {"file": picture.label.file, "problem": picture.sight.problem}
            for picture in pictures
            if picture.sight.problem is not None
        ],
        "labelled": len(_labelled(pictures)),
        CONFLICT: sum(picture.label.conflict for picture in pictures),
        "judged_focused": int(_focused(pictures, WITH_NEUTRAL).sum()),
        "judged_with_neutral": sum(picture.neutral is not None for picture in pictures),
    }


def groups(sound: Pictures, conflicting: Pictures) -> dict[str, Pictures]:
    """Pictures that are judged together, by name; each source is a group, and none is empty."""
    sunglasses = [picture for picture in sound if picture.label.eyes == SUNGLASSES]
    open_eyed = [
        picture
        for picture in sound
        if picture.label.source in OPEN_EYED_SOURCES and picture.label.eyes != SUNGLASSES
    ]
    by_source: dict[str, Pictures] = {}
    for picture in sound:
        by_source.setdefault(picture.label.source or NO_SOURCE, []).append(picture)
    named = {ALL: sound, OPEN_EYED: open_eyed, SUNGLASSES: sunglasses}
    if set(by_source) == {NO_SOURCE}:
        by_source = {}
    return {
        name: part for name, part in {**named, **by_source, CONFLICT: conflicting}.items() if part
    }


def group_figures(pictures: Pictures) -> dict[str, Any]:
    labelled = _labelled(pictures)
    return {
        "pictures": len(pictures),
        "people": len(set(_people(pictures))),
        "faces": sum(map(_has_face, pictures)),
        "labelled": len(labelled),
        "looking": int(_truth(labelled).sum()),
        "rules": {rule: rule_figures(labelled, rule) for rule in RULES} if labelled else {},
    }


def rule_figures(labelled: Pictures, rule: str) -> dict[str, Any]:
    """One rule's figures, and its confusion as counts."""
    truth, predicted = _truth(labelled), _focused(labelled, rule)
    figures = classification_estimates(truth, predicted, _people(labelled))
    counts = outcomes(truth, predicted).sum(axis=0).astype(int).tolist()
    return {
        **{name: plain(figure) for name, figure in figures.items()},
        "confusion": dict(zip(CONFUSION, counts, strict=True)),
    }


def poses(sound: Pictures) -> dict[tuple[str, str, str], Pictures]:
    """By source, eyes and pose label, in the order of these; without those of no pose label."""
    found: dict[tuple[str, str, str], Pictures] = {}
    for picture in sound:
        label = picture.label
        if label.pose:
            found.setdefault((label.source, label.eyes, label.pose), []).append(picture)
    return dict(sorted(found.items()))


def pose_figures(source: str, eyes: str, pose: str, pictures: Pictures) -> dict[str, Any]:
    """The share of these pictures that each rule judges focused."""
    people, labelled = _people(pictures), _labelled(pictures)
    return {
        "source": source,
        "eyes": eyes,
        "pose": pose,
        "pictures": len(pictures),
        "faces": sum(map(_has_face, pictures)),
        "looking_share": float(_truth(labelled).mean()) if labelled else None,
        "focused_share": {
            rule: plain(share_estimate(_focused(pictures, rule), people)) for rule in RULES
        },
    }


def head_pose_error(pictures: Pictures) -> dict[str, Any] | None:
    """Measured minus true, in degrees, where there is a face and a truth; None where there isn't.

    error: mean of what it is without its sign; bias: mean with it.
    """
    known = [
        (picture, face)
        for picture in pictures
        if (face := picture.sight.observation.face) is not None
        and not any(math.isnan(getattr(picture.label, angle)) for angle in ANGLES)
    ]
    if not known:
        return None
    people = _people([picture for picture, _ in known])
    result: dict[str, Any] = {"pictures": len(known), "people": len(set(people))}
    for angle in ANGLES:
        measured, truth = (
            np.array([getattr(values, angle) for values in column])
            for column in ([face for _, face in known], [picture.label for picture, _ in known])
        )
        errors = angle_errors(measured, truth)
        result[angle] = {
            "error": plain(mean_estimate(np.abs(errors), people)),
            "bias": plain(mean_estimate(errors, people)),
        }
    return result


def reliability_figures(labelled: Pictures, rule: str) -> dict[str, Any] | None:
    """Of pictures with a face, since a score of 0 without one says nothing about the scale."""
    faces = [picture for picture in labelled if _has_face(picture)]
    if not faces:
        return None
    table = reliability(_scores(faces, rule), _truth(faces))
    return {
        "pictures": len(faces),
        "expected_calibration_error": expected_calibration_error(table),
        "bins": [{name: _number(value) for name, value in row._asdict().items()} for row in table],
    }


def worst_pictures(labelled: Pictures, count: int) -> list[dict[str, Any]]:
    """Those whose score is furthest from their label, the furthest first."""
    distance = np.abs(_scores(labelled, WITH_NEUTRAL) - _truth(labelled))
    furthest = np.argsort(-distance, kind="stable")[:count]
    return [_worst_row(labelled[n]) for n in furthest]


def _worst_row(picture: JudgedPicture) -> dict[str, Any]:
    judged, face = picture.with_neutral, picture.sight.observation.face
    return {
        "file": picture.label.file,
        "pose": picture.label.pose,
        "looking": picture.label.looking,
        "attention_score": judged.score,
        "gaze_direction": judged.verdict.gaze_direction,
        "gaze": None if face is None else [face.gaze_yaw, face.gaze_pitch],
        "neutral": None if picture.neutral is None else list(picture.neutral),
    }


def plain(figure: Estimate) -> dict[str, float | None]:
    """For JSON, which knows no NaN."""
    return {name: _number(value) for name, value in figure._asdict().items()}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _labelled(pictures: Pictures) -> Pictures:
    return [picture for picture in pictures if picture.label.looking is not None]


def _has_face(picture: JudgedPicture) -> bool:
    return picture.sight.observation.face is not None


def _people(pictures: Pictures) -> Names:
    return np.array([picture.label.subject for picture in pictures], dtype=np.str_)


def _truth(labelled: Pictures) -> Flags:
    return np.array([picture.label.looking for picture in labelled], dtype=np.bool_)


def _focused(pictures: Pictures, rule: str) -> Flags:
    verdicts = [
        picture.classic if rule == CLASSIC else getattr(picture, rule).verdict.is_focused
        for picture in pictures
    ]
    return np.array(verdicts, dtype=np.bool_)


def _scores(pictures: Pictures, rule: str) -> Floats:
    return np.array([getattr(picture, rule).score for picture in pictures], dtype=np.float64)
