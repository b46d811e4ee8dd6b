import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[2] / "training"))

from confusion_picture import confusion_picture
from evaluate import confusion, scores
from prepare import align_all, usable

from eyelearn.vision.emotions import EMOTIONS
from pictures import face_frame


def pictures(*shades):
    return np.array([np.full((48, 48), shade) for shade in shades], np.uint8)


def test_only_one_of_identical_pictures_is_kept():
    assert usable(pictures(1, 2, 1, 1), [0, 3, 0, 0], pictures(9)).tolist() == [0, 1]


def test_pictures_whose_labels_contradict_each_other_are_dropped():
    assert usable(pictures(1, 2, 1), [0, 3, 5], pictures(9)).tolist() == [1]


def test_nothing_that_is_tested_with_is_trained_with():
    assert usable(pictures(1, 2, 3), [0, 1, 2], pictures(2, 2)).tolist() == [0, 2]


def test_what_has_no_face_is_kept_whole_and_counted():
    face = np.ascontiguousarray(face_frame()[80:400, 160:480, 1][::6, ::6][:48, :48])
    aligned, found = align_all(np.stack([face, pictures(7)[0]]))
    assert found.tolist() == [True, False]
    assert aligned.shape == (2, 96, 96)
    assert (aligned[1] == 7).all()


def test_scores_are_those_of_the_definitions():
    matrix = confusion(np.array([0, 0, 0, 1], np.uint8), np.array([0, 0, 1, 1]))
    precision, recall, f1 = scores(matrix)[0]
    assert (precision, recall, f1) == (1, 2 / 3, 0.8)
    assert scores(matrix)[6].tolist() == [0, 0, 0]


def test_the_picture_of_the_confusion_shows_each_share():
    matrix = np.eye(7, dtype=np.intp) * 3
    matrix[0, 1] = 1
    svg = confusion_picture(matrix, EMOTIONS)
    assert svg.count(">1.00<") == 6
    assert svg.count(">0.75<") == svg.count(">0.25<") == 1
    assert all(svg.count(f">{name}<") == 2 for name in EMOTIONS)
