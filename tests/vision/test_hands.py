import math

import mediapipe
import numpy as np
import pytest
from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmark, NormalizedLandmarkList
from mediapipe.python import packet_creator, packet_getter

from eyelearn.vision.graph import Graph, picture_packet
from eyelearn.vision.hand_gestures import one_hand
from eyelearn.vision.hand_model import around
from eyelearn.vision.hands import FOLLOWED_SECONDS, Hand, HandFollower, HandModels
from eyelearn.vision.palm_detector import PalmDetector
from eyelearn.vision.region import Region
from hand_pictures import DRAWINGS, HEIGHT, SKINS, WIDTH, hand_picture, hands_picture
from pictures import empty_frame, face_frame
from posed_hand import Turn, posed, shaped
from vision.normalized_rect import rectangle

# What a picture may be sampled differently, in pixels: the graph of mediapipe.solutions warps it
# with another build of OpenCV. Hands that are followed come further apart: where a hand is looked
# for next depends on where it was found, and even in a picture that stands still MediaPipe's own
# wander by some pixels.
AGREEMENT_PIXELS = 0.3
# MediaPipe's models are full or lite. It takes palms and landmarks of one kind.
LITE = 0
# Pictures a second, of which no interval between looks is a multiple but for rounding.
FPS = 8
LANDMARKS = """
input_stream: "picture" input_stream: "region" input_side_packet: "complexity"
output_stream: "landmarks" output_stream: "handedness"
node {
  calculator: "HandLandmarkCpu"
  input_stream: "IMAGE:picture" input_stream: "ROI:region"
  input_side_packet: "MODEL_COMPLEXITY:complexity"
  output_stream: "LANDMARKS:landmarks" output_stream: "HANDEDNESS:handedness"
}
"""
NEXT_REGION = """
input_stream: "picture" input_stream: "landmarks" output_stream: "region"
node {
  calculator: "ImagePropertiesCalculator"
  input_stream: "IMAGE:picture" output_stream: "SIZE:size"
}
node {
  calculator: "HandLandmarkLandmarksToRoi"
  input_stream: "LANDMARKS:landmarks" input_stream: "IMAGE_SIZE:size" output_stream: "ROI:region"
}
"""
TWO = tuple(
    ("one_finger_raised from behind", (x, 0.5), mirrored)
    for x, mirrored in ((0.25, False), (0.75, True))
)


class CountingModels(HandModels):
    """Counts how often palms are looked for."""

    looks = 0

    def regions(self, rgb):
        self.looks += 1
        return super().regions(rgb)


@pytest.fixture(scope="module")
def models():
    made = CountingModels()
    yield made
    made.close()


@pytest.fixture
def follower(models):
    models.looks = 0
    return HandFollower(models)


def clip(gesture, pictures=5):
    return [hand_picture(gesture, n / FPS) for n in range(pictures)]


def followed(follower, frames):
    """The hands of each frame."""
    return [follower.find(frame, n / FPS) for n, frame in enumerate(frames)]


def points_of(landmarks):
    return np.array([(point.x, point.y, point.z) for point in landmarks.landmark], np.float32)


def pixels_apart(one, other):
    return np.abs(one - other).max(axis=0) * (WIDTH, HEIGHT, WIDTH)


def solved(solution, frame):
    """The hand in it as mediapipe.solutions.hands has it."""
    found = solution.process(frame)
    side = found.multi_handedness[0].classification[0]
    # It takes each picture for a mirrored one.
    return Hand(points_of(found.multi_hand_landmarks[0]), side.label == "Right", side.score)


@pytest.mark.parametrize("skin", SKINS)
@pytest.mark.parametrize("gesture", DRAWINGS)
def test_a_hand_is_found_and_its_gesture_named(follower, gesture, skin):
    frames = [hand_picture(gesture, n / 10, skin=skin) for n in range(3)]
    (hand,) = followed(follower, frames)[-1]
    assert hand.points.shape == (21, 3)
    assert hand.points.dtype == np.float32
    assert 0.5 < hand.presence <= 1
    assert one_hand(hand, WIDTH, HEIGHT) in gesture


def test_a_hand_that_is_found_is_where_mediapipes_own_hands_have_it(models):
    lite = PalmDetector(LITE)
    alone = {"static_image_mode": True, "max_num_hands": 1, "model_complexity": LITE}
    with mediapipe.solutions.hands.Hands(**alone) as solution:
        for gesture in DRAWINGS:
            picture = hand_picture(gesture)
            hand = models.hand(picture, lite.regions(picture)[0])
            own = solved(solution, picture)
            assert pixels_apart(hand.points, own.points).max() < AGREEMENT_PIXELS
            assert hand.is_left == own.is_left
            assert one_hand(own, WIDTH, HEIGHT) == one_hand(hand, WIDTH, HEIGHT)
    lite.close()


def test_landmarks_are_mediapipes_wherever_a_hand_is_looked_for(models):
    own = Graph(
        LANDMARKS, ("landmarks", "handedness"), {"complexity": packet_creator.create_int(LITE)}
    )
    chance = np.random.default_rng(7)
    found = 0
    for n in range(24):
        picture = hand_picture(list(DRAWINGS)[n % len(DRAWINGS)], n / 7)
        region = oddly_placed(models.regions(picture)[0], chance)
        theirs = own.run(picture=picture_packet(picture), region=rectangle(region, picture.shape))
        ours = models.hand(picture, region)
        assert (ours is None) == ("landmarks" not in theirs)
        if ours is not None:
            points = points_of(packet_getter.get_proto(theirs["landmarks"]))
            assert pixels_apart(ours.points, points).max() < AGREEMENT_PIXELS
            label = packet_getter.get_proto(theirs["handedness"]).classification[0].label
            assert ours.is_left == (label == "Right")
            found += 1
    own.close()
    assert found > 10


def oddly_placed(region, chance):
    x, y, turn = chance.normal(0, (0.04, 0.04, 0.3))
    side = region.side * chance.uniform(0.7, 1.5)
    return Region(region.x + x, region.y + y, side, region.rotation + turn)


def test_the_next_picture_is_looked_in_where_mediapipe_looks():
    graph = Graph(NEXT_REGION, ("region",))
    for roll in range(-180, 180, 25):
        points = posed(shaped("im"), Turn(roll, 20, -15), jitter=0.02, seed=roll + 180).points
        landmarks = NormalizedLandmarkList(
            landmark=[NormalizedLandmark(x=x, y=y, z=z) for x, y, z in points.tolist()]
        )
        found = graph.run(
            picture=picture_packet(empty_frame()), landmarks=packet_creator.create_proto(landmarks)
        )
        own = packet_getter.get_proto(found["region"])
        region = around(points, (HEIGHT, WIDTH))
        assert region[:3] == pytest.approx((own.x_center, own.y_center, own.width), abs=1e-5)
        assert math.remainder(region.rotation - own.rotation, math.tau) == pytest.approx(
            0, abs=1e-5
        )
    graph.close()


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("gesture", ["fist", "one_finger_raised", "one_finger_raised from behind"])
def test_a_hand_is_the_learners_own_left_or_right_one(follower, gesture, mirrored):
    """Where palm and thumb are tells which they are in the drawings: right hands."""
    (hand,) = follower.find(hand_picture(gesture, mirrored=mirrored), 0)
    assert hand.is_left == mirrored


def test_two_hands_are_found_and_followed_without_another_look(models, follower):
    frames = [hands_picture(*TWO, t=n / FPS) for n in range(10)]
    found = followed(follower, frames)
    assert [len(hands) for hands in found] == [2] * 10
    assert sorted(hand.is_left for hand in found[-1]) == [False, True]
    assert models.looks == 1


def test_without_hands_palms_are_looked_for_once_per_interval(models):
    models.looks = 0
    follower = HandFollower(models, look_interval=2 / FPS)
    assert followed(follower, [empty_frame()] * 12) == [[]] * 12
    assert models.looks == 6


def test_a_second_hand_is_looked_for_half_as_often(models):
    models.looks = 0
    followed(HandFollower(models, look_interval=2 / FPS), [hand_picture("fist")] * 12)
    assert models.looks == 3


def test_a_second_hand_is_found_beside_the_first(models):
    follower = HandFollower(models, look_interval=1 / FPS)
    alone, both = hands_picture(TWO[0]), hands_picture(*TWO)
    found = followed(follower, [alone, both, both])
    assert [len(hands) for hands in found] == [1, 1, 2]
    assert abs(found[0][0].points - found[2][0].points).max() < 0.05


def test_the_same_hand_is_not_found_twice(models):
    follower = HandFollower(models, look_interval=0.0)
    assert all(len(hands) == 1 for hands in followed(follower, clip("fist", 10)))


def test_a_hand_that_left_is_not_followed_any_more(follower):
    present = hand_picture("fist")
    assert follower.find(present, 0.0)
    assert follower.find(empty_frame(), 0.1) == []
    assert follower.find(present, 0.2) == []
    assert follower.find(present, 0.4)


def test_where_hands_were_is_forgotten_after_a_while_without_pictures(models):
    follower = HandFollower(models, look_interval=math.inf)
    picture = hand_picture("fist")
    assert follower.find(picture, 0.0)
    assert follower.find(picture, FOLLOWED_SECONDS)
    assert follower.find(picture, 2 * FOLLOWED_SECONDS + 0.1) == []


def test_two_learners_who_share_the_models_are_seen_as_if_alone(models):
    clips = clip("fist"), clip("pointing")
    alone = [followed(HandFollower(models), frames) for frames in clips]
    followers = HandFollower(models), HandFollower(models)
    for n in range(5):
        for learner, frames in enumerate(clips):
            (hand,) = followers[learner].find(frames[n], n / 10)
            assert np.array_equal(hand.points, alone[learner][n][0].points)


def test_a_face_is_no_hand(follower):
    assert follower.find(face_frame(), 0) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 1), (8, 8)])
def test_a_tiny_picture_has_no_hand_wherever_one_is_looked_for(models, follower, shape):
    tiny = np.zeros((*shape, 3), np.uint8)
    assert follower.find(tiny, 0) == []
    assert models.hand(tiny, Region(0.5, 0.5, 0.5, 0.0)) is None
