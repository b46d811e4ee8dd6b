"""The reference client as it is served: its policy, its service's address, its cache."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eyelearn.protocols.frames_page import CLIENT, PATH, frames_page
from eyelearn.settings import Settings

ELSEWHERE = "https://focus.example/eyelearn"


def client(**settings: str) -> FlaskClient:
    flask = Flask(__name__)
    flask.register_blueprint(frames_page(Settings(_env_file=None, **settings)))
    return flask.test_client()


def policy(answer: TestResponse) -> dict[str, str]:
    """By the name of each directive."""
    directives = answer.headers["Content-Security-Policy"].split("; ")
    return dict(directive.partition(" ")[::2] for directive in directives)


@pytest.mark.parametrize("kind", ["script", "style"])
@pytest.mark.parametrize("address", ["", ELSEWHERE])
def test_the_policy_has_the_hash_of_each_inline_part_and_allows_no_other(
    kind: str, address: str
) -> None:
    answer = client(python_service_url=address).get(PATH)
    parts = re.findall(rf"<{kind}[^>]*>(.*?)</{kind}>", answer.text, re.DOTALL)
    digests = [hashlib.sha256(part.encode()).digest() for part in parts]
    hashes = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    assert hashes
    assert policy(answer)[f"{kind}-src"].split() == hashes
    assert policy(answer)["default-src"] == "'none'"


def test_no_part_of_the_page_needs_what_the_policy_forbids() -> None:
    page = client().get(PATH).text
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
    assert not re.search(r"<script[^>]+src=", page)


def test_the_address_of_the_service_is_told_and_may_be_connected_to() -> None:
    answer = client(python_service_url=f"{ELSEWHERE}/").get(PATH)
    assert f'<meta name="python-service-url" content="{ELSEWHERE}">' in answer.text
    # Without its path: that would allow the one page, and nothing below it.
    assert policy(answer)["connect-src"].split() == [
        "'self'",
        "ws:",
        "wss:",
        "https://focus.example",
    ]
    assert answer.text.replace(ELSEWHERE, "") == CLIENT.read_text()


def test_an_address_ends_no_attribute_of_the_page_and_no_directive_of_the_policy() -> None:
    hostile = 'https://a.example/"><script>alert(1)</script>'
    answer = client(python_service_url=hostile).get(PATH)
    assert "<script>alert" not in answer.text
    assert policy(answer).keys() == policy(client().get(PATH)).keys()


def test_only_pages_that_may_connect_may_show_it_in_a_frame() -> None:
    assert policy(client().get(PATH))["frame-ancestors"] == "'self'"
    answer = client(allowed_origins="https://school.example").get(PATH)
    assert policy(answer)["frame-ancestors"] == "'self' https://school.example"


def test_it_is_not_sent_again_where_it_is_the_same() -> None:
    first = client().get(PATH)
    again = client().get(PATH, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    moved = client(python_service_url=ELSEWHERE).get(
        PATH, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert moved.status_code == 200
    assert "no-cache" in first.headers["Cache-Control"]
