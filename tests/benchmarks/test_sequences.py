"""The benchmark of timing is only worth what its face, its scripts and its scores are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from on_sequences.landmark_noise import LandmarkNoise
from on_sequences.learner_script import LONGEST_BLINK, SCREEN_YAW, Event, Script
from on_sequences.posed_face import HEIGHT, WIDTH, Pose, landmarks, normalised, pixels
from on_sequences.sampled_sitting import tell
from on_sequences.sitting_scores import score, share_error
from on_sequences.sitting_scripts import KINDS, lesson, steady
from on_sequences.timing_metrics import changes, delay, intervals, outside, share, state_at, summary
from sequences import print_timing, targets, timing_report

from eyelearn.settings import Settings
from eyelearn.vision.landmarks import LANDMARK_INDICES
from eyelearn.vision.measurement import face, faces
from eyelearn.vision.observation import Face


def measured(pose: Pose) -> Face:
    found = face(landmarks(pose), WIDTH, HEIGHT, None)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "pose",
    [
        Pose(),
        Pose(yaw=35.0),
        Pose(yaw=-25.0, roll=8.0),
        Pose(pitch=25.0),
        Pose(pitch=-30.0),
        Pose(roll=-15.0),
    ],
)
def test_a_posed_head_is_measured_as_it_was_posed(pose: Pose) -> None:
    found = measured(pose)
    assert (found.yaw, found.pitch, found.roll) == pytest.approx(
        (pose.yaw, pose.pitch, pose.roll), abs=2.0
    )
    assert (found.eye_yaw, found.eye_pitch) == pytest.approx((0.0, 0.0), abs=1.5)


@pytest.mark.parametrize(
    ("eye_yaw", "eye_pitch"), [(10.0, 0.0), (-25.0, 0.0), (0.0, 15.0), (0.0, -25.0)]
)
def test_an_eyeball_turns_and_its_gaze_is_measured(eye_yaw: float, eye_pitch: float) -> None:
    found = measured(Pose(eye_yaw=eye_yaw, eye_pitch=eye_pitch))
    assert (found.eye_yaw, found.eye_pitch) == pytest.approx((eye_yaw, eye_pitch), abs=2.0)
    assert (found.yaw, found.pitch) == pytest.approx((0.0, 0.0), abs=1.5)


def test_eyes_that_turn_back_to_the_screen_make_up_for_a_turned_head() -> None:
    found = measured(Pose(yaw=20.0, eye_yaw=-20.0))
    assert found.gaze_yaw == pytest.approx(0.0, abs=2.0)


@pytest.mark.parametrize("openness", [0.05, 0.2, 0.35])
def test_lids_are_as_far_open_as_they_were_posed(openness: float) -> None:
    assert measured(Pose(yaw=20.0, openness=openness)).openness == pytest.approx(
        (openness, openness), abs=1e-3
    )


def test_a_pose_of_many_moments_is_each_moment_s_pose() -> None:
    yaw = np.array([-20.0, 0.0, 30.0])
    batch = landmarks(Pose(yaw=yaw, pitch=5.0))
    assert batch.shape == (3, len(LANDMARK_INDICES), 3)
    for row, angle in zip(batch, yaw, strict=True):
        np.testing.assert_allclose(row, landmarks(Pose(yaw=angle, pitch=5.0)), atol=1e-6)


def test_a_face_that_leaves_the_picture_has_landmarks_outside() -> None:
    assert measured(Pose()).visible == 1.0
    assert 0.4 < measured(Pose(shift=WIDTH / 2)).visible < 0.8


def test_noise_shakes_the_angles_by_about_as_much_as_in_the_clip() -> None:
    times, noise = np.arange(0, 20, 1 / 25), LandmarkNoise(seed=1)
    yaw, pitch, roll = noise.degrees(len(times))
    points = normalised(pixels(Pose(yaw, pitch, roll, openness=0.25)) + noise.pixels(times))
    found = [each for each in faces(points, WIDTH, HEIGHT) if each is not None]
    angles = np.array([(each.yaw, each.pitch, each.eye_yaw, each.eye_pitch) for each in found])
    white = np.sqrt((np.diff(angles, 2, axis=0) ** 2).mean(axis=0) / 6)
    assert (white > 0.5 * np.array((0.19, 0.19, 0.40, 0.32))).all()
    assert (white < 2.0 * np.array((0.19, 0.19, 0.40, 0.32))).all()


@pytest.mark.parametrize("fps", [3, 5, 10, 15])
def test_every_frame_rate_sees_the_same_behaviour(fps: int) -> None:
    script, factor = lesson(2), 30 // fps
    fine = np.arange(0, 60, 1 / 30)
    often, seldom = script.at(fine), script.at(fine[::factor])
    for a, b in zip(often.pose, seldom.pose, strict=True):
        np.testing.assert_allclose(np.asarray(a)[::factor], np.asarray(b), atol=1e-9)
    np.testing.assert_array_equal(often.looking[::factor], seldom.looking)
    np.testing.assert_array_equal(often.people[::factor], seldom.people)


def test_a_seed_tells_the_same_story_again_and_another_seed_another() -> None:
    times = np.linspace(0, 60, 500)
    first, again, other = (steady(seed).at(times).gaze_yaw for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_a_reader_looks_at_the_screen_all_the_time_and_blinks() -> None:
    for seed in range(4):
        script = steady(seed)
        assert script.truth()[1].all()
        assert 5 <= len(script.blinks) <= 30
        assert all(blink.seconds < LONGEST_BLINK for blink in script.blinks)


def test_a_lesson_has_every_kind_of_event_once() -> None:
    assert sorted(event.kind for event in lesson(0).events) == sorted(KINDS)


def test_looking_away_begins_when_the_gaze_leaves_the_screen() -> None:
    script = Script(0, 12.0, [Event("head_left", 5.0, 8.0, yaw=40.0, movement=0.3)])
    ((since, until),) = intervals(script.truth()[0], ~script.truth()[1])
    assert 5.0 < since < 5.3
    assert 8.0 < until < 8.3
    before, after = script.at(np.array([since - 0.02, since + 0.02])).gaze_yaw
    assert before < SCREEN_YAW < after


def test_someone_who_left_or_sleeps_does_not_look_and_a_second_person_is_counted() -> None:
    script = Script(
        0,
        30.0,
        [
            Event("leaves", 5.0, 8.0, movement=0.7, leaving=420.0),
            Event("closes", 12.0, 14.0, closed=True),
            Event("second", 20.0, 25.0, people=2),
        ],
    )
    seen = script.at(np.array([7.0, 13.0, 22.0, 28.0]))
    assert seen.people.tolist() == [0, 1, 2, 1]
    assert seen.looking.tolist() == [False, False, True, True]
    assert np.asarray(seen.pose.openness)[1] < 0.4 * script.openness


def test_intervals_are_where_the_flag_is_set() -> None:
    times = np.arange(6.0)
    flags = np.array([True, False, True, True, False, True])
    assert intervals(times, flags) == [(0.0, 1.0), (2.0, 4.0), (5.0, 5.0)]


def test_delay_is_the_time_until_the_flag_is_first_set() -> None:
    times, flags = np.arange(6.0), np.array([True, False, False, True, True, False])
    assert delay(times, flags, 0.5, 6.0) == 2.5
    assert delay(times, flags, 0.5, 3.0) is None


def test_the_state_at_a_moment_is_the_one_told_last_before_it() -> None:
    times, flags = np.arange(3.0), np.array([True, False, True])
    assert state_at(times, flags, 1.0)
    assert not state_at(times, flags, 1.5)
    assert state_at(times, flags, -1.0)


def test_changes_are_counted_outside_of_what_explains_them() -> None:
    times, flags = np.arange(5.0), np.array([True, False, False, True, True])
    assert changes(times, flags) == [1.0, 3.0]
    assert outside([1.0, 3.0], [(0.5, 1.5)]) == [3.0]


def test_a_share_belongs_to_the_state_at_the_start_of_each_step() -> None:
    assert share(np.array([0.0, 1.0, 4.0]), np.array([True, False, True])) == 25.0


def test_a_summary_tells_what_was_missed() -> None:
    assert summary([0.2, None, 0.4, 0.6]) == {
        "median": 0.4,
        "p95": 0.58,
        "max": 0.6,
        "count": 4,
        "missed": 1,
    }
    assert summary([None])["median"] is None


def test_a_sitting_is_told_frame_by_frame_and_scored() -> None:
    away = Event("head_left", 15.0, 20.0, yaw=40.0)
    told = tell(Script(0, 25.0, [away]), 10, Settings())
    assert len(told.times) == len(told.focused) == len(told.measured) == 250
    result = score(told)
    assert len(result.away["head_left"]) == 1
    assert result.away["head_left"][0] is not None
    assert abs(share_error(told)) < 10.0


def test_the_report_has_every_rate_and_can_be_printed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    report = timing_report(tmp_path / "missing.mp4", sittings=1)
    print_timing(report)
    assert set(report["rates"]) == {"3", "5", "10", "15", "30"}
    assert report["clip"] is None
    printed = capsys.readouterr().out
    assert "away noticed" in printed
    assert all(name in printed for name in targets(report))
