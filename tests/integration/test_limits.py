"""What a client may send of anything but frames, and what it costs those beside it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import psutil
import pytest
import requests
import websocket

from integration.learner import Learner
from pictures import face_frame, jpeg
from service import RunningService, running_service
from waiting import until

FACE = jpeg(face_frame())
MB = 1024 * 1024
WAIT_SECONDS = 60.0
# Of one who floods, before they see whether it is over.
SEND_SECONDS = 0.5
# The service's defaults.
MAX_EVENTS_PER_SECOND = 10
BURST_SECONDS = 3
MAX_SESSIONS_PER_USER = 5
LIMITED = {"status": "rate_limited", "reason": "rate_limited"}


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with running_service({"INFERENCE_WORKERS": "1"}) as running:
        yield running


def connect(service: RunningService, **options: Any) -> websocket.WebSocket:
    """A bare WebSocket of Engine.IO's, with Socket.IO's handshake done."""
    url = service.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    bare = websocket.create_connection(url, timeout=WAIT_SECONDS, **options)
    bare.send("40")
    hear(bare, "connected")
    return bare


def hear(bare: websocket.WebSocket, word: str) -> Any:
    """What stands behind a packet's kind, in the next one that has the word in it."""
    while word not in (told := bare.recv()):
        pass
    return json.loads(told[told.index("[") :])


def memory(service: RunningService) -> int:
    return int(psutil.Process(service.process.pid).memory_info().rss)


def test_events_are_limited_told_once_a_second_and_acknowledged_each_time(
    service: RunningService,
) -> None:
    count = 3 * MAX_EVENTS_PER_SECOND * BURST_SECONDS
    acks: list[Any] = []
    with Learner(service.url) as learner:
        begun = time.monotonic()
        for _ in range(count):
            learner.client.emit("page_visibility", {"hidden": True}, callback=acks.append)
        until(lambda: len(acks) == count)
        elapsed = time.monotonic() - begun
        limited = acks.count(LIMITED)
        most = MAX_EVENTS_PER_SECOND * (BURST_SECONDS + elapsed) + 1
        assert 0 < count - most <= limited < count
        assert acks.count({"status": "rejected", "reason": "not_tracking"}) == count - limited
        told = [error["code"] for error in learner.all("error")]
        assert 1 <= told.count("rate_limited") <= elapsed + 1


def test_stopping_is_never_refused(service: RunningService) -> None:
    with Learner(service.url) as learner:
        session_id = learner.start()["session_id"]
        for _ in range(2 * MAX_EVENTS_PER_SECOND * BURST_SECONDS):
            learner.client.emit("page_visibility", {"hidden": False})
        stopped = learner.ask("stop_tracking", None, "tracking_stopped")
        assert stopped["session_id"] == session_id


@pytest.mark.parametrize(
    "junk",
    [
        *("42[]", "42{", "42[5]", '42["connect"]', "4²", "x", "b!", "4", '450-["x"]', "4[", "44"),
        *("4" + "[" * MB, '42["x",[' + "0," * MB + "0]]", b"nobody asked", "47"),
    ],
    ids=lambda junk: repr(junk[:16]),
)
def test_what_can_not_be_read_is_answered_and_the_connection_lives_on(
    service: RunningService, junk: str | bytes
) -> None:
    with closing(connect(service)) as bare:
        if isinstance(junk, bytes):
            bare.send_binary(junk)
        else:
            bare.send(junk)
        assert hear(bare, "error")[1]["code"] == "invalid_payload"
        bare.send('421["calibrate"]')
        assert hear(bare, "431[") == [{"status": "rejected", "reason": "not_tracking"}]


def test_an_attachment_that_does_not_come_costs_its_event_alone(service: RunningService) -> None:
    with closing(connect(service)) as bare:
        bare.send('451-1["video_frame",{"frame":{"_placeholder":true,"num":0}}]')
        bare.send('422["calibrate"]')
        assert hear(bare, "431[")[0]["reason"] == "invalid_payload"
        assert hear(bare, "432[")[0]["reason"] == "not_tracking"


def test_a_post_that_can_not_be_read_is_answered(service: RunningService) -> None:
    url = f"{service.url}/socket.io/?EIO=4&transport=polling"
    with requests.Session() as client:
        opened = client.get(url, timeout=WAIT_SECONDS).text
        url += "&sid=" + json.loads(opened[1:])["sid"]
        client.post(url, data="40", timeout=WAIT_SECONDS)
        unreadable = ("42[]", "x", "bnot base64", "d=" + "&a=1" * MB, "\x1e" * 4 * MB, b"\xff")
        for junk in unreadable:
            assert client.post(url, data=junk, timeout=WAIT_SECONDS).status_code == 200
        heard = ""
        while heard.count("invalid_payload") < len(unreadable):
            heard += client.get(url, timeout=WAIT_SECONDS).text
        client.post(url, data='421["calibrate"]', timeout=WAIT_SECONDS)
        assert "not_tracking" in client.get(url, timeout=WAIT_SECONDS).text


def test_one_session_too_many_of_a_user_is_refused_and_the_others_go_on(
    service: RunningService,
) -> None:
    with ExitStack() as stack:
        learners = [
            stack.enter_context(Learner(service.url, user_id="many"))
            for _ in range(MAX_SESSIONS_PER_USER + 1)
        ]
        for learner in learners[:-1]:
            learner.start()
        refused = learners[-1].ask("start_tracking", learners[-1].ids, "error")
        assert refused["code"] == "rate_limited"
        assert "5 sessions already" in refused["message"]
        assert learners[0].send(FACE)["status"] == "processed"
        learners[0].close()
        until(lambda: starts(learners[-1]))


def starts(learner: Learner) -> bool:
    learner.client.call("start_tracking", learner.ids, timeout=WAIT_SECONDS)
    return bool(learner.all("tracking_started"))


def test_messages_are_not_unpacked_and_drafts_not_spoken(service: RunningService) -> None:
    header = ["Sec-WebSocket-Extensions: permessage-deflate"]
    with closing(connect(service, header=header)) as bare:
        assert "sec-websocket-extensions" not in bare.headers
    draft = {"Connection": "Upgrade", "Upgrade": "WebSocket", "Origin": service.url}
    url = f"{service.url}/socket.io/?EIO=4&transport=websocket"
    assert requests.get(url, headers=draft, timeout=WAIT_SECONDS).status_code == 400


def test_a_message_without_an_end_is_not_gathered(service: RunningService) -> None:
    before = memory(service)
    with (
        closing(connect(service)) as bare,
        pytest.raises((OSError, websocket.WebSocketException)),
    ):
        send_pieces(bare, 200)
    assert memory(service) - before < 50 * MB


def send_pieces(bare: websocket.WebSocket, count: int) -> None:
    """1 MB each, of one message that does not end."""
    opcode = websocket.ABNF.OPCODE_BINARY
    for _ in range(count):
        bare.sock.sendall(websocket.ABNF.create_frame(bytes(MB), opcode, fin=0).format())
        opcode = websocket.ABNF.OPCODE_CONT


def floods() -> dict[str, Callable[[websocket.WebSocket], Any]]:
    numbers = '42["x",[' + "0," * MB + "0]]"
    return {
        "pings": lambda bare: bare.ping("are you there?"),
        "events": lambda bare: bare.send('42["page_visibility",{"hidden":true}]'),
        "junk": lambda bare: bare.send("x"),
        "numbers": lambda bare: bare.send(numbers),
        "text": lambda bare: bare.send("é" * 2 * MB),
        "namespaces": lambda bare: bare.send("40/elsewhere,"),
        "upgrades": lambda bare: bare.send("5"),
    }


def test_a_learner_is_answered_beside_clients_that_flood(service: RunningService) -> None:
    over = threading.Event()

    def flood(send: Callable[[websocket.WebSocket], Any]) -> None:
        while not over.is_set():
            # Who does not read is cut off, and comes again.
            bare = connect(service)
            bare.settimeout(SEND_SECONDS)
            try:
                while not over.is_set():
                    send(bare)
            except (OSError, websocket.WebSocketException):
                continue
            finally:
                bare.shutdown()

    threads = [threading.Thread(target=flood, args=(send,)) for send in floods().values()]
    with Learner(service.url, user_id="quiet") as learner:
        learner.start()
        for thread in threads:
            thread.start()
        try:
            assert len(learner.watch([FACE] * 10)) > 5
            assert learner.all("error") == []
        finally:
            over.set()
            for thread in threads:
                thread.join()
