from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eyelearn.protocols import landmark_frame, pages
from eyelearn.settings import Settings

SCHOOL = "https://school.example"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    settings = Settings(_env_file=None, allowed_origins=SCHOOL)
    app.register_blueprint(pages.pages(settings))
    app.register_blueprint(landmark_frame.landmark_frame(settings))
    return app.test_client()


@pytest.mark.parametrize("address", landmark_frame.PAGE)
def test_the_frame_s_files_are_revalidated(client: FlaskClient, address: str) -> None:
    first = client.get(address)
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "no-cache")
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_the_frame_films_on_the_platform_s_pages_and_runs_scripts_and_workers_of_ours_alone(
    client: FlaskClient,
) -> None:
    answer = client.get(landmark_frame.PAGE_PATH)
    assert answer.headers["Permissions-Policy"].startswith("camera=(self)")
    assert answer.headers["Content-Security-Policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        f"frame-ancestors 'self' {SCHOOL}",
    ]


def test_the_frame_is_made_of_files_that_are_served(client: FlaskClient) -> None:
    page = client.get(landmark_frame.PAGE_PATH).text
    for address in (pages.CLIENT_PATH, "/landmark-frame.js"):
        assert f'<script src="{address}"' in page
        assert client.get(address).status_code == 200
    assert page.count("<script") == 2
