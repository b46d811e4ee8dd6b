"""`FORWARD_EACH_RESULT=1`: the platform's page is told every result, besides the saves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from endpoints import RecordingEndpoint
from integration.older_clients import RestClient, ask, framed, web_socket
from service import RunningService, running_service
from waiting import until

SETTINGS = {"INFERENCE_WORKERS": "1", "FLUSH_INTERVAL_SECONDS": "0.5", "SAVE_SECRET": "shared" * 4}


@pytest.fixture(scope="module")
def page() -> Iterator[RecordingEndpoint]:
    made = RecordingEndpoint()
    made.mode = "adds_up"
    yield made
    made.close()


@pytest.fixture(scope="module")
def service(page: RecordingEndpoint) -> Iterator[RunningService]:
    settings = {**SETTINGS, "FORWARD_EACH_RESULT": "1", "TRACKING_SAVE_URL": page.url}
    with running_service(settings) as running:
        yield running


def forwarded(page: RecordingEndpoint) -> list[dict[str, Any]]:
    return [body for body in page.bodies if "status" in body]


def test_every_answer_is_posted_as_it_is_and_saves_go_on(
    service: RunningService, page: RecordingEndpoint
) -> None:
    answers = [RestClient(service).frame(frame_id=number) for number in range(3)]
    with web_socket(service, "/ws/frames") as connection:
        answers.append(ask(connection, framed(frame_id=3)))
    until(lambda: len(forwarded(page)) == len(answers))
    assert sorted(forwarded(page), key=lambda body: body["frame_id"]) == answers
    until(lambda: any("revision" in body for body in page.bodies))
    at = page.bodies.index(forwarded(page)[0])
    assert "X-EyeLearn-Signature" in page.headers[at]


def test_what_is_refused_is_not_posted(service: RunningService, page: RecordingEndpoint) -> None:
    client, before = RestClient(service), len(forwarded(page))
    assert client.post(json=framed(b"no picture")).status_code == 422
    client.frame()
    until(lambda: len(forwarded(page)) == before + 1)


def test_a_page_that_takes_nothing_costs_nobody_an_answer(
    service: RunningService, page: RecordingEndpoint
) -> None:
    page.mode = "error"
    told = RestClient(service).film(0.5, user_id="somebody")
    assert told["success"] is True
    until(lambda: "results were not forwarded" in service.log)
    assert "somebody" not in service.log
