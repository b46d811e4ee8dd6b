"""What a platform installs: `PIP_NO_DEPS=1 pip install -r requirements_railway.txt`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import venv
from pathlib import Path

import pytest

from eyelearn.settings import ROOT

# What a bare environment has before anything is installed into it.
INSTALLERS = {"pip", "setuptools", "pkg_resources"}
# Of that 55 are ONNX Runtime's, which runs the emotion model in half of OpenCV's time.
MAX_MEGABYTES = 510
# What sends telemetry somewhere, of ONNX Runtime from 1.30 on.
TELEMETRY = b"events.data.microsoft"
UNWANTED = {
    "jax",
    "jaxlib",
    "opencv-contrib-python",
    "opencv-python",
    "scipy",
    "sounddevice",
    "pytest",
}

JUDGE_A_PICTURE = """
from eyelearn.inference.worker import Worker
from eyelearn.vision.warm_up import warm_up_picture
import cv2, eyelearn.server
limits = {"max_bytes": 10**6, "max_pixels": 10**6, "second_face_interval_seconds": 1.0}
worker = Worker({**limits, "emotion_model": ""})
_, picture = cv2.imencode(".png", warm_up_picture()[:, :, ::-1])
assert worker.judge("s", bytearray(picture.tobytes())).face_count == 1
assert worker.emotions.judge(warm_up_picture()).face_found
hands = {"type": "express", "session": "s", "hands": True}
assert worker.do(hands, bytearray(picture.tobytes())).face
assert "libGL.so" not in open("/proc/self/maps").read()
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a bare environment with what the requirements file names, and nothing else."""
    folder = tmp_path_factory.mktemp("platform")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "-r", ROOT / "requirements_railway.txt"],
        env={**os.environ, "PIP_NO_DEPS": "1"},
        check=True,
    )
    return python


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(python: Path) -> dict[str, str]:
    listing = subprocess.run(
        [python, "-m", "pip", "list", "--format", "json"],
        capture_output=True,
        check=True,
    )
    packages = {normalised(p["name"]): p["version"] for p in json.loads(listing.stdout)}
    return {name: v for name, v in packages.items() if name not in {"pip", "setuptools"}}


def test_it_holds_what_the_file_names_and_nothing_unwanted(python: Path) -> None:
    text = (ROOT / "requirements_railway.txt").read_text()
    named = dict(re.findall(r"^([\w.-]+)==([\w.]+)(?= \\$)", text, flags=re.MULTILINE))
    found = installed(python)
    assert found == {normalised(name): version for name, version in named.items()}
    assert not UNWANTED & set(found)


def test_it_stays_small(python: Path) -> None:
    files = (path for path in python.parents[1].rglob("*") if not path.is_symlink())
    ours = (path for path in files if not INSTALLERS & set(path.parts))
    megabytes = sum(path.stat().st_size for path in ours if path.is_file()) / 1e6
    assert megabytes < MAX_MEGABYTES


def test_nothing_in_it_phones_home(python: Path) -> None:
    libraries = [*python.parents[1].rglob("onnxruntime/capi/*.so*")]
    assert libraries
    assert not [library.name for library in libraries if TELEMETRY in library.read_bytes()]


def test_it_judges_a_picture_without_libgl(python: Path) -> None:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", JUDGE_A_PICTURE],
        cwd=ROOT / "python_services",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
