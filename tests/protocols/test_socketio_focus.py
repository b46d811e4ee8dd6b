from __future__ import annotations

from typing import Any

import pytest
from socketio import Server

from eyelearn.concurrency import threads
from eyelearn.protocols.answering_later import Asker
from eyelearn.protocols.identity import Identity
from eyelearn.protocols.socketio_focus import SocketIOFocus
from eyelearn.settings import Settings
from test_session_service import IDS, Sitting
from tokens import SECRET

USER = str(IDS.user_id)
EXPIRED, GOOD = Identity(USER, None, expires=0), Identity(USER, None, expires=2**53)
NOT_TRACKING = {"status": "rejected", "reason": "not_tracking"}


def said(focus: SocketIOFocus, server: Server, event: str) -> Any:
    """What comes of an event of connection "c", before its acknowledgement is sent."""
    if event == "video_frame":
        return focus._take_frame("c", Asker(server, "", "c", None), {"frame": b"a"})
    return server.handlers["/"][event]("c", {"hidden": False})


@pytest.mark.parametrize(("identity", "goes_on"), [(EXPIRED, False), (GOOD, True)])
@pytest.mark.parametrize("event", ["calibrate", "page_visibility", "video_frame"])
def test_a_session_outlives_its_token_until_it_ends_by_being_idle(
    identity: Identity, goes_on: bool, event: str
) -> None:
    sitting, server = Sitting(), Server(async_mode="threading")
    settings = Settings(_env_file=None, auth_secret=SECRET)
    focus = SocketIOFocus(server, sitting.service, settings, threads())
    session, _ = sitting.service.start("c", IDS)
    focus._known["c"] = identity
    sitting.watch("c", 1.0)
    assert said(focus, server, event) != NOT_TRACKING

    sitting.pause(61.0)
    assert session.ended_at is not None
    answer = said(focus, server, event)
    assert (session.ended_at is None, answer != NOT_TRACKING) == (goes_on, goes_on)
