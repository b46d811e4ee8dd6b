from pathlib import Path

import cv2
import numpy as np
import pytest

from eyelearn.vision.emotion_judge import EmotionJudge
from eyelearn.vision.emotion_model import load_emotion_model
from eyelearn.vision.emotions import EMOTIONS
from eyelearn.vision.face_mesh import FaceModels
from pictures import empty_frame, face_frame, turned_frame

FER2013 = Path(__file__).parents[3] / "shared/data/fer2013.npz"
# So many of the unseen pictures, of each class alike, and the share that must be right: chance is
# one in seven, and the whole set's figures stand in docs/model-card.md.
PICTURES_OF_A_CLASS = 20
LEAST_RIGHT = 0.5


@pytest.fixture(scope="module")
def judge():
    faces = FaceModels()
    yield EmotionJudge(faces, load_emotion_model(""))
    faces.close()


def likeliest(emotion):
    return EMOTIONS[int(np.argmax(emotion.probabilities))]


def test_a_smile_is_happy(judge):
    emotion = judge.judge(face_frame())
    assert emotion.face_found
    assert likeliest(emotion) == "happy"


def test_a_turned_head_smiles_as_well(judge):
    assert likeliest(judge.judge(turned_frame())) == "happy"


def test_colour_tells_nothing(judge):
    grey = np.repeat(cv2.cvtColor(face_frame(), cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
    in_colour, in_grey = judge.judge(face_frame()), judge.judge(grey)
    np.testing.assert_allclose(in_colour.probabilities, in_grey.probabilities, atol=0.1)


def test_without_a_face_the_whole_picture_is_judged(judge):
    emotion = judge.judge(empty_frame())
    assert not emotion.face_found
    assert sum(emotion.probabilities) == pytest.approx(1, abs=1e-5)


def test_what_was_judged_before_changes_nothing(judge):
    before = judge.judge(face_frame())
    judge.judge(empty_frame())
    assert judge.judge(face_frame()) == before


@pytest.mark.skipif(not FER2013.exists(), reason="needs ../shared/data/fer2013.npz")
def test_unseen_faces_are_mostly_judged_as_they_are_labelled(judge):
    with np.load(FER2013) as data:
        pictures, labels = data["x_val"], data["y_val"]
    right = []
    for label in range(len(EMOTIONS)):
        for at in np.flatnonzero(labels == label)[:PICTURES_OF_A_CLASS]:
            emotion = judge.judge(cv2.cvtColor(pictures[at], cv2.COLOR_GRAY2RGB))
            right.append(np.argmax(emotion.probabilities) == label)
    assert np.mean(right) > LEAST_RIGHT
