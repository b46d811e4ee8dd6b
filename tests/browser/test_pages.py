"""What the service serves to browsers, without one."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eyelearn.protocols import pages
from eyelearn.settings import ROOT, Settings


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    settings = Settings(_env_file=None, allowed_origins="https://a.example,https://b.example")
    app.register_blueprint(pages.pages(settings))
    return app.test_client()


@pytest.mark.parametrize("address", [*pages.FOCUS_PAGE, pages.CLIENT_PATH])
def test_an_unchanged_file_is_not_sent_twice(client: FlaskClient, address: str) -> None:
    first = client.get(address)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_the_page_holds_no_inline_code_and_its_policy_allows_none(client: FlaskClient) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'self' https://a.example https://b.example" in policy
    assert " style=" not in answer.text
    assert answer.text.count("<script") == answer.text.count("<script src=")


def test_every_platform_may_load_the_client(client: FlaskClient) -> None:
    assert client.get(pages.CLIENT_PATH).headers["Access-Control-Allow-Origin"] == "*"


def test_socket_io_comes_from_the_cdn_where_npm_did_not_install_it(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pages, "SOCKET_IO", tmp_path / "missing.js")
    answer = client.get("/socket.io.min.js")
    assert (answer.status_code, answer.headers["Location"]) == (302, pages.SOCKET_IO_CDN)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_socket_io_has_one_version_everywhere() -> None:
    version = json.loads((ROOT / "package.json").read_text())["dependencies"]["socket.io-client"]
    assert f"SOCKET_IO_VERSION = '{version}'" in pages.CLIENT.read_text()
    assert f"socket.io-client@{version}/" in pages.SOCKET_IO_CDN


def test_the_client_s_integrity_hash_is_of_what_npm_installs(client: FlaskClient) -> None:
    if not pages.SOCKET_IO.is_file():
        pytest.skip("npm has not installed the browser libraries")
    digest = hashlib.sha384(client.get("/socket.io.min.js").data).digest()
    assert f"sha384-{base64.b64encode(digest).decode()}" in pages.CLIENT.read_text()
