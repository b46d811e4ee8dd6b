"""The command, on small folders of pictures made for it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pictures import empty_frame, face_frame, jpeg, turned_frame

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "benchmarks" / "accuracy.py"
HEADER = "file,subject,yaw_deg,pitch_deg,roll_deg,looking_at_screen,source,pose_label,eyes"
# A sitting of one person, a lone picture, a blank label, and one whose label is in conflict.
ROWS = [
    "front_0.jpg,ada,0,0,0,1,desk,front,open,",
    "front_1.jpg,ada,,,,1,desk,front,open,",
    "front_2.jpg,ada,,,,1,desk,front,open,0",
    "front_3.jpg,ada,,,,,desk,free,open,",
    "tilted.jpg,ada,0,0,45,0,desk,tilted,open,",
    "nobody.jpg,ada,,,,0,desk,absent,,",
    "odd/grey.png,bea,,,,1,cmu,straight,sunglasses,",
    "front_0.jpg,,,,,0,desk,front,,1",
]
RULES = ("with_neutral", "straight_ahead", "classic")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures without labels."""
    folder = tmp_path_factory.mktemp("pictures")
    for n in range(4):
        (folder / f"front_{n}.jpg").write_bytes(jpeg(face_frame(n)))
    (folder / "tilted.jpg").write_bytes(jpeg(turned_frame()))
    (folder / "nobody.jpg").write_bytes(jpeg(empty_frame()))
    (folder / "odd").mkdir()
    grey = cv2.cvtColor(face_frame(), cv2.COLOR_RGB2GRAY)
    assert cv2.imwrite(str(folder / "odd" / "grey.png"), grey)
    return folder


def write_labels(folder: Path, *lines: str) -> None:
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")


def run(folder: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    """With a setting in the environment that won't do, since what ships is what is measured."""
    return subprocess.run(
        [sys.executable, COMMAND, "--data", folder, "--no-sequences", *options],
        capture_output=True,
        text=True,
        env={**os.environ, "FOCUS_GAIN_SECONDS": "no number"},
        check=False,
    )


def predictions_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def labelled(
    pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[dict[str, str]], dict[str, Any], Path]:
    """Output, predictions, figures and confusion picture of the labelled folder."""
    write_labels(pictures, HEADER + ",label_conflict", *ROWS)
    out = tmp_path_factory.mktemp("out")
    predictions, figures, confusion = out / "p.csv", out / "f.json", out / "c.png"
    done = run(pictures, "--predictions", predictions, "--json", figures, "--confusion", confusion)
    assert done.returncode == 0, done.stderr
    return done.stdout, predictions_of(predictions), json.loads(figures.read_text()), confusion


def test_each_row_gets_a_prediction_in_its_order(labelled: Any) -> None:
    _, predictions, _, _ = labelled
    assert [row["file"] for row in predictions] == [row.split(",")[0] for row in ROWS]
    assert list(predictions[0]) == ["file", "predicted", "attention_score", "gaze_direction"]
    assert [row["predicted"] for row in predictions] == ["1", "1", "1", "1", "0", "0", "1", "1"]
    assert predictions[5]["gaze_direction"] == "no_face"
    assert predictions[0]["gaze_direction"] == "centered"
    assert all(0 <= float(row["attention_score"]) <= 1 for row in predictions)


def test_groups_are_judged_by_all_three_rules_and_conflicts_apart(labelled: Any) -> None:
    _, _, figures, _ = labelled
    groups = figures["groups"]
    assert set(groups) == {"all", "sunglasses", "desk", "cmu", "label_conflict"}
    assert {rule: groups["desk"]["rules"][rule]["confusion"] for rule in RULES} == {
        rule: {"true_positive": 3, "false_positive": 0, "false_negative": 0, "true_negative": 2}
        for rule in RULES
    }
    assert groups["all"]["pictures"] == 7
    assert groups["all"]["labelled"] == 6
    assert groups["all"]["rules"]["with_neutral"]["balanced_accuracy"]["value"] == 1
    # Nobody in it doesn't look, so half of the figure is missing.
    assert groups["sunglasses"]["rules"]["with_neutral"]["balanced_accuracy"]["value"] is None
    assert groups["label_conflict"]["rules"]["with_neutral"]["confusion"]["false_positive"] == 1


def test_only_a_person_with_enough_faces_has_a_neutral_of_their_own(labelled: Any) -> None:
    _, _, figures, _ = labelled
    assert figures["seen"]["judged_with_neutral"] == 6
    assert figures["seen"]["people"] == 3
    assert figures["seen"]["faces"] == 7


def test_poses_tell_what_share_is_judged_focused(labelled: Any) -> None:
    _, _, figures, _ = labelled
    shares = {
        (pose["pose"], pose["eyes"]): pose["focused_share"]["with_neutral"]["value"]
        for pose in figures["poses"]
    }
    assert shares == {
        ("front", "open"): 1,
        ("free", "open"): 1,
        ("tilted", "open"): 0,
        ("absent", ""): 0,
        ("straight", "sunglasses"): 1,
    }


def test_a_labels_roll_has_the_other_sign(labelled: Any) -> None:
    """The tilted head lies on the left shoulder by 45 degrees, which its label calls +45."""
    _, _, figures, _ = labelled
    told = figures["head_pose_error"]["without_conflict"]
    assert told["pictures"] == 2
    assert told["roll"]["error"]["value"] < 10
    assert figures["head_pose_error"]["label_conflict"] is None


def test_the_report_names_what_was_measured(labelled: Any) -> None:
    output, _, figures, _ = labelled
    assert "8 pictures of 3 people: faces found in 7 (87.5%)" in output
    assert "expected calibration error" in output
    assert "odd/grey.png" in output
    assert len(figures["reliability"]["with_neutral"]["bins"]) == 10
    assert len(figures["worst"]) == 6
    assert 0 < figures["cost"]["batch_measurement_ms"] < figures["cost"]["single_ms"]


def test_the_confusion_is_drawn(labelled: Any) -> None:
    _, _, _, confusion = labelled
    picture = cv2.imread(str(confusion))
    assert picture is not None
    assert np.ptp(picture) > 200


def test_without_labels_predictions_are_written_all_the_same(
    pictures: Path, labelled: Any, tmp_path: Path
) -> None:
    _, with_labels, _, _ = labelled
    write_labels(pictures, "file,subject", *(",".join(row.split(",")[:2]) for row in ROWS))
    done = run(pictures, "--predictions", tmp_path / "p.csv", "--confusion", tmp_path / "c.png")
    assert done.returncode == 0, done.stderr
    assert "figures that need labels are left out" in done.stdout
    assert "balanced accuracy" not in done.stdout
    assert "no confusion to draw without labels" in done.stderr
    assert predictions_of(tmp_path / "p.csv") == with_labels


def test_unreadable_pictures_are_named_and_the_run_goes_on(tmp_path: Path) -> None:
    whole = jpeg(face_frame())
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.bmp").write_text("no picture")
    (tmp_path / "face.jpg").write_bytes(whole)
    files = ["cut.jpg", "empty.jpg", "text.bmp", "missing.jpg", "face.jpg"]
    write_labels(tmp_path, "file,looking_at_screen", *(f"{file},1" for file in files), "")
    done = run(tmp_path, "--predictions", tmp_path / "p.csv")
    assert done.returncode == 0, done.stderr
    assert "4 unreadable" in done.stdout
    for file in files[:4]:
        assert f"accuracy.py: {file} can't be read (" in done.stderr
    *unreadable, readable = predictions_of(tmp_path / "p.csv")
    assert {(row["predicted"], row["gaze_direction"]) for row in unreadable} == {("0", "no_face")}
    assert {float(row["attention_score"]) for row in unreadable} == {0}
    assert readable["predicted"] == "1"


def test_a_label_that_is_none_is_named_and_counts_as_blank(tmp_path: Path) -> None:
    (tmp_path / "face.jpg").write_bytes(jpeg(face_frame()))
    write_labels(tmp_path, "file,looking_at_screen,yaw_deg", "face.jpg,perhaps,left")
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "line 2: looking_at_screen is 'perhaps', no number; it counts as blank" in done.stderr
    assert "0 labelled" in done.stdout


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [(None, "there is no labels.csv in"), ("name\nface.jpg\n", "has no rows with a column `file`")],
)
def test_a_folder_that_tells_nothing_is_one_line_and_status_2(
    tmp_path: Path, labels: str | None, complaint: str
) -> None:
    if labels is not None:
        (tmp_path / "labels.csv").write_text(labels)
    done = run(tmp_path)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_missing_folder_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere")
    assert done.returncode == 2
    assert done.stderr == f"accuracy.py: there is no folder {tmp_path / 'nowhere'}\n"


def test_an_output_that_cannot_be_written_is_told_before_the_work(
    pictures: Path, tmp_path: Path
) -> None:
    write_labels(pictures, "file", "front_0.jpg")
    done = run(pictures, "--json", tmp_path / "nowhere" / "f.json")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert not done.stdout
