"""Face Mesh as browsers get it: from the files that npm installed, or else from the CDN."""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.client
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from eyelearn.app import create_app
from eyelearn.concurrency import threads
from eyelearn.protocols import face_mesh_files
from eyelearn.protocols.face_mesh_files import CDN, FILES, PACKAGE, WORKER, WORKER_PATH
from eyelearn.settings import ROOT, Settings
from service import running_service

MAX_DOWNLOAD_BYTES = 5_600_000
NAME = "face_mesh.js"
WASM = "face_mesh_solution_simd_wasm_bin.wasm"
EVAL = "unsafe-eval"
IN_THE_WORKER = re.compile(r"'([\w.]+)': '(sha384-[\w+/]+)',")

installed = pytest.mark.skipif(
    not PACKAGE.is_dir(), reason="npm has not installed the browser libraries"
)
with_worker = pytest.mark.skipif(
    not WORKER.is_file(), reason="there is no user/js/landmark-worker.js"
)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    settings = Settings(_env_file=None, database_url="sqlite:///:memory:")
    return create_app(settings, threads(), "threading").flask.test_client()


def integrity(name: str) -> str:
    """Of the file that is installed, as browsers are told it."""
    digest = hashlib.sha384((PACKAGE / name).read_bytes()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"


def address(name: str) -> str:
    key = integrity(name).removeprefix("sha384-")[:16].replace("+", "-").replace("/", "_")
    return f"/face-mesh/{key}/{name}"


@installed
@with_worker
def test_the_worker_s_integrity_hashes_are_of_what_npm_installs() -> None:
    assert dict(IN_THE_WORKER.findall(WORKER.read_text())) == {
        name: integrity(name) for name in FILES
    }


def test_face_mesh_has_one_version_everywhere() -> None:
    packages = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert CDN.endswith(f"@{packages['@mediapipe/face_mesh']}")


@installed
@pytest.mark.parametrize("name", FILES)
def test_a_file_comes_as_it_is_or_with_gzip(client: FlaskClient, name: str) -> None:
    content = (PACKAGE / name).read_bytes()
    plain = client.get(address(name))
    assert (plain.status_code, plain.data) == (200, content)
    assert "Content-Encoding" not in plain.headers
    packed = client.get(address(name), headers={"Accept-Encoding": "gzip, deflate, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == content
    for answer in (plain, packed):
        assert answer.content_length == len(answer.data)
        assert answer.headers["Vary"] == "Accept-Encoding"


@installed
@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip;q=0.5", "gzip"),
        ("*", "gzip"),
        ("br, *;q=0.1", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0, *", None),
        ("identity, gzip;q=0.5", None),
        ("br", None),
        ("", None),
    ],
)
def test_gzip_is_for_whom_it_suits(
    client: FlaskClient, accepted: str, encoding: str | None
) -> None:
    answer = client.get(address(NAME), headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding


@installed
def test_all_files_together_are_a_small_download(client: FlaskClient) -> None:
    packed = {"Accept-Encoding": "gzip"}
    sizes = [len(client.get(address(name), headers=packed).data) for name in FILES]
    assert sum(sizes) <= MAX_DOWNLOAD_BYTES


@installed
def test_every_page_may_read_the_files_and_keep_them_for_ever(client: FlaskClient) -> None:
    headers = client.get(address(WASM)).headers
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@installed
def test_browsers_compile_web_assembly_while_it_arrives(client: FlaskClient) -> None:
    assert client.get(address(WASM)).headers["Content-Type"] == "application/wasm"


@installed
def test_who_has_a_file_is_not_sent_it_again(client: FlaskClient) -> None:
    tag = client.get(address(NAME)).headers["ETag"]
    for accepted in ("gzip", "identity"):
        headers = {"If-None-Match": tag, "Accept-Encoding": accepted}
        again = client.get(address(NAME), headers=headers)
        assert (again.status_code, again.data) == (304, b"")


@installed
def test_head_tells_what_get_would_send(client: FlaskClient) -> None:
    got, told = client.get(address(NAME)), client.head(address(NAME))
    assert (told.status_code, told.data) == (200, b"")
    assert dict(told.headers) == dict(got.headers)


@installed
def test_another_version_s_address_is_missing_and_may_be_there_later(client: FlaskClient) -> None:
    answer = client.get(address(NAME).replace("/face-mesh/", "/face-mesh/x"))
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert answer.headers["Cache-Control"] == "no-store"


@installed
@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "face_mesh_solution_wasm_bin.wasm",
        "FACE_MESH.JS",
        "face_mesh.js/",
        "face_mesh.js%00",
        "./face_mesh.js",
        "..",
        "../face_mesh/face_mesh.js",
        "..%2fface_mesh%2fface_mesh.js",
        "..%5cface_mesh.js",
        "%2e%2e/%2e%2e/package.json",
        "%2fetc%2fpasswd",
    ],
)
def test_nothing_but_the_files_a_browser_loads_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(address(NAME).removesuffix(NAME) + name).status_code == 404


def test_the_files_come_from_the_cdn_where_npm_did_not_install_them(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(face_mesh_files, "PACKAGE", tmp_path)
    for name in FILES:
        answer = client.get(f"/face-mesh/any/{name}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{CDN}/{name}")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert client.get("/face-mesh/any/README.md").status_code == 404


@with_worker
def test_every_platform_may_load_the_worker_and_an_update_reaches_browsers_at_once(
    client: FlaskClient,
) -> None:
    answer = client.get(WORKER_PATH)
    assert (answer.data, answer.mimetype) == (WORKER.read_bytes(), "text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = client.get(WORKER_PATH, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@with_worker
def test_only_the_worker_may_make_code_of_text(client: FlaskClient) -> None:
    rules = client.application.url_map.iter_rules()
    addresses = {rule.rule for rule in rules if "GET" in rule.methods and not rule.arguments}
    addresses |= {f"/face-mesh/any/{NAME}", "/missing"}
    policies = {path: client.get(path).headers["Content-Security-Policy"] for path in addresses}
    assert {path for path, policy in policies.items() if EVAL in policy} == {WORKER_PATH}
    assert policies[WORKER_PATH].split("; ") == [
        "default-src 'none'",
        f"script-src blob: '{EVAL}'",
        "connect-src 'self' blob: https://cdn.jsdelivr.net",
    ]


@installed
def test_clients_that_ask_at_once_are_all_sent_the_whole_file() -> None:
    with running_service({"INFERENCE_WORKERS": "1"}) as service:

        def got(name: str, accepted: str) -> bytes:
            port = int(service.environment["PORT"])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", address(name), headers={"Accept-Encoding": accepted})
            content = connection.getresponse().read()
            connection.close()
            return gzip.decompress(content) if accepted == "gzip" else content

        with ThreadPoolExecutor(3 * len(FILES)) as clients:
            asked = [
                (name, clients.submit(got, name, accepted))
                for accepted in ("gzip", "gzip", "identity")
                for name in FILES
            ]
            for name, content in asked:
                assert content.result() == (PACKAGE / name).read_bytes(), name
