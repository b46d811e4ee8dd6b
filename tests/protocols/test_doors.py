"""Who is let in, how long they may take, and how many there may be: over real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests
import websocket

from eyelearn.protocols.patient_listener import PatientListener
from eyelearn.settings import ROOT
from tokens import SECRET, token
from waiting import until

HALF_OPEN = 1000
HANDSHAKE_SECONDS = 1.5
FEW = 4
OPEN_POLLING = "/socket.io/?EIO=4&transport=polling"
SCHOOL = "https://school.example"
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: us.example\r\n"


@dataclass
class Doorway:
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(sent)
        return connection

    def answer_to(self, sent: bytes) -> bytes:
        """All that comes until the connection ends."""
        with self.connect(sent) as connection:
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def web_socket(self, query: str = "", **options: object) -> websocket.WebSocket:
        address = f"ws://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=websocket{query}"
        return websocket.create_connection(address, timeout=30, **options)

    def raw_web_socket(self, path: str, **options: object) -> websocket.WebSocket:
        return websocket.create_connection(
            f"ws://127.0.0.1:{self.port}{path}", timeout=30, **options
        )

    def learner(self, **auth: str) -> websocket.WebSocket:
        """A Socket.IO connection that has been greeted."""
        learner = self.web_socket()
        learner.recv()
        learner.send("40" + json.dumps(auth))
        greeted = learner.recv() + learner.recv()
        assert '"connected"' in greeted, greeted
        return learner

    def poll(self) -> str:
        """Begins a Socket.IO connection that polls; gives its name."""
        answer = requests.get(self.url + OPEN_POLLING, timeout=30)
        assert answer.status_code == 200, answer.text
        return str(json.loads(answer.text[1:])["sid"])


@contextlib.contextmanager
def doorway(log: Path, **settings: object) -> Iterator[Doorway]:
    environment = {
        **os.environ,
        "PYTHONPATH": "python_services",
        "KEEP_ALIVE_SECONDS": "2",
        **{name.upper(): str(value) for name, value in settings.items()},
    }
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "tests/protocols/doorway.py"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=written,
        )
    with process:
        try:
            assert process.stdout is not None
            yield Doorway(int(process.stdout.readline()), log, process)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorway]:
    log = tmp_path_factory.mktemp("door") / "log"
    with doorway(log, handshake_seconds=HANDSHAKE_SECONDS, allowed_origins=SCHOOL) as open_door:
        yield open_door


@pytest.fixture(scope="module")
def narrow_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorway]:
    log = tmp_path_factory.mktemp("door") / "log"
    with doorway(log, max_connections_per_address=FEW, auth_secret=SECRET) as open_door:
        yield open_door


@pytest.fixture(scope="module")
def hasty_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorway]:
    """Asks for a sign of life after 0.4 s, and ends who gives none after 1 s."""
    log = tmp_path_factory.mktemp("door") / "log"
    with doorway(log, heartbeat_hurry=50, debug=1) as open_door:
        yield open_door


@pytest.fixture(scope="module")
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def has_ended(connection: socket.socket) -> bool:
    """Whether the other side has ended it; what it said before is read and forgotten."""
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True


def wait_for_the_end_of(open_ones: dict[str, socket.socket]) -> None:
    end = time.monotonic() + 30
    while open_ones:
        open_ones = {what: left for what, left in open_ones.items() if not has_ended(left)}
        assert time.monotonic() < end, f"nobody ended: {list(open_ones)[:20]}"
        time.sleep(0.05)


def trickling(connection: socket.socket) -> socket.socket:
    """Sends a byte now and then, for as long as somebody takes them."""

    def trickle() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection.send(b"x")
                time.sleep(0.1)

    threading.Thread(target=trickle).start()
    return connection


def slow_ones(door: Doorway) -> dict[str, socket.socket]:
    """By what they do: all that a client can leave undone."""
    body = b"POST /healthz HTTP/1.1\r\nContent-Length: 9999\r\n\r\n"
    probing = door.web_socket(f"&sid={door.poll()}")
    probing.send("2probe")
    silent = {f"says nothing, {number}": door.connect() for number in range(HALF_OPEN // 2)}
    half = {f"half a request, {number}": door.connect(REQUEST) for number in range(HALF_OPEN // 2)}
    return {
        **silent,
        **half,
        "says no CONNECT": door.web_socket().sock,
        "does not upgrade": door.web_socket(f"&sid={door.poll()}").sock,
        "upgrades by half": probing.sock,
        "asks no more": door.connect(REQUEST + b"\r\n"),
        "sends a body slowly": trickling(door.connect(body)),
        "sends its headers slowly": trickling(door.connect(REQUEST + b"X-More: ")),
        "sends its first line slowly": trickling(door.connect()),
    }


def test_half_open_connections_keep_nobody_out_and_end(door: Doorway, many_files: None) -> None:
    with contextlib.closing(door.learner()) as learner, contextlib.ExitStack() as stack:
        files, begun = psutil.Process(door.process.pid).num_fds(), time.monotonic()
        slow = slow_ones(door)
        for connection in slow.values():
            stack.enter_context(connection)
        assert requests.get(f"{door.url}/healthz", timeout=30).status_code == 200
        wait_for_the_end_of(slow)
        assert time.monotonic() - begun >= HANDSHAKE_SECONDS
        until(lambda: psutil.Process(door.process.pid).num_fds() <= files)
        learner.send('421["stop_tracking"]')
        assert "not_tracking" in learner.recv()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /?token=secret HTTP/1.1 more\r\n\r\n", b"400"),
        (b"secret\r\n\r\n", b"400"),
        (b"GET /?token=secret HTTP/9.9\r\n\r\n", b"505"),
        (REQUEST + b"X-More: than th", b"400"),
        (REQUEST + b"Transfer-Encoding: chunked\r\n\r\n", b"411"),
        (REQUEST + b"Content-Length: 5000000\r\n\r\n", b"413"),
        (REQUEST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", b"413"),
        (REQUEST + b"Content-Length: +1\r\n\r\n", b"400"),
        (REQUEST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (REQUEST + b"X: y\r\n" * 200 + b"\r\n", b"431"),
        (REQUEST + b"Content-Length: 9\r\n\r\nnot all", b""),
    ],
)
def test_a_malformed_request_is_refused_without_a_word_in_the_log(
    door: Doorway, head: bytes, status: bytes
) -> None:
    with door.connect(head) as connection:
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split(b" ")[1:2] == ([status] if status else [])
    assert b"Server:" not in answer
    assert "secret" not in door.log.read_text()


def test_a_whole_body_reaches_the_service_also_where_it_was_asked_for(door: Doorway) -> None:
    sid = door.poll()
    with door.connect(
        f"POST {OPEN_POLLING}&sid={sid} HTTP/1.1\r\nHost: us.example\r\nConnection: close\r\n"
        "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode()
    ) as connection:
        assert b"100 Continue" in connection.recv(65536)
        connection.sendall(b"40")
        assert b"200 OK" in connection.recv(65536)
    greeted = requests.get(f"{door.url}{OPEN_POLLING}&sid={sid}", timeout=30).text
    assert '40{"sid"' in greeted


def test_a_foreign_page_is_refused_by_polling_and_by_web_socket(door: Doorway) -> None:
    for origin in ("https://evil.example", "null"):
        polled = requests.get(door.url + OPEN_POLLING, headers={"Origin": origin}, timeout=30)
        assert (polled.status_code, polled.json()["code"]) == (403, "forbidden")
        assert "Access-Control-Allow-Origin" not in polled.headers
        with pytest.raises(websocket.WebSocketBadStatusException) as caught:
            door.web_socket(origin=origin)
        assert caught.value.status_code == 403
        assert json.loads(caught.value.resp_body)["code"] == "forbidden"
    assert door.log.read_text().count("evil.example") == 1


def test_an_allowed_page_may_connect_by_polling_and_by_web_socket(door: Doorway) -> None:
    for origin in (SCHOOL, door.url):
        polled = requests.get(door.url + OPEN_POLLING, headers={"Origin": origin}, timeout=30)
        assert polled.status_code == 200
        assert polled.headers["Access-Control-Allow-Origin"] == origin
        with contextlib.closing(door.web_socket(origin=origin)) as web_socket:
            assert web_socket.recv().startswith("0{")


def test_only_the_web_socket_of_the_standard_is_spoken(door: Doorway) -> None:
    draft = (
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: us.example\r\n"
        "Connection: Upgrade, close\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key1: 1 2\r\n"
        "Sec-WebSocket-Key2: 1 2\r\nOrigin: https://school.example\r\n\r\n12345678"
    )
    with door.connect(draft.encode()) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 400")


def dead_after(connection: websocket.WebSocket) -> float:
    """Seconds until the other side ends one of whom it gets no sign of life."""
    begun = time.monotonic()
    until(lambda: has_ended(connection.sock))
    connection.shutdown()
    return time.monotonic() - begun


@pytest.mark.parametrize("path", ["/ws/frames", "/"])
def test_a_peer_that_is_gone_without_a_word_is_ended(hasty_door: Doorway, path: str) -> None:
    files = psutil.Process(hasty_door.process.pid).num_fds()
    # Nobody reads, and so nobody answers a ping.
    assert dead_after(hasty_door.raw_web_socket(path)) > 0.5
    half_sent = hasty_door.raw_web_socket(path)
    half_sent.sock.sendall(b"\x81\xfe\x10\x00")
    trickling(half_sent.sock)
    assert dead_after(half_sent) > 0.5
    until(lambda: psutil.Process(hasty_door.process.pid).num_fds() <= files)


@pytest.mark.parametrize("path", ["/ws/frames", "/"])
def test_a_peer_that_answers_pings_may_say_nothing_else(hasty_door: Doorway, path: str) -> None:
    with contextlib.closing(hasty_door.raw_web_socket(path)) as connection:
        pings = 0
        while pings < 4:
            kind, _ = connection.recv_data(control_frame=True)
            pings += kind == websocket.ABNF.OPCODE_PING
        connection.send("{")
        told = ""
        while "invalid_payload" not in told:
            told = connection.recv()


def test_a_raw_web_socket_is_counted_and_its_place_is_free_again(narrow_door: Doorway) -> None:
    opened: list[websocket.WebSocket] = []

    def come(query: str = "") -> bool:
        return succeeds(lambda: opened.append(narrow_door.raw_web_socket(f"/ws/frames{query}")))

    until(lambda: not come())
    assert 0 < len(opened) <= FEW
    for connection in opened:
        connection.close()
    until(come)
    # Who has a token leaves the place to others.
    for number in range(3 * FEW):
        until(lambda number=number: come(f"?token={token(sub=str(number))}"))
    for connection in opened:
        connection.shutdown()


def hang_up(door: Doorway) -> None:
    door.learner(token=token()).shutdown()


def say_goodbye(door: Doorway) -> None:
    learner = door.learner(token=token())
    learner.send("1")
    learner.close()


def reset(door: Doorway) -> None:
    web_socket = door.web_socket()
    web_socket.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    web_socket.shutdown()


def send_nonsense(door: Doorway) -> None:
    with contextlib.closing(door.web_socket()) as web_socket:
        web_socket.send_binary(b"\xff" * 100)


def be_refused(door: Doorway) -> None:
    with contextlib.closing(door.web_socket()) as web_socket:
        web_socket.recv()
        web_socket.send('40{"token":"no"}')
        assert "unauthorized" in web_socket.recv()


def poll_and_close(door: Doorway) -> None:
    answer = requests.post(f"{door.url}{OPEN_POLLING}&sid={door.poll()}", data="1", timeout=30)
    assert answer.status_code == 200


def send_half_a_request(door: Doorway) -> None:
    door.connect(REQUEST).close()


@pytest.mark.parametrize(
    "come_and_go",
    [
        hang_up,
        say_goodbye,
        reset,
        send_nonsense,
        be_refused,
        poll_and_close,
        send_half_a_request,
    ],
)
def test_whatever_way_a_connection_ends_its_place_is_free(
    narrow_door: Doorway, come_and_go: Callable[[Doorway], None]
) -> None:
    for _ in range(2 * FEW):
        until(lambda: succeeds(lambda: come_and_go(narrow_door)))


def test_what_a_library_says_of_a_connection_s_end_is_not_gathered(door: Doorway) -> None:
    for _ in range(3):
        send_nonsense(door)
    assert requests.get(f"{door.url}/healthz", timeout=30).status_code == 200
    assert "shutdown error" not in door.log.read_text()


def succeeds(act: Callable[[], None]) -> bool:
    """False where there was no place, for the moment."""
    try:
        act()
    except (AssertionError, OSError, websocket.WebSocketException) as error:
        if "rate_limited" not in str(error) and "429" not in str(error):
            raise
        return False
    return True


def test_one_connection_too_many_is_told_so(narrow_door: Doorway) -> None:
    def refusal() -> bytes:
        return narrow_door.answer_to(REQUEST + b"Connection: close\r\n\r\n")

    until(lambda: b"200 OK" in refusal())
    half_open = [narrow_door.connect() for _ in range(FEW)]
    until(lambda: refusal().startswith(b"HTTP/1.1 429"))
    assert b'"code": "rate_limited"' in refusal()
    for connection in half_open:
        connection.close()
    until(lambda: b"200 OK" in refusal())


def test_who_polls_is_counted_too(narrow_door: Doorway) -> None:
    names: list[str] = []
    until(lambda: not succeeds(lambda: names.append(narrow_door.poll())))
    assert 0 < len(names) <= FEW
    answer = requests.get(narrow_door.url + OPEN_POLLING, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer.headers["Retry-After"]
    for name in names:
        requests.post(f"{narrow_door.url}{OPEN_POLLING}&sid={name}", data="1", timeout=30)


def test_who_has_a_token_leaves_the_place_to_others(narrow_door: Doorway) -> None:
    learners: list[websocket.WebSocket] = []
    while len(learners) < 3 * FEW:
        good = token(sub=str(len(learners)))
        until(lambda good=good: succeeds(lambda: learners.append(narrow_door.learner(token=good))))
    assert all(learner.connected for learner in learners)
    for learner in learners:
        learner.close()


def test_too_few_files_end_no_listening() -> None:
    """For as long as there are none, connections wait."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    slept: list[float] = []

    def give_files_back(seconds: float) -> None:
        slept.append(seconds)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
    ):
        resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, limits[1]))
        try:
            accepted, peer = PatientListener(listening, give_files_back).accept()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        accepted.close()
        assert peer == client.getsockname()
    assert len(slept) == 1


def test_a_listener_that_is_of_no_use_says_so() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    listening.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        PatientListener(listening, time.sleep).accept()
