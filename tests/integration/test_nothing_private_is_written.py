"""A session with good and bad frames, tokens and DEBUG=1, traced by the system: what it leaves."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
import socketio

from integration.learner import Learner
from integration.older_clients import RestClient, ask, framed, hear, web_socket
from pictures import data_url, face_frame, jpeg
from service import RunningService, running_service
from tokens import SECRET, bad_tokens, token
from waiting import until

FACE = jpeg(face_frame())
BROKEN = FACE[: len(FACE) // 2]
JPEG_MAGIC = b"\xff\xd8\xff"
USER = "the-learner's-name"
JWT = token(sub=USER)
IDS = {"user_id": USER, "module_id": "m-1"}
WRONG_TOKENS = [bad_tokens()[wrong] for wrong in ("no JWT", "tampered", "not ASCII")]
OPENS = "open,openat,openat2,creat,memfd_create"


@dataclass(frozen=True)
class Left:
    """log: lines; files: what lay beside the database before its end; opened: files opened for
    writing, by any of the service's processes; core_limits: of each of them, in bytes."""

    session_ids: list[str]
    log: list[str]
    files: dict[str, bytes]
    opened: set[str]
    core_limits: set[tuple[int, int]]
    folder: Path


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    folder = tmp_path_factory.mktemp("data")
    trace = tmp_path_factory.mktemp("trace") / "opens"
    settings = {
        "DATABASE_URL": f"sqlite:///{folder}/eyelearn.db",
        "AUTH_SECRET": SECRET,
        "DEBUG": "1",
        "LOG_FORMAT": "json",
        "INFERENCE_WORKERS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # -D: the service stays this process's child, and the tracer is its own.
    strace = ["strace", "-D", "-f", "-qq", "--seccomp-bpf", f"-etrace={OPENS}", "-o", str(trace)]
    with running_service(settings, under=strace) as service:
        session_ids = [hold_a_session(service.url), *send_frames(service)]
        watch_the_eyes(service)
        express(service)
        feel(service)
        family = [psutil.Process(service.process.pid)]
        family += family[0].children(recursive=True)
        core_limits = {process.rlimit(psutil.RLIMIT_CORE) for process in family}
        until(lambda: "session ends" in service.log)
        files = {file.name: file.read_bytes() for file in folder.iterdir()}
        assert service.terminate() == 0
        log = service.log.splitlines()
    return Left(session_ids, log, files, set(opened_for_writing(trace)), core_limits, folder)


def hold_a_session(url: str) -> str:
    with Learner(url, user_id=USER, token=JWT) as learner:
        session_id = str(learner.start()["session_id"])
        for frame in (FACE, data_url(FACE), BROKEN, data_url(BROKEN), JWT, "no picture at all"):
            learner.send(frame)
        for event, payload in hostile_payloads():
            learner.client.emit(event, payload)
        learner.send(FACE)
    for path in (f"/no/page?token={JWT}", f"/socket.io/?EIO=4&transport=polling&sid={JWT}"):
        headers = {"Authorization": f"Bearer {JWT}", "Cookie": "PHPSESSID=a-cookie"}
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(urllib.request.Request(url + path, headers=headers)).close()
    for wrong in WRONG_TOKENS:
        client = socketio.Client(reconnection=False)
        with pytest.raises(socketio.exceptions.ConnectionError):
            client.connect(f"{url}?token={JWT}", auth={"token": wrong}, transports=["polling"])
    return session_id


def send_frames(service: RunningService) -> Iterator[str]:
    """Over REST and a raw WebSocket; the ids of the sessions."""
    sent = [framed(picture, user_id=USER, frame_id=JWT[:99]) for picture in (FACE, BROKEN)]
    wrong = [{"frame": {"data": data_url(FACE)}, **IDS}, {"user_id": {"token": JWT}, "frame": JWT}]
    client = RestClient(service, JWT)
    yield client.post(json=sent[0]).json()["session_id"]
    for message in (sent[1], *wrong):
        assert client.post(json=message).status_code in (400, 422)
    assert client.post(data=b'{"frame":"' + FACE).status_code == 400
    assert client.post(f"/api/{JWT}?token={JWT}", json=sent[0]).status_code == 404
    for told in WRONG_TOKENS:
        assert RestClient(service, told).post(json=sent[0]).status_code == 401
    for number, token_of_address in enumerate((JWT, *WRONG_TOKENS)):
        with web_socket(service, f"/ws/frames?token={quote(token_of_address)}") as connection:
            told = ask(connection, {**sent[0], "section_id": 1})
            if number == 0:
                yield told["session_id"]
                for message in (sent[1], *wrong, FACE, data_url(FACE)):
                    assert ask(connection, message)["error"]
            connection.shutdown()


def watch_the_eyes(service: RunningService) -> None:
    with web_socket(service, "/") as connection:
        hear(connection)
        connection.send(json.dumps({"type": "auth", "token": JWT}))
        for message in (FACE, {"type": "frame", "data": data_url(FACE)}):
            assert ask(connection, message)["type"] == "eye_data"
        wrong = [BROKEN, {"type": "frame", "data": data_url(BROKEN)}, {"type": data_url(FACE)}]
        for message in (*wrong, {"type": [USER]}, {"type": JWT}, data_url(FACE)):
            assert ask(connection, message)["type"] == "error"


def express(service: RunningService) -> None:
    """As a session that has the learner's name, with a picture of theirs for an expression."""
    with web_socket(service, f"/ws/{USER.replace(chr(39), '')}?token={JWT}") as connection:
        hear(connection)
        upload = {"type": "upload_image", "expression_type": "smiling"}
        for picture, told in ((FACE, "upload_success"), (BROKEN, "error"), (b"GIF89a", "error")):
            sent = {**upload, "image_data": base64.b64encode(picture).decode()}
            assert ask(connection, sent)["type"] == told
        frame = {"type": "frame", "data": data_url(FACE)}
        assert ask(connection, frame)["type"] == "detection_result"
        assert ask(connection, FACE)["type"] == "detection_result"
        for wrong in ({"type": "frame", "data": data_url(BROKEN)}, {"type": JWT}, BROKEN):
            assert ask(connection, wrong)["type"] == "error"


def feel(service: RunningService) -> None:
    with web_socket(service, f"/ws?token={JWT}") as connection:
        hear(connection)
        predict = {"command": "predict", "image": data_url(FACE)}
        assert ask(connection, predict)["type"] == "prediction"
        for wrong in ({**predict, "image": data_url(BROKEN)}, {"command": JWT}, {"image": JWT}):
            assert ask(connection, wrong)["type"] == "error"


def hostile_payloads() -> Iterator[tuple[str, Any]]:
    yield "start_tracking", {"user_id": {"token": JWT}}
    yield "video_frame", {"frame": {"data": data_url(FACE)}}
    yield "page_visibility", JWT
    yield JWT, FACE
    yield data_url(FACE)[:400], {"user_id": USER}


def opened_for_writing(trace: Path) -> Iterator[str]:
    """Paths; a file without a path by the call that made it."""
    for line in trace.read_text(errors="replace").splitlines():
        call = line.partition(" ")[2].strip()
        if call.startswith("memfd_create"):
            yield call
        elif re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE|creat\(", call):
            yield call.split('"')[1]


def private_texts(left: Left) -> list[str]:
    picture = [base64.b64encode(FACE[at : at + 30]).decode() for at in (0, 300, 3000)]
    plain = [repr(FACE[at : at + 8])[2:-1] for at in (0, 300, 3000)]
    tokens = [part for told in [JWT, *WRONG_TOKENS] for part in told.split(".")]
    return [USER, *left.session_ids, *picture, *plain, *tokens, SECRET, "a-cookie", "no picture"]


def test_every_line_of_the_log_is_one_event(left: Left) -> None:
    events = [json.loads(line) for line in left.log]
    assert {"session begins", "session ends", "stopped"} <= {event["event"] for event in events}
    loggers = {event["logger"] for event in events}
    assert {"eyelearn.server", "eyelearn.saving.keeper", "eyelearn.inference.worker"} <= loggers


def test_no_line_of_the_log_has_an_id_a_picture_or_a_token(left: Left) -> None:
    log = "\n".join(left.log)
    for private in ["data:image", "base64,", "eyJ", "?token", *private_texts(left)]:
        assert private not in log


def test_no_file_is_opened_for_writing_but_the_database_and_the_key(left: Left) -> None:
    ours = rf"{re.escape(str(left.folder))}/(eyelearn\.db(-\w+)?|log\.key\w*)"
    assert f"{left.folder}/eyelearn.db" in left.opened
    assert {path for path in left.opened if not re.fullmatch(ours, path)} <= {"/dev/null"}


def test_no_file_has_a_picture(left: Left) -> None:
    assert "eyelearn.db" in left.files
    for content in left.files.values():
        for piece in (JPEG_MAGIC, FACE[300:320], FACE[-40:-20], base64.b64encode(FACE[300:330])):
            assert piece not in content


def test_no_process_leaves_its_memory_behind_when_it_crashes(left: Left) -> None:
    assert left.core_limits in ({(1, 1)}, {(0, 0)})
