"""The example client of emotion prediction: the file as it is copied, on the real service."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
import skimage.data
from websockets.sync.server import ServerConnection, serve

from eyelearn.settings import ROOT
from service import RunningService, free_port, running_service
from tokens import SECRET, token

SCRIPT = ROOT / "examples" / "websocket_client_example.py"
NAMES = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
FINISH_SECONDS = 60.0

Answer = Callable[[ServerConnection, dict[str, Any]], None]


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    settings = {"ENABLED_FACES": "emotions", "INFERENCE_WORKERS": "1", "AUTH_SECRET": SECRET}
    with running_service(settings) as running:
        yield running


@pytest.fixture(scope="module")
def address(service: RunningService) -> str:
    return service.url.replace("http", "ws") + "/ws"


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    return written(tmp_path / "portrait.jpg")


@pytest.fixture
def standing_in() -> Iterator[Callable[[Answer], str]]:
    """A service that answers pictures as told: for what the real one can't be made to do. Gives
    its address."""
    servers = []

    def start(answer: Answer) -> str:
        def converse(connection: ServerConnection) -> None:
            for message in connection:
                asked = json.loads(message)
                if asked["command"] == "predict":
                    answer(connection, asked)
                else:
                    told = [{"id": 1, "name": "angry", "description": "–"}]
                    connection.send(json.dumps({"type": "emotions", "emotions": told}))

        server = serve(converse, "127.0.0.1", 0)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"

    yield start
    for server in servers:
        server.shutdown()


def written(path: Path) -> Path:
    """The astronaut, as a JPEG."""
    path.write_bytes(simplejpeg.encode_jpeg(skimage.data.astronaut(), 70, "RGB"))
    return path


def run(*words: object, shown: str | None = None) -> subprocess.CompletedProcess[str]:
    """shown: the token; without, a good one."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, words)],
        env={**os.environ, "EYELEARN_TOKEN": token() if shown is None else shown},
        capture_output=True,
        text=True,
        timeout=FINISH_SECONDS,
        check=False,
    )


def predicted(connection: ServerConnection) -> None:
    answer = {"emotion_name": "angry", "confidence": 0.5, "processing_time_ms": 1.0}
    connection.send(json.dumps({"type": "prediction", **answer}))


def folder_of(tmp_path: Path, *names: str) -> Path:
    for name in names:
        (tmp_path / name).write_bytes(b"any picture")
    return tmp_path


def test_health_emotions_and_model_are_told(address: str) -> None:
    done = run("--url", address, "--health", "--emotions", "--model-info")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("EyeLearn Focus is healthy")
    assert [line.split()[1] for line in lines[1:8]] == NAMES
    info = dict(line.split(maxsplit=1) for line in lines[8:])
    assert info["num_classes"] == "7"
    assert int(info["total_params"]) > 0


def test_a_picture_is_predicted(address: str, portrait: Path) -> None:
    done = run("--url", address, portrait)
    assert done.returncode == 0, done.stderr
    heading, row = (line.split() for line in done.stdout.splitlines())
    assert heading[4:11] == NAMES
    assert row[0] in NAMES
    assert row[-1] == str(portrait)
    assert " yes " in done.stdout


def test_json_is_the_services_answer(address: str, portrait: Path) -> None:
    done = run("--url", address, "--json", portrait)
    answer = json.loads(done.stdout)
    assert (answer["type"], answer["file"]) == ("prediction", str(portrait))
    assert answer["confidence"] == max(answer["probabilities"].values())


def test_in_a_folder_a_broken_picture_does_not_end_the_others(address: str, tmp_path: Path) -> None:
    folder, results = tmp_path / "pictures", tmp_path / "results.csv"
    (folder / "below").mkdir(parents=True)
    good = [written(folder / "a.jpg"), written(folder / "c.JPEG"), written(folder / "below/d.jpg")]
    (folder / "b.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("is passed over")

    done = run("--url", address, "--folder", folder, "--csv", results)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "3 of 4 pictures predicted" in done.stderr
    assert f"{folder / 'b.png'}: " in done.stderr
    rows = list(csv.DictReader(results.read_text().splitlines()))
    assert [row["file"] for row in rows] == sorted(map(str, [*good, folder / "b.png"]))
    assert sum(float(rows[0][name]) for name in NAMES) == pytest.approx(1, abs=0.001)
    assert [row["file"] for row in rows if "undecodable_frame" in row["error"]] == [
        str(folder / "b.png")
    ]


def test_a_picture_beyond_the_limits_is_told_which(address: str, tmp_path: Path) -> None:
    long, wide = tmp_path / "long.jpg", tmp_path / "wide.jpg"
    long.write_bytes(bytes(3 * 1024 * 1024))
    wide.write_bytes(simplejpeg.encode_jpeg(np.zeros((3000, 3000, 3), np.uint8)))
    done = run("--url", address, long, wide, tmp_path / "none.jpg")
    assert done.returncode == 1
    assert "3.0 MB, and the service takes at most 2 MB" in done.stderr
    assert "3000×3000 pixels; at most 4194304 in all" in done.stderr
    assert "none.jpg: The file can't be read" in done.stderr


def test_a_refused_token_ends_it(address: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "a.jpg", "b.jpg")
    for shown in ("", token(SECRET[::-1])):
        done = run("--url", address, "--folder", folder, shown=shown)
        assert done.returncode == 1
        assert "(unauthorized)" in done.stderr
        assert "EYELEARN_TOKEN" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("path", "words"), [("/nothing", "predicts no emotions there"), (None, "No service answers at")]
)
def test_a_wrong_address_is_told(service: RunningService, path: str | None, words: str) -> None:
    base = f"ws://127.0.0.1:{free_port()}/ws" if path is None else service.url + path
    done = run("--url", base.replace("http", "ws"), "--health")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [[], ["--url", "http://x/ws", "--health"], ["--csv", "x"]])
def test_wrong_usage_is_2(words: list[str]) -> None:
    assert run(*words).returncode == 2


def test_a_folder_outlives_one_lost_connection(
    standing_in: Callable[[Answer], str], tmp_path: Path
) -> None:
    asked = []

    def answer(connection: ServerConnection, _asked: object) -> None:
        asked.append(connection)
        if len(asked) == 2:
            connection.socket.close()
        else:
            predicted(connection)

    folder = folder_of(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    done = run("--url", standing_in(answer), "--folder", folder, shown="")
    assert done.returncode == 0, done.stderr
    assert "Connecting again" in done.stderr
    assert "3 of 3 pictures predicted" in done.stderr
    assert len(set(asked)) == 2


def test_and_no_second_one(standing_in: Callable[[Answer], str], tmp_path: Path) -> None:
    address = standing_in(lambda connection, _: connection.close())
    done = run("--url", address, "--folder", folder_of(tmp_path, "a.jpg", "b.jpg"), shown="")
    assert done.returncode == 1
    assert "0 of 2 pictures predicted" in done.stderr
    assert "The service closed the connection" in done.stderr


def test_a_busy_service_is_asked_again(
    standing_in: Callable[[Answer], str], portrait: Path
) -> None:
    asked = []

    def answer(connection: ServerConnection, _asked: object) -> None:
        asked.append(connection)
        if len(asked) > 1:
            predicted(connection)
        else:
            told = {"type": "error", "message": "Too many.", "code": "overloaded"}
            connection.send(json.dumps(told))

    done = run("--url", standing_in(answer), portrait, shown="")
    assert done.returncode == 0, done.stderr
    assert len(asked) == 2


def test_ctrl_c_sums_up_what_was_done(standing_in: Callable[[Answer], str], tmp_path: Path) -> None:
    scripts: list[subprocess.Popen[str]] = []
    asked = []

    def answer(connection: ServerConnection, _asked: object) -> None:
        asked.append(connection)
        if len(asked) == 1:
            predicted(connection)
        else:
            scripts[0].send_signal(signal.SIGINT)

    words = ["--url", standing_in(answer), "--folder", folder_of(tmp_path, "a.jpg", "b.jpg")]
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore it, and so do their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as script:
        scripts.append(script)
        _, told = script.communicate(timeout=FINISH_SECONDS)
    assert script.returncode == 130
    assert "1 of 2 pictures predicted" in told
    assert "1 not tried" in told
