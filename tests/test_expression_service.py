"""Sessions of expressions, with judgements that come when the test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from eyelearn import expression_service
from eyelearn.errors import (
    EyeLearnError,
    Internal,
    Overloaded,
    RateLimited,
    SessionTaken,
    StreamingDisabled,
    Superseded,
    UndecodableFrame,
)
from eyelearn.expression_service import Expression, ExpressionService
from eyelearn.inference.ticket import Outcome
from eyelearn.processes.channel import Header
from eyelearn.settings import Settings
from eyelearn.vision.expressed import Expressed

PICTURE = b"picture"
UPLOAD = "data:image/png;base64,AAAA"


def expressing(name: str | None) -> Expressed:
    return Expressed(name, name is not None, [], {}, b"overlay")


class Pool:
    """asked: what was asked of it, and whom to tell."""

    def __init__(self) -> None:
        self.busy_share = 0.0
        self.asked: list[tuple[str, Header, Callable[[Outcome], None]]] = []
        self.released: list[str] = []
        self.jpeg: bytes | EyeLearnError = b"clean"

    def submit(
        self, key: str, _picture: bytes, tell: Callable[[Outcome], None], request: Header
    ) -> None:
        self.asked.append((key, request, tell))

    def visit(self, _picture: str, _request: Header) -> bytes:
        if isinstance(self.jpeg, EyeLearnError):
            raise self.jpeg
        return self.jpeg

    def release(self, key: str) -> None:
        self.released.append(key)


class Desk:
    def __init__(self, **settings: Any) -> None:
        self.now = 0.0
        self.pool = Pool()
        self.service = ExpressionService(
            Settings(_env_file=None, **settings),
            self.pool,  # type: ignore[arg-type]
            lambda: self.now,
        )
        self.session = self.service.open("one", None)
        self.told: list[Expression | EyeLearnError] = []

    def send(self) -> Callable[[Outcome], None]:
        """One picture; gives what judges it."""
        self.now += 1.0
        self.service.express(self.session, PICTURE, self.told.append)
        return self.pool.asked[-1][2]

    def show(self, name: str | None) -> Expression:
        """A picture that is judged at once."""
        self.send()(expressing(name))
        told = self.told[-1]
        assert isinstance(told, Expression)
        return told


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_image_is_shown_when_its_expression_begins_and_not_as_long_as_it_lasts(
    desk: Desk,
) -> None:
    desk.service.upload(desk.session, "smiling", UPLOAD)
    names = ["smiling", "smiling", "fist", "smiling"]
    assert [desk.show(name).image for name in names] == ["Y2xlYW4=", None, None, "Y2xlYW4="]


def test_a_face_that_is_gone_for_a_picture_begins_its_expression_anew(desk: Desk) -> None:
    desk.service.upload(desk.session, "smiling", UPLOAD)
    assert [desk.show(name).image for name in ("smiling", None, "smiling")] == [
        "Y2xlYW4=",
        None,
        "Y2xlYW4=",
    ]


def test_an_image_for_what_is_expressed_just_now_is_shown_at_once(desk: Desk) -> None:
    desk.show("smiling")
    desk.service.upload(desk.session, "smiling", UPLOAD)
    assert desk.show("smiling").image == "Y2xlYW4="


def test_an_image_that_is_none_leaves_the_one_before_it(desk: Desk) -> None:
    desk.service.upload(desk.session, "smiling", UPLOAD)
    desk.pool.jpeg = UndecodableFrame("damaged")
    with pytest.raises(UndecodableFrame):
        desk.service.upload(desk.session, "smiling", UPLOAD)
    assert desk.show("smiling").image == "Y2xlYW4="


def test_images_of_all_sessions_together_are_bounded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expression_service, "MAX_IMAGE_BYTES", 20)
    desk.service.upload(desk.session, "smiling", UPLOAD)
    desk.service.upload(desk.session, "smiling", UPLOAD)
    other = desk.service.open("other", None)
    desk.service.upload(other, "fist", UPLOAD)
    with pytest.raises(Overloaded):
        desk.service.upload(other, "smiling", UPLOAD)
    assert list(other.images) == ["fist"]
    desk.service.close(desk.session)
    desk.service.upload(other, "smiling", UPLOAD)
    desk.service.clear_images(other)
    for name in ("smiling", "fist"):
        desk.service.upload(other, name, UPLOAD)


def test_a_picture_that_was_overtaken_is_answered_with_what_was_told_last(desk: Desk) -> None:
    first = desk.show("fist")
    desk.send()(Superseded())
    told = desk.told[-1]
    assert told == first._replace(judged=False, image=None)
    assert desk.show("fist").frame_count == 2


def test_who_overtakes_their_own_first_picture_is_told_to_wait(desk: Desk) -> None:
    desk.send()(Superseded())
    assert isinstance(desk.told[-1], Overloaded)


def test_what_went_wrong_is_told(desk: Desk) -> None:
    desk.send()(Internal("no"))
    assert isinstance(desk.told[-1], Internal)


def test_more_pictures_than_the_limit_are_refused() -> None:
    desk = Desk(max_client_fps=5)
    for _ in range(5):
        desk.service.express(desk.session, PICTURE, desk.told.append)
    with pytest.raises(RateLimited):
        desk.service.express(desk.session, PICTURE, desk.told.append)
    assert len(desk.pool.asked) == 5


def test_no_picture_is_looked_at_where_none_are_taken() -> None:
    desk = Desk(enable_browser_eye_streaming=False)
    with pytest.raises(StreamingDisabled):
        desk.send()
    with pytest.raises(StreamingDisabled):
        desk.service.upload(desk.session, "smiling", UPLOAD)
    assert desk.pool.asked == []


@pytest.mark.parametrize(("busy", "every"), [(0.2, 1), (0.7, 2), (0.95, 4)])
def test_hands_are_looked_for_less_often_the_busier_the_workers_are(
    desk: Desk, busy: float, every: int
) -> None:
    desk.pool.busy_share = busy
    for _ in range(8):
        desk.show("fist")
    hands = [request["hands"] for _, request, _ in desk.pool.asked]
    assert hands == [number % every == 0 for number in range(8)]


def test_a_session_has_one_connection(desk: Desk) -> None:
    with pytest.raises(SessionTaken):
        desk.service.open("one", None)
    desk.service.close(desk.session)
    assert desk.service.open("one", None).images == {}


def test_a_session_that_ends_is_forgotten_by_the_workers(desk: Desk) -> None:
    desk.show("fist")
    key = desk.pool.asked[0][0]
    desk.service.close(desk.session)
    desk.service.close(desk.session)
    assert desk.pool.released == [key]
    assert desk.service.sessions == {}


def test_a_user_has_as_many_sessions_as_they_may() -> None:
    desk = Desk(max_sessions_per_user=2)
    for name in ("a", "b"):
        desk.service.open(name, "ann")
    with pytest.raises(RateLimited):
        desk.service.open("c", "ann")
    desk.service.open("c", "ben")
    for name in ("d", "e", "f"):
        desk.service.open(name, None)
