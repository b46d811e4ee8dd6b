import numpy as np
import pytest
import simplejpeg

from eyelearn.vision.expressing import KEPT_SECONDS, Expressor
from eyelearn.vision.face_mesh import FaceModels
from eyelearn.vision.hands import Hand, HandModels
from eyelearn.vision.region import Region
from pictures import empty_frame, face_frame

STEP = 0.1


@pytest.fixture(scope="module")
def models():
    faces, hands = FaceModels(), HandModels()
    yield faces, hands
    faces.close()
    hands.close()


@pytest.fixture
def expressor(models):
    return Expressor(*models)


def fist():
    """Low in the picture: four fingers that go up to their middle joints and back down again."""
    points = np.zeros((21, 3), np.float32)
    points[0] = (0.8, 0.95, 0.0)
    points[1:5, 0], points[1:5, 1] = (0.78, 0.77, 0.78, 0.8), (0.92, 0.88, 0.86, 0.86)
    for finger in range(4):
        at = 5 + 4 * finger
        points[at : at + 4, 0] = 0.77 + 0.02 * finger
        points[at : at + 4, 1] = (0.82, 0.77, 0.81, 0.84)
    return Hand(points, is_left=True, presence=1.0)


class HandsThatAreThere:
    """In the place of `HandModels`: one hand, for as long as it is shown."""

    def __init__(self, hand):
        self.hand_shown = hand
        self.looks = 0

    def regions(self, rgb):
        self.looks += 1
        return [] if self.hand_shown is None else [Region(0.8, 0.87, 0.3, 0.0)]

    def hand(self, rgb, region):
        return self.hand_shown


def test_the_astronaut_smiles_at_the_camera(expressor):
    told = expressor.express(face_frame(), 0.0, look_for_hands=True)
    assert told.expression == "looking_center_smiling"
    assert told.face
    assert told.hands == []


def test_nobody_expresses_nothing_and_is_shown_all_the_same(expressor):
    told = expressor.express(empty_frame(), 0.0, look_for_hands=True)
    assert (told.expression, told.face, told.hands) == (None, False, [])
    shown = simplejpeg.decode_jpeg(told.overlay).astype(int)
    assert np.abs(shown - empty_frame()).mean() < 5


def test_what_was_seen_is_drawn_on_a_picture_of_the_same_size(expressor):
    told = expressor.express(face_frame(), 0.0, look_for_hands=True)
    shown = simplejpeg.decode_jpeg(told.overlay).astype(int)
    assert shown.shape == face_frame().shape
    assert np.abs(shown - face_frame()).max() > 100


def test_each_part_tells_its_time(expressor):
    told = expressor.express(face_frame(), 0.0, look_for_hands=True)
    assert set(told.milliseconds) == {"face", "hands", "overlay"}
    assert all(spent > 0 for spent in told.milliseconds.values())


def test_a_face_is_followed_and_not_detected_anew(models, expressor, monkeypatch):
    expressor.express(face_frame(), 0.0, look_for_hands=False)
    monkeypatch.setattr(models[0], "regions", lambda rgb: pytest.fail("looked around"))
    for n in range(1, 20):
        assert expressor.express(face_frame(n * STEP), n * STEP, look_for_hands=False).face


def test_a_gesture_is_told_before_the_face(models):
    expressor = Expressor(models[0], HandsThatAreThere(fist()))
    told = expressor.express(face_frame(), 0.0, look_for_hands=True)
    assert told.expression == "fist"
    assert told.face
    assert told.hands == [{"hand": "left", "gesture": "fist"}]


def test_a_gesture_without_a_face_is_told_as_well(models):
    expressor = Expressor(models[0], HandsThatAreThere(fist()))
    told = expressor.express(empty_frame(), 0.0, look_for_hands=True)
    assert (told.expression, told.face) == ("fist", False)


def test_hands_that_are_not_looked_for_stay_for_a_moment(models):
    hands = HandsThatAreThere(fist())
    expressor = Expressor(models[0], hands)
    times = [0.0, KEPT_SECONDS / 2, KEPT_SECONDS, KEPT_SECONDS + STEP]
    told = [expressor.express(face_frame(), now, look_for_hands=now == 0) for now in times]
    assert [each.expression == "fist" for each in told] == [True, True, True, False]
    assert told[-1].hands == []
    assert hands.looks == 1


def test_hands_that_went_are_gone_when_they_are_looked_for(models):
    hands = HandsThatAreThere(fist())
    expressor = Expressor(models[0], hands)
    assert expressor.express(face_frame(), 0.0, look_for_hands=True).expression == "fist"
    hands.hand_shown = None
    assert expressor.express(face_frame(), STEP, look_for_hands=True).hands == []


def test_what_is_told_of_hands_and_time_is_plain(models):
    told = Expressor(models[0], HandsThatAreThere(fist())).express(face_frame(), 0.0, True)
    assert all(type(value) is str for hand in told.hands for value in hand.values())
    assert all(type(value) is float for value in told.milliseconds.values())


def test_two_sessions_that_share_the_models_are_seen_as_if_alone(models):
    one, other = Expressor(*models), Expressor(*models)
    alone = Expressor(*models)
    for n in range(3):
        told = one.express(face_frame(n * STEP), n * STEP, look_for_hands=False)
        other.express(empty_frame(n * STEP), n * STEP, look_for_hands=False)
        expected = alone.express(face_frame(n * STEP), n * STEP, look_for_hands=False)
        assert told.overlay == expected.overlay


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (9, 9)])
def test_a_picture_of_any_size_is_answered(expressor, size):
    told = expressor.express(np.zeros((*size, 3), np.uint8), 0.0, look_for_hands=True)
    assert told.expression is None
    assert simplejpeg.decode_jpeg(told.overlay).shape == (*size, 3)
