"""The platform's page, asked by a real request that changes nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from databases import MariadbServer
from eyelearn.diagnosis import endpoint
from eyelearn.diagnosis.check import FAILURE, OK, WARNING
from eyelearn.diagnosis.endpoint import reached
from php_platform import running_platform
from service import free_port

NAME = "PHP endpoint"
SECRET = "hunter2"


class Page(ThreadingHTTPServer):
    """Answers every request with this status; `asked` holds method and path of each."""

    daemon_threads = True

    def __init__(self, status: int) -> None:
        self.asked: list[str] = []
        page = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                page.asked.append(f"{self.command} {self.path}")
                self.send_response(status)
                if status == 301:
                    self.send_header("Location", f"https://school.example/?token={SECRET}")
                self.end_headers()

            do_GET = do_HEAD = do_POST = do_OPTIONS = answer  # noqa: N815  # names of the library

            def log_message(self, *_: object) -> None:
                """Nothing."""

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/save.php"


@pytest.fixture
def page() -> Iterator[Callable[[int], Page]]:
    """A function that starts one."""
    with contextlib.ExitStack() as stack:

        def start(status: int) -> Page:
            page = stack.enter_context(Page(status))
            threading.Thread(target=page.serve_forever, args=(0.02,), daemon=True).start()
            stack.callback(page.shutdown)
            return page

        yield start


@pytest.mark.parametrize(
    ("http_status", "status", "mend"),
    [
        (200, OK, ""),
        (405, OK, ""),
        (501, OK, ""),
        (301, WARNING, "set PHP_ENDPOINT to the address that it leads to"),
        (403, WARNING, "let this service's address through"),
        (404, FAILURE, "save_enhanced_tracking.php"),
        (500, FAILURE, "error log"),
        (503, FAILURE, "error log"),
    ],
)
def test_the_answer_says_whether_the_page_is_there(
    page: Callable[[int], Page], http_status: int, status: str, mend: str
) -> None:
    asked = page(http_status)
    check = reached(NAME, asked.url)
    assert check.status == status
    assert f"HTTP {http_status}" in check.found
    assert mend in check.mend
    assert SECRET not in str(check)


def test_the_page_is_only_looked_at(page: Callable[[int], Page]) -> None:
    asked = page(200)
    reached(NAME, asked.url)
    assert asked.asked == ["HEAD /save.php"]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://ann:hunter2@127.0.0.1:{}/x?token=hunter2", "http://127.0.0.1:{}/x: no connection"),
        ("http://nowhere.invalid/x?token=hunter2", "http://nowhere.invalid/x: no such name"),
        ("http://127.0.0.1:99999/hunter2@x", "is no address that can be asked"),
        ("https://127.0.0.1:{}/x", "https://127.0.0.1:{}/x: no connection"),
    ],
)
def test_a_page_out_of_reach_is_told_without_password_and_query(address: str, told: str) -> None:
    port = free_port()
    check = reached(NAME, address.format(port))
    assert check.status == FAILURE
    assert told.format(port) in check.found
    assert SECRET not in str(check)


def test_a_page_without_tls_where_it_is_asked_for_is_told(page: Callable[[int], Page]) -> None:
    check = reached(NAME, page(200).url.replace("http:", "https:"))
    assert check.status == FAILURE
    assert "TLS fails" in check.found


def test_a_page_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "ANSWER_SECONDS", 0.1)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        check = reached(NAME, f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert check.status == FAILURE
    assert "no answer in 0.1 s" in check.found


def test_our_own_page_is_reached_and_saves_nothing(mariadb_server: MariadbServer) -> None:
    with running_platform(mariadb_server) as platform:
        check = reached(NAME, platform.save_url)
        assert check.status == OK
        assert check.found.endswith("HTTP 405")
        assert platform.sessions() == []
