"""Every event of the Socket.IO face, with arguments that nobody should send."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile.examples import some_examples
from hostile.hostile_values import FIELDS, IDS, VALUE, arguments
from hostile.stranger import CODES, Stranger
from service import RunningService


@pytest.fixture(scope="module")
def stranger(service: RunningService) -> Iterator[Stranger]:
    made = Stranger(service)
    yield made
    made.close()


@pytest.mark.parametrize("tracking", [False, True], ids=["before a session", "in a session"])
@pytest.mark.parametrize("event", FIELDS)
@some_examples
@given(data=st.data())
def test_every_event_is_acknowledged_and_errors_have_a_code(
    stranger: Stranger, event: str, tracking: bool, data: st.DataObject
) -> None:
    if tracking:
        stranger.ask("start_tracking", [IDS])
    answer, errors = stranger.ask(event, data.draw(arguments(event)))
    assert answer is None or answer["status"] in ("processed", "rejected", "rate_limited")
    assert {error["code"] for error in errors} <= CODES
    assert all(error["message"] and len(error["message"]) < 1000 for error in errors)
    if not tracking:
        stranger.ask("stop_tracking", [])


@pytest.mark.parametrize("ids", [["user_id"], ["module_id"], ["user_id", "module_id"]])
@some_examples
@given(wrong=VALUE)
def test_a_session_needs_ids_of_the_right_kind(
    stranger: Stranger, ids: list[str], wrong: object
) -> None:
    answer, errors = stranger.ask("start_tracking", [{**IDS, **dict.fromkeys(ids, wrong)}])
    whole = isinstance(wrong, float) and wrong.is_integer()
    kind = whole or (isinstance(wrong, int | str) and not isinstance(wrong, bool))
    assert kind or [error["code"] for error in errors] == ["invalid_payload"]
    assert kind or answer["status"] == "rejected"
