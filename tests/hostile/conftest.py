"""One service for the room, and a learner beside the strangers who must not notice them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostile.bystander import Bystander
from service import RunningService, running_service

# What is sent here is to be read, and not refused for coming too often; who sends half a request
# is not waited for long.
ENVIRONMENT = {
    "INFERENCE_WORKERS": "1",
    "MAX_CLIENT_FPS": "1000",
    "MAX_EVENTS_PER_SECOND": "100000",
    "HANDSHAKE_SECONDS": "1",
}
LEAST_SHARE = 0.95


@pytest.fixture(scope="package")
def service() -> Iterator[RunningService]:
    with running_service(ENVIRONMENT) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def bystander(service: RunningService) -> Iterator[Bystander]:
    """At the end of each module: they got their updates, and the service never fell."""
    with Bystander(service) as beside:
        yield beside
        beside.film_once_more()
    assert beside.share >= LEAST_SHARE, f"{beside.told} updates for {beside.sent} frames"
    assert beside.errors == []
    assert service.process.poll() is None
