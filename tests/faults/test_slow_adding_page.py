"""A page that adds up, and takes its time, while the service dies or is stopped."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lesson import ATTENTIVE
from totals import SAVED_SECONDS, owes_nothing

from endpoints import RecordingEndpoint, recording_endpoint
from integration.learner import Learner
from service import RunningService, running_service
from waiting import until

# Longer than SIGTERM waits here, and shorter than the parting keeper does.
ANSWER_SECONDS = 3.0
ROUNDING_SECONDS = 0.5


def kill(service: RunningService) -> None:
    service.kill()


def terminate(service: RunningService) -> None:
    assert service.terminate() == 0


@pytest.mark.parametrize("end", [kill, terminate])
def test_what_is_on_its_way_when_the_service_ends_is_added_once(
    end: Callable[[RunningService], None],
) -> None:
    with (
        recording_endpoint(delay_seconds=ANSWER_SECONDS) as endpoint,
        running_service(
            {
                "PHP_ENDPOINT": endpoint.url,
                "SAVE_MODE": "delta",
                "FLUSH_INTERVAL_SECONDS": "1",
                "SHUTDOWN_SECONDS": "1",
                "INFERENCE_WORKERS": "1",
            }
        ) as service,
    ):
        endpoint.mode = "adds_up"
        learner = Learner(service.url)
        session_id = learner.start()["session_id"]
        while not endpoint.bodies:
            learner.watch(ATTENTIVE[:3], fps=5.0)
        end(service)
        learner.close()
        endpoint.delay_seconds = 0.0
        service.start()
        with Learner(service.url) as again:
            assert again.start(session_id=session_id)["resumed"]
            again.watch(ATTENTIVE, fps=5.0)
            told = again.ask("stop_tracking", None, "tracking_stopped")["metrics"]
        until(lambda: owes_nothing(service), SAVED_SECONDS)
        assert added(endpoint, "focused_time") == near(told["focused_time"])
        assert added(endpoint, "unfocused_time") == near(told["unfocused_time"])


def added(endpoint: RecordingEndpoint, state: str) -> float:
    return sum(body[state] for body in endpoint.bodies)


def near(seconds: float) -> object:
    return pytest.approx(seconds, abs=ROUNDING_SECONDS + 0.001)
