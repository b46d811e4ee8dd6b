import json

import pytest

from eyelearn.vision.observation import NO_FACE, Face, Observation

FACE = Face(
    yaw=1.5,
    pitch=-2.0,
    roll=0.25,
    eye_yaw=3.0,
    eye_pitch=-1.0,
    eye_certainty=0.8,
    openness=(0.3, 0.31),
    size=0.4,
    visible=1.0,
    brightness=None,
)


@pytest.mark.parametrize("observation", [NO_FACE, Observation(2, FACE)])
def test_an_observation_survives_json(observation):
    message = json.loads(json.dumps(observation.to_dict()))
    assert Observation.from_dict(message) == observation


@pytest.mark.parametrize(
    ("angles", "vector"),
    [
        pytest.param({}, (0, 0, -1), id="straight ahead"),
        pytest.param({"yaw": 90}, (1, 0, 0), id="head to their left"),
        pytest.param({"yaw": 60, "eye_yaw": 30}, (1, 0, 0), id="head and eyes to their left"),
        pytest.param({"pitch": 70, "eye_pitch": 20}, (0, 1, 0), id="up"),
        pytest.param({"yaw": 20, "eye_yaw": -20}, (0, 0, -1), id="eyes back to the screen"),
    ],
)
def test_the_gaze_vector_adds_the_eyes_to_the_head(angles, vector):
    straight = dict.fromkeys(("yaw", "pitch", "eye_yaw", "eye_pitch"), 0.0)
    face = FACE._replace(**{**straight, **angles})
    assert face.gaze_vector() == pytest.approx(vector, abs=1e-9)
