"""Whose picture it is, whether it may be taken, and what is told where it was not judged."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from eyelearn.errors import (
    EyeLearnError,
    Forbidden,
    FrameTooLarge,
    InvalidPayload,
    NotTracking,
    Overloaded,
    RateLimited,
    Superseded,
    Unauthorized,
    UndecodableFrame,
)
from eyelearn.protocols.frames import Frames, Told, echo_of
from eyelearn.protocols.handshakes import Handshakes
from eyelearn.protocols.identity import Identity
from eyelearn.protocols.newcomers import Newcomers
from eyelearn.protocols.pace import Pace
from eyelearn.settings import Settings
from test_session_service import Sitting

HERE, THERE = "203.0.113.5", "203.0.113.6"
SETTINGS = Settings(_env_file=None)
USER = Identity("1", None, expires=2**53)
EXPIRED = Identity("1", None, expires=0)


class Desk:
    """Frames over a session service whose clock and judgements are the test's."""

    def __init__(self) -> None:
        self.sitting = Sitting()
        self.forwarded: list[dict[str, Any]] = []
        self.slept: list[float] = []
        newcomers = Newcomers(
            Pace.of_all_strangers(), Handshakes(self.slept.append), self.slept.append
        )
        self.frames = Frames(self.sitting.service, SETTINGS, newcomers, self.forwarded.append)

    def take(
        self, address: str = HERE, identity: Identity | None = None, **fields: Any
    ) -> dict[str, Any] | EyeLearnError:
        """What is told of one picture, a second after the one before."""
        self.sitting.now += 1.0
        told: list[Told] = []
        message = {"frame": "AAAA", "user_id": 1, "module_id": 2, **fields}
        self.frames.take(message, {"REMOTE_ADDR": address}, identity, told.append)
        return told[0].outcome

    def session_of(self, **fields: Any) -> str:
        told = self.take(**fields)
        assert isinstance(told, dict)
        return str(told["session_id"])

    def judge_by(self, outcome: Callable[[], Any]) -> None:
        """From now on the pool tells this of each picture."""
        self.sitting.pool.submit = (  # type: ignore[method-assign]
            lambda _session, _frame, tell, _request: tell(outcome())
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_ids_are_compared_as_strings_and_told_as_they_came(desk: Desk) -> None:
    first = desk.session_of(user_id=1, module_id=2, section_id=3)
    assert desk.session_of(user_id="1", module_id="2", section_id="3") == first
    told = desk.take(user_id="1", module_id=2, section_id="3")
    assert isinstance(told, dict)
    assert (told["user_id"], told["module_id"], told["section_id"]) == ("1", 2, "3")


@pytest.mark.parametrize(
    "other",
    [
        {"user_id": 2},
        {"module_id": 3},
        {"section_id": 1},
        {"section_id": "None"},
        {"section_id": "="},
        {"address": THERE},
    ],
)
def test_whatever_differs_makes_another_session(desk: Desk, other: dict[str, Any]) -> None:
    assert desk.session_of(**other) != desk.session_of()


def test_no_two_learners_have_one_name_together(desk: Desk) -> None:
    one = desk.session_of(user_id="a=", module_id="b")
    assert desk.session_of(user_id="a", module_id="=b") != one
    with pytest.raises(InvalidPayload):
        desk.take(user_id="a\x1fb", module_id="c")


def test_what_is_refused_begins_no_session(desk: Desk) -> None:
    with pytest.raises(FrameTooLarge):
        desk.take(frame="A" * (SETTINGS.max_frame_kb * 1024 * 4 // 3 + 8))
    with pytest.raises(Forbidden):
        desk.take(user_id=2, identity=USER)
    with pytest.raises(Unauthorized):
        desk.take(identity=EXPIRED)
    assert desk.sitting.service.alive_count == 0


def test_a_picture_that_was_overtaken_is_answered_with_what_was_told_last(desk: Desk) -> None:
    judged = desk.take()
    desk.judge_by(Superseded)
    again = desk.take(frame_id="second")
    assert isinstance(judged, dict)
    assert isinstance(again, dict)
    assert (again["judged"], again["frame_id"]) == (False, "second")
    assert again["status"] == judged["status"]
    assert again["metrics"] == judged["metrics"]


def test_where_nothing_was_told_yet_it_is_one_too_many(desk: Desk) -> None:
    desk.judge_by(Superseded)
    assert isinstance(desk.take(), RateLimited)


def test_a_session_that_ended_meanwhile_is_worth_another_try(desk: Desk) -> None:
    desk.judge_by(lambda: NotTracking("video_frame"))
    assert isinstance(desk.take(), Overloaded)


def test_other_errors_are_told_as_they_are(desk: Desk) -> None:
    desk.judge_by(lambda: UndecodableFrame("no picture"))
    assert isinstance(desk.take(), UndecodableFrame)


@pytest.mark.parametrize(
    ("identity", "fields"),
    [
        (USER, {"user_id": 2}),
        (USER, {"user_id": "01"}),
        (Identity("1", "2", expires=2**53), {"module_id": 3}),
    ],
)
def test_a_token_is_for_one_learner_and_one_module(
    desk: Desk, identity: Identity, fields: dict[str, Any]
) -> None:
    desk.take(identity=identity)
    with pytest.raises(Forbidden):
        desk.take(identity=identity, **fields)


def test_a_session_outlives_its_token_until_it_ends(desk: Desk) -> None:
    begun = desk.session_of(identity=USER)
    assert desk.session_of(identity=EXPIRED) == begun
    desk.sitting.pause(61.0)
    with pytest.raises(Unauthorized):
        desk.take(identity=EXPIRED)
    assert desk.session_of(identity=USER) == begun


def test_another_learner_s_session_is_not_taken_over_by_its_id(desk: Desk) -> None:
    theirs = desk.session_of(user_id=2)
    assert desk.session_of(user_id=1, session_id=theirs) != theirs
    assert desk.session_of(user_id=2) == theirs


def test_only_what_was_judged_is_forwarded(desk: Desk) -> None:
    judged = desk.take()
    desk.judge_by(Superseded)
    assert isinstance(desk.take(), dict)
    desk.judge_by(lambda: UndecodableFrame("no picture"))
    desk.take()
    assert desk.forwarded == [judged]


def test_who_begins_waits_for_a_turn_and_who_goes_on_does_not(desk: Desk) -> None:
    desk.take()
    for number in range(300):
        try:
            desk.take(user_id=f"new {number}")
        except RateLimited:
            break
    assert desk.slept
    desk.slept.clear()
    desk.take()
    assert desk.slept == []


@pytest.mark.parametrize("frame_id", ["a", "", "x" * 128, 5, -1, 0.5, 2**63 - 1, 1e90])
def test_what_a_wrong_message_calls_itself_is_echoed(frame_id: object) -> None:
    assert echo_of({"frame_id": frame_id}) == {"frame_id": frame_id}


@pytest.mark.parametrize(
    "frame_id", [None, "x" * 129, "\ud800", True, [], {}, float("nan"), float("inf"), 10**400]
)
def test_what_no_answer_could_hold_is_not_echoed(frame_id: object) -> None:
    assert echo_of({"frame_id": frame_id}) == {}
    assert echo_of({}) == {}


@pytest.mark.parametrize("large", [2**63, -(2**64), 10**90])
def test_an_integer_that_no_answer_could_hold_is_echoed_as_a_number(desk: Desk, large: int) -> None:
    told = desk.take(frame_id=large, timestamp=large)
    assert isinstance(told, dict)
    assert json.loads(orjson.dumps(told))["frame_id"] == float(large)
    assert json.loads(orjson.dumps(echo_of({"frame_id": large}))) == {"frame_id": float(large)}


def test_made_up_values_are_told_where_none_came(desk: Desk) -> None:
    told = desk.take()
    assert isinstance(told, dict)
    assert told["frame_id"]
    assert told["timestamp"][:4] == time.strftime("%Y", time.gmtime())
