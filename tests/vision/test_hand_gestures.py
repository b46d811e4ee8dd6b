import itertools

import numpy as np
import pytest

from eyelearn.vision.hand_gestures import (
    HAND_PRIORITY,
    Head,
    hands_expression,
    measure,
    one_hand,
)
from posed_hand import ACROSS, ALONGSIDE, FOLDED, HALF, OFF, SIDEWAYS, Turn, posed, shaped

WIDTH, HEIGHT = 640, 480
THUMB_UP, THUMB_DOWN = -80, 100
# Shape and turn of each gesture as somebody shows it to a camera.
GESTURES = {
    "thumbs_up": (shaped(thumb=SIDEWAYS), Turn(THUMB_UP)),
    "thumbs_down": (shaped(thumb=SIDEWAYS), Turn(THUMB_DOWN)),
    "open_hand": (shaped("imrp", OFF), Turn()),
    "fist": (shaped(), Turn()),
    "pointing": (shaped("i"), Turn(80)),
    "one_finger_raised": (shaped("i"), Turn(-10)),
    "one_finger_middle": (shaped("m"), Turn()),
    "one_finger_ring": (shaped("r"), Turn()),
    "one_finger_pinky": (shaped("p"), Turn()),
}
OTHER_FORMS = {
    "open_hand with its thumb alongside": ("open_hand", shaped("imrp", ALONGSIDE), Turn()),
    "open_hand on its side": ("open_hand", shaped("imrp", OFF), Turn(90)),
    "open_hand's back": ("open_hand", shaped("imrp", OFF), Turn(yaw=180)),
    "fist with its thumb alongside": ("fist", shaped(thumb=ALONGSIDE), Turn()),
    "fist's back": ("fist", shaped(), Turn(yaw=180)),
    "fist towards the camera": ("fist", shaped(), Turn(pitch=75)),
    "fist on its side": ("fist", shaped(), Turn(90)),
    "pointing to the other side": ("pointing", shaped("i"), Turn(-100)),
    "pointing down": ("pointing", shaped("i"), Turn(180)),
    "pointing towards the camera": ("pointing", shaped("i"), Turn(pitch=85)),
    "pointing with the thumb off": ("pointing", shaped("i", OFF), Turn(-90)),
    "raised index with the thumb off": ("one_finger_raised", shaped("i", OFF), Turn(-14)),
    "raised index from behind": ("one_finger_raised", shaped("i"), Turn(yaw=180)),
}
NEAR_MISSES = {
    "a thumb to the side": (shaped(thumb=SIDEWAYS), Turn(10)),
    "a thumb up and fingers half open": (shaped(thumb=SIDEWAYS, other=HALF), Turn(THUMB_UP)),
    "a thumb towards the camera": (shaped(thumb=SIDEWAYS), Turn(THUMB_UP, 85)),
    "a hand at rest": (shaped(thumb=OFF, other=HALF), Turn()),
    "fingers bent at their knuckles": (shaped(thumb=OFF, other=(68, 5, 5)), Turn(yaw=60)),
    "four fingers": (shaped("imrp", ACROSS), Turn()),
    "three fingers": (shaped("imr"), Turn()),
    "a victory sign": (shaped("im"), Turn()),
    "index and little finger": (shaped("ip"), Turn()),
    "thumb and little finger": (shaped("p", OFF), Turn()),
    "an index between upright and aside": (shaped("i"), Turn(24)),
    "an index among half folded fingers": (shaped("i", other=HALF), Turn(-10)),
}
# The chin at 0.7, the crown at 0.3 of the picture's height.
HEAD = Head(0.4, 0.3, 0.6, 0.7)
HEAD_HEIGHT = (HEAD.bottom - HEAD.top) * HEIGHT
# Hand to head as people have them: 193 to 232 mm.
LENGTH = 193 / 232 * HEAD_HEIGHT


def named(cases):
    return pytest.mark.parametrize("case", cases.values(), ids=cases)


def show(gesture, **how):
    shape, turn = GESTURES[gesture]
    return posed(shape, turn, **{"length": LENGTH, **how})


def told(*hands, head=HEAD):
    return hands_expression(hands, head, WIDTH, HEIGHT)


@pytest.mark.parametrize("gesture", GESTURES)
@pytest.mark.parametrize("left", [False, True])
def test_each_gesture_is_named_by_either_hand(gesture, left):
    shape, turn = GESTURES[gesture]
    assert one_hand(posed(shape, turn, left=left), WIDTH, HEIGHT) == gesture


@named(OTHER_FORMS)
@pytest.mark.parametrize("left", [False, True])
def test_a_gesture_has_more_than_one_form(case, left):
    gesture, shape, turn = case
    assert one_hand(posed(shape, turn, left=left), WIDTH, HEIGHT) == gesture


@pytest.mark.parametrize("gesture", GESTURES)
def test_a_gesture_bears_jitter(gesture):
    shape, turn = GESTURES[gesture]
    for seed in range(100):
        hand = posed(shape, turn, left=seed % 2 == 0, jitter=0.01, seed=seed)
        assert one_hand(hand, WIDTH, HEIGHT) == gesture, seed


@pytest.mark.parametrize("gesture", GESTURES)
def test_a_gesture_is_the_same_near_and_far_in_pictures_of_any_form(gesture):
    shape, turn = GESTURES[gesture]
    for length, size in itertools.product((30, 180, 900), ((640, 480), (480, 640), (1920, 1080))):
        hand = posed(shape, turn, length=length, size=size, at=(0.2, 0.8))
        assert one_hand(hand, *size) == gesture, (length, size)


@pytest.mark.parametrize("gesture", GESTURES)
def test_a_gesture_bears_a_moderate_turn(gesture):
    shape, turn = GESTURES[gesture]
    for roll, yaw, pitch in itertools.product((-12, 0, 12), (-25, 0, 25), (-25, 0, 25)):
        hand = posed(shape, Turn(turn.roll + roll, turn.yaw + yaw, turn.pitch + pitch))
        assert one_hand(hand, WIDTH, HEIGHT) == gesture, (roll, yaw, pitch)


@pytest.mark.parametrize("gesture", GESTURES)
@pytest.mark.parametrize("depth", [0.7, 1.3, 1.7])
def test_a_gesture_is_the_same_however_much_of_its_depth_the_model_tells(gesture, depth):
    shape, turn = GESTURES[gesture]
    assert one_hand(posed(shape, turn, depth=depth), WIDTH, HEIGHT) == gesture


@named(NEAR_MISSES)
@pytest.mark.parametrize("left", [False, True])
def test_what_is_nearly_a_gesture_is_none(case, left):
    assert one_hand(posed(*case, left=left), WIDTH, HEIGHT) is None


@pytest.mark.parametrize(("finger", "letter"), list(enumerate("imrp")))
def test_a_fingers_bend_is_measured_by_itself(finger, letter):
    hand = posed(shaped(letter), Turn(33, 20, -10), length=250, size=(800, 300))
    bends = measure(hand, 800, 300).bends
    assert bends[finger] < 15
    assert min(np.delete(bends, finger)) > 110


def test_a_fist_that_opens_passes_through_no_other_gesture():
    names = []
    for step in np.linspace(0, 1, 50):
        shape = shaped(thumb=ALONGSIDE, other=tuple((1 - step) * np.array(FOLDED)))
        names.append(one_hand(posed(shape), WIDTH, HEIGHT))
    assert [name for name, _ in itertools.groupby(names)] == ["fist", None, "open_hand"]


def test_an_index_that_sinks_is_raised_and_then_points():
    names = [one_hand(posed(shaped("i"), Turn(roll)), WIDTH, HEIGHT) for roll in range(-14, 90)]
    order = [name for name, _ in itertools.groupby(names)]
    assert order == ["one_finger_raised", None, "pointing"]


@pytest.mark.parametrize("gesture", GESTURES)
def test_a_hand_beside_the_head_is_told_by_its_gesture(gesture):
    assert told(show(gesture, at=(0.15, 0.6))) == gesture


@pytest.mark.parametrize("gesture", ["open_hand", "fist", "one_finger_raised", "pointing"])
def test_a_hand_above_the_head_is_raised_whatever_shape_it_has(gesture):
    assert told(show(gesture, at=(0.2, 0.1))) == "one_hand_raised"


def test_a_hand_above_the_head_need_form_no_gesture():
    shape, turn = NEAR_MISSES["a hand at rest"]
    assert told(posed(shape, turn, length=LENGTH, at=(0.2, 0.1))) == "one_hand_raised"


def test_a_thumb_up_above_the_head_is_a_thumb_up():
    assert told(show("thumbs_up", at=(0.2, 0.1))) == "thumbs_up"


def test_a_hand_whose_fingertips_only_are_above_the_crown_is_not_raised():
    assert told(show("open_hand", at=(0.15, 0.42))) == "open_hand"


@pytest.mark.parametrize("at", [(0.38, 0.55), (0.5, 0.35), (0.57, 0.6)])
@pytest.mark.parametrize("gesture", ["fist", "open_hand", "one_finger_raised"])
def test_a_hand_at_the_head_touches_it_whatever_shape_it_has(gesture, at):
    assert told(show(gesture, at=at)) == "hand_touching_head"


@pytest.mark.parametrize("gesture", ["thumbs_up", "open_hand", "fist"])
def test_a_hand_that_is_held_up_before_the_face_does_not_touch_it(gesture):
    near = LENGTH * 1.7
    assert told(show(gesture, at=(0.45, 0.6), length=near)) == gesture


def test_a_hand_on_its_own_is_neither_raised_nor_at_a_head():
    assert told(show("open_hand", at=(0.2, 0.1)), head=None) == "open_hand"
    assert told(show("fist", at=(0.5, 0.5)), head=None) == "fist"


@pytest.mark.parametrize(
    ("gesture", "y", "expression"),
    [
        ("thumbs_up", 0.7, "both_hands_thumbs_up"),
        ("fist", 0.7, "both_hands_fists"),
        ("open_hand", 0.1, "both_hands_raised"),
        ("fist", 0.1, "both_hands_raised"),
        ("thumbs_up", 0.1, "both_hands_thumbs_up"),
        ("open_hand", 0.7, "open_hand"),
        ("thumbs_down", 0.7, "thumbs_down"),
    ],
)
def test_two_hands_that_do_the_same_come_before_one(gesture, y, expression):
    right = show(gesture, at=(0.15, y))
    left = show(gesture, at=(0.85, y), left=True)
    assert told(right, left) == told(left, right) == expression


def test_fists_at_the_head_rest_there():
    hands = [show("fist", at=(x, 0.6), left=x > 0.5) for x in (0.42, 0.58)]
    assert told(*hands) == "hand_touching_head"


@pytest.mark.parametrize(
    ("one", "other", "expression"),
    [
        ("thumbs_up", "fist", "thumbs_up"),
        ("thumbs_down", "open_hand", "thumbs_down"),
        ("one_finger_raised", "open_hand", "one_finger_raised"),
        ("pointing", "fist", "pointing"),
        ("fist", "open_hand", "fist"),
    ],
)
def test_of_two_hands_the_gesture_that_is_more_on_purpose_is_told(one, other, expression):
    hands = show(one, at=(0.15, 0.7)), show(other, at=(0.85, 0.7), left=True)
    assert told(*hands) == told(*hands[::-1]) == expression


def test_a_raised_hand_is_told_beside_one_that_rests():
    hands = show("open_hand", at=(0.15, 0.1)), show("fist", at=(0.85, 0.8), left=True)
    assert told(*hands) == "one_hand_raised"


def test_no_hands_express_nothing():
    assert told() is None


def test_what_both_hands_do_comes_before_what_one_does():
    both = [name.startswith("both_hands_") for name in HAND_PRIORITY]
    assert both == sorted(both, reverse=True)
    assert len(set(HAND_PRIORITY)) == len(HAND_PRIORITY)
