"""What is for admins, and what every answer carries, of the service as it is put together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eyelearn.app import create_app
from eyelearn.concurrency import threads
from eyelearn.protocols.admin import admin_only
from eyelearn.settings import Settings

TOKEN = "a token that only the operator knows"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}
PRIVATE = {"sessions", "workers", "saving"}
WRONG = [
    {},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer "},
    {"Authorization": f"Basic {TOKEN}"},
    {"Authorization": TOKEN},
    {"Authorization": f"Bearer {TOKEN[:-1]}"},
    {"Authorization": "Bearer nön-äscii"},
]


def client(**settings: Any) -> FlaskClient:
    values = {"database_url": "sqlite:///:memory:", **settings}
    application = create_app(Settings(_env_file=None, **values), threads(), "threading")
    return application.flask.test_client()


@pytest.fixture(scope="module")
def production() -> FlaskClient:
    return client(environment="production", admin_token=TOKEN, trusted_proxies="127.0.0.1")


@pytest.mark.parametrize("headers", WRONG)
def test_a_stranger_learns_whether_it_is_ready_and_no_more(
    production: FlaskClient, headers: dict[str, str]
) -> None:
    told = production.get("/readyz", headers=headers).json
    assert set(told) == {"status", "warnings"}
    assert {"code": "sqlite_in_production"} in told["warnings"]


def test_an_admin_learns_all(production: FlaskClient) -> None:
    told = production.get("/readyz", headers=RIGHT).json
    assert set(told) > PRIVATE
    assert all(warning["message"] for warning in told["warnings"])


def test_without_a_token_status_is_open_in_development_and_closed_in_production() -> None:
    assert set(client().get("/readyz").json) > PRIVATE
    closed = client(environment="production").get("/readyz", headers=RIGHT)
    assert not set(closed.json) & PRIVATE


def test_pages_for_admins_ask_for_the_token() -> None:
    app = Flask(__name__)
    settings = Settings(_env_file=None, admin_token=TOKEN)
    app.add_url_rule("/sessions", view_func=admin_only(settings)(lambda: {"ids": []}))
    asked = app.test_client().get("/sessions")
    assert (asked.status_code, asked.json["code"]) == (401, "unauthorized")
    assert asked.headers["WWW-Authenticate"] == "Bearer"
    assert app.test_client().get("/sessions", headers=RIGHT).json == {"ids": []}


@pytest.mark.parametrize(
    "address",
    ["/", "/focus.js", "/healthz", "/readyz", "/missing", "/socket.io/?EIO=4", "/socket.io/?EIO=3"],
)
def test_every_answer_says_what_browsers_may_not_do(production: FlaskClient, address: str) -> None:
    headers = production.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "Server" not in headers


def test_only_pages_that_film_may_ask_for_the_camera(production: FlaskClient) -> None:
    for page in ("/", "/test"):
        headers = production.get(page, headers={"Accept": "text/html"}).headers
        assert "camera=(self)" in headers["Permissions-Policy"]
    assert "camera=()" in production.get("/missing").headers["Permissions-Policy"]


def test_what_changes_is_not_kept(production: FlaskClient) -> None:
    for address in ("/readyz", "/healthz", "/missing", "/socket.io/?EIO=4"):
        assert production.get(address).headers["Cache-Control"] == "no-store"


def test_https_is_asked_for_where_it_was_used(production: FlaskClient) -> None:
    asked = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.5"}
    assert "Strict-Transport-Security" in production.get("/", headers=asked).headers
    assert "Strict-Transport-Security" not in production.get("/").headers
    stranger = {"REMOTE_ADDR": "203.0.113.5"}
    answer = production.get("/", headers=asked, environ_overrides=stranger)
    assert "Strict-Transport-Security" not in answer.headers


def test_a_face_that_is_not_enabled_has_no_pages() -> None:
    without = client(enabled_faces="frames")
    addresses = ("/", "/focus.js", "/test", "/health", "/sessions", "/healthz")
    told = [without.get(address).status_code for address in addresses]
    assert told == [404] * 5 + [200]


def test_the_root_is_a_page_for_browsers_and_health_for_anything_else() -> None:
    both, expressions_alone = client(), client(enabled_faces="expressions")
    html = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
    assert "EyeLearn" in both.get("/", headers=html).text
    assert expressions_alone.get("/", headers=html).headers["Location"] == "/test"
    for service in (both, expressions_alone):
        assert service.get("/").json == service.get("/health").json
        assert service.get("/", headers={"Accept": "*/*"}).json["status"] == "healthy"


def test_a_face_that_is_not_enabled_says_so_to_who_connects() -> None:
    without = client(enabled_faces="frames")
    opened = without.get("/socket.io/?EIO=4&transport=polling").text
    address = f"/socket.io/?EIO=4&transport=polling&sid={json.loads(opened[1:])['sid']}"
    without.post(address, data="40")
    told = without.get(address).text
    assert json.loads(told.removeprefix("44"))["data"]["code"] == "forbidden"
