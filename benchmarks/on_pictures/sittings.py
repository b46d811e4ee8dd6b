"""The neutral of each sitting, learned from its own pictures as the service would; no label helps.

One person's pictures are taken for one sitting in front of one camera.
"""

from __future__ import annotations

from eyelearn.tracking.neutral import STRAIGHT_AHEAD, Neutral
from eyelearn.tracking.session import LearnerIds, SessionRules, WebSocketEyeTrackingSession
from eyelearn.tracking.visibility import MIN_CERTAINTY, certainty
from eyelearn.vision.observation import Face

# With fewer pictures of a face there is too little to learn from.
MIN_SITTING_PICTURES = 4
# How long a picture is looked at, and how often all of them are shown in their order. A picture
# stands for a stretch of a lesson; shown again and again they are a lesson of some minutes.
SECONDS_PER_PICTURE = 2.0
ROUNDS = 3


def neutral_of_sitting(faces: list[Face], rules: SessionRules) -> Neutral | None:
    """What the service would take for this learner's neutral; None with too few faces."""
    if len(faces) < MIN_SITTING_PICTURES:
        return None
    # A new session knows where its estimate begins and how far it may go.
    session = WebSocketEyeTrackingSession("sitting", LearnerIds(1, 1, None), rules, 0.0, 0.0)
    for face in faces * ROUNDS:
        if _teaches(face, rules):
            session.neutral.observe(face, SECONDS_PER_PICTURE)
    return session.neutral.value


def _teaches(face: Face, rules: SessionRules) -> bool:
    """As in a session: eyes that are closed, or a face that is hardly seen, look nowhere."""
    eyes_open = max(face.openness) >= rules.limits.eye_closed_openness
    return eyes_open and certainty(face) >= MIN_CERTAINTY


def neutrals_of_pictures(
    subjects: list[str], faces: list[Face | None], rules: SessionRules
) -> list[Neutral | None]:
    """For each picture the neutral of its subject's sitting; None where they have none."""
    sittings: dict[str, list[Face]] = {}
    for subject, face in zip(subjects, faces, strict=True):
        if face is not None:
            sittings.setdefault(subject, []).append(face)
    neutrals = {
        subject: neutral_of_sitting(sitting, rules) for subject, sitting in sittings.items()
    }
    return [neutrals.get(subject) for subject in subjects]


def or_straight_ahead(neutral: Neutral | None) -> Neutral:
    return STRAIGHT_AHEAD if neutral is None else neutral
