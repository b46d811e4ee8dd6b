from __future__ import annotations

import pytest

from eyelearn.tracking.visibility import certainty, hint
from tracking.faces import face


def test_a_face_that_is_well_seen_is_certain_and_gets_no_hint() -> None:
    assert certainty(face()) == 1.0
    assert hint(face()) is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"brightness": 25.0}, "more_light"),
        ({"size": 0.08}, "come_closer"),
        ({"visible": 0.7}, "center_your_face"),
    ],
)
def test_what_makes_it_uncertain_is_what_is_told(changes: dict[str, float], told: str) -> None:
    assert 0.0 < certainty(face(**changes)) < 1.0
    assert hint(face(**changes)) == told


def test_the_worst_comes_first() -> None:
    assert hint(face(brightness=38.0, size=0.04)) == "come_closer"


def test_landmarks_without_a_picture_have_light_enough() -> None:
    assert certainty(face(brightness=None)) == 1.0


def test_without_a_face_there_is_nothing_to_go_by() -> None:
    assert hint(None) is None


@pytest.mark.parametrize("changes", [{"brightness": 0.0}, {"size": 0.0}, {"visible": 0.0}])
def test_what_cannot_be_seen_at_all_has_no_certainty(changes: dict[str, float]) -> None:
    assert certainty(face(**changes)) == 0.0
