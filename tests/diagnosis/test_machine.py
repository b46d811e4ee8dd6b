from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from eyelearn.diagnosis import emotion_model, event_loop
from eyelearn.diagnosis.check import FAILURE, OK, WARNING
from eyelearn.diagnosis.event_loop import open_files
from eyelearn.diagnosis.face_mesh import judged, result
from eyelearn.diagnosis.machine import carried
from eyelearn.settings import Settings

GIB = 1024**3


@pytest.mark.parametrize(
    ("wanted", "cores", "memory", "status", "told"),
    [
        (0, 4, 8 * GIB, OK, "4 cores, 8.0 GiB of memory free: 4 workers"),
        (0, 1, None, OK, "1 core, memory unknown: 1 worker"),
        (0, 16, GIB, WARNING, "6 workers, more than memory carries"),
        (0, 1, GIB // 8, WARNING, "1 worker, more than memory carries"),
        (8, 8, GIB, WARNING, "8 workers, more than memory carries"),
        (3, 2, 8 * GIB, WARNING, "3 workers"),
    ],
)
def test_cores_and_memory_are_told_with_the_workers_that_they_carry(
    wanted: int, cores: int, memory: int | None, status: str, told: str
) -> None:
    check = carried("Machine", wanted, cores, memory)
    assert check.status == status
    assert check.found.endswith(told)


def test_few_open_files_are_a_warning_with_the_connections_that_are_left() -> None:
    assert open_files(20000, 128, 10000).found == "20000: 10000 connections"
    few = open_files(512, 128, 10000)
    assert (few.status, few.found) == (WARNING, "512: 384 connections at most")
    assert "ulimit" in few.mend


def test_an_eventlet_that_differs_is_told_with_what_to_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    def differs() -> None:
        raise RuntimeError("eventlet 9 unmasks differently: pin the older version.")

    server = SimpleNamespace(
        replace_unmasking=differs, FILES_OF_OUR_OWN=128, MAX_CONNECTIONS=10_000
    )
    monkeypatch.setattr(event_loop, "import_module", lambda _: server)
    check, _ = event_loop.look("Event loop")
    assert (check.status, check.found) == (FAILURE, "eventlet 9 unmasks differently")
    assert check.mend == "pin the older version."


def test_a_slow_face_mesh_is_a_warning_and_a_blind_one_a_failure() -> None:
    assert result("Face Mesh", 1, 0.009).found == "found the drawn face, 9 ms a frame"
    assert result("Face Mesh", 1, 0.08).status == WARNING
    assert result("Face Mesh", 0, 0.009).status == FAILURE


def test_an_emotion_model_is_looked_at_where_one_is_needed(tmp_path: Path) -> None:
    name, file = "Emotion model", tmp_path / "model.onnx"
    file.write_bytes(b"no model")
    ours = emotion_model.loaded(name, Settings(_env_file=None))
    assert (ours.status, ours.found.split("-")[0]) == (OK, "emotions")
    wrong = emotion_model.loaded(name, Settings(_env_file=None, model_path=str(file)))
    assert (wrong.status, "MODEL_PATH" in wrong.mend) == (FAILURE, True)
    without = Settings(_env_file=None, model_path=str(file), enabled_faces="focus")
    assert emotion_model.loaded(name, without).found.startswith("not needed")


def test_limits_that_no_worker_can_start_with_are_told() -> None:
    check = judged("Face Mesh", Settings(_env_file=None, max_frame_pixels=1000))
    assert check.status == FAILURE
    assert "MAX_FRAME_PIXELS" in check.mend
