"""The seven emotions that are told apart, and what a picture says of them.

Needs no library, so that the event loop's process can use it; `emotion_judge` does the work.
"""

from __future__ import annotations

from typing import NamedTuple

# The labels of FER2013, which are Ekman's six basic emotions ("An argument for basic emotions",
# 1992) and neutral; in the order of their ids, 1 to 7.
DESCRIPTIONS = {
    "angry": "Brows drawn together and down, lips pressed or bared.",
    "disgust": "Nose wrinkled, upper lip raised.",
    "fear": "Brows raised and drawn together, eyes wide, mouth open or drawn back.",
    "happy": "Corners of the mouth and cheeks raised.",
    "neutral": "None of the others shows.",
    "sad": "Inner brows raised, corners of the mouth lowered.",
    "surprise": "Brows raised, eyes wide, jaw dropped.",
}
EMOTIONS = tuple(DESCRIPTIONS)


class Emotion(NamedTuple):
    """probabilities: of each of EMOTIONS, together 1. face_found: whether a face was judged, or the
    whole picture for want of one."""

    probabilities: list[float]
    face_found: bool
