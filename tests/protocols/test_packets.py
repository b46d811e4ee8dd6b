"""Whatever comes as a Socket.IO message is an event or is answered, and the next one is read."""

from __future__ import annotations

from typing import Any

import pytest
import socketio
from hypothesis import given
from hypothesis import strategies as st

from eyelearn.protocols.answering_later import answer_later
from eyelearn.protocols.packets import CheckedPacket, PacketReader, Unreadable

PICTURE = b"\xff\xd8\xff"
EVENT = '2["frame",{"frame":{"_placeholder":true,"num":0}}]'
BINARY_EVENT = "51-" + EVENT[1:]
# What packets are made of, so that chance finds more than the first check.
PIECES = st.sampled_from(
    [
        *('2["frame"', '51-["frame"', '{"_placeholder":true,"num":', '"', "[", "]", "{", "}", ","),
        *("0", "1", "-1", "9", ":", "/", "-", "?", "²", "٤", "1e400", "NaN", "null", "\\ud800"),
        *("\x00", "connect"),
    ]
)


class Room:
    """A Socket.IO server with one client; what they sent, and what is sent to them, is kept."""

    def __init__(self) -> None:
        self.server = socketio.Server(async_mode="threading", async_handlers=False)
        self.sent: list[str] = []
        self.problems: list[str] = []
        self.events: list[Any] = []
        self.server.on("*", lambda name, _sid, *data: self.events.append((name, *data)))
        self.server.on("disconnect", lambda _sid, _reason: self.events.append("left"))
        answer_later(self.server, "frame", lambda _asker, *data: self.events.append(data))
        self.reader = PacketReader(self.server, self.refuse)
        self.server.eio.send = lambda _connection, packet: self.sent.append(packet)
        self.sid = self.server.manager.connect("client", "/")

    def refuse(self, asker: Any, problem: Exception) -> None:
        self.problems.append(str(problem))
        asker.acknowledge("no")

    def say(self, *messages: Any) -> None:
        for message in messages:
            self.server.eio.handlers["message"]("client", message)

    def hears(self) -> bool:
        """Whether an event with a picture still arrives, and nothing else does."""
        self.events.clear()
        self.say(BINARY_EVENT, PICTURE)
        return self.events == [({"frame": PICTURE},)]


@pytest.mark.parametrize(
    "messages",
    [
        ("2[]",),
        ("2",),
        ("2{}",),
        ('2"text"',),
        ("2[5]",),
        ('2[["frame"]]',),
        ('2[{"a":1}]',),
        ("2[null]",),
        ('2["connect",{}]',),
        ('2["disconnect","x"]',),
        ('2["*","somebody"]',),
        ("2[",),
        ("2" + "[" * 100_000,),
        ('2["frame",' + "0," * 100_000 + "0]",),
        ("7",),
        ("",),
        ("?",),
        ("²",),
        ("٤[]",),
        ('2²["frame"]',),
        ("2" + "1" * 101 + '["frame"]',),
        ("3[]",),
        ("4",),
        ("61-[]",),
        ("0/" + "x" * 1000,),
        ('50-["frame"]',),
        ('5["frame"]',),
        ('52-["frame"]',),
        ('5999999999-["frame"]',),
        ('599999999999-["frame"]',),
        (PICTURE,),
        ({"a": 1},),
        ([1],),
        ('51-["frame",{"_placeholder":true,"num":5}]', PICTURE),
        ('51-["frame",{"_placeholder":true,"num":"x"}]', PICTURE),
        ('51-["frame",{"_placeholder":true,"num":null}]', PICTURE),
        ('51-["frame",{"_placeholder":true,"num":[]}]', PICTURE),
        ('51-["frame",{"_placeholder":true,"num":1e400}]', PICTURE),
        (BINARY_EVENT, '2["other"]'),
        (BINARY_EVENT, BINARY_EVENT, PICTURE),
    ],
    ids=lambda messages: str(messages)[:60],
)
def test_what_can_not_be_read_is_told_once_and_the_next_event_arrives(messages: Any) -> None:
    room = Room()
    room.say(*messages)
    assert len(room.problems) == 1
    assert "left" not in room.events
    assert room.hears()


@given(st.lists(st.lists(PIECES, max_size=12).map("".join) | st.binary(max_size=4), max_size=5))
def test_no_messages_make_a_connection_deaf(messages: list[str | bytes]) -> None:
    room = Room()
    room.say(*messages)
    # A disconnect is a packet, too.
    if room.server.manager.is_connected(room.sid, "/"):
        if room.reader._half_sent:
            room.say('2["other"]')
        assert room.hears()


@given(st.text() | st.lists(PIECES, max_size=12).map("".join))
def test_a_packet_is_one_or_is_unreadable(text: str) -> None:
    try:
        packet = CheckedPacket(encoded_packet=text)
    except Unreadable:
        return
    assert not text or packet.packet_type in range(7)


def test_an_event_that_can_not_be_read_is_acknowledged() -> None:
    room = Room()
    room.say("27[]", '28["frame",' + "[" * 1000, '519-["disconnect"]', PICTURE, '519["frame"]')
    assert room.sent[:2] == ['37["no"]', '38["no"]']


def test_an_attachment_that_does_not_come_costs_its_event_and_not_the_next() -> None:
    room = Room()
    room.say("517-".replace("7-", "-7") + EVENT[1:], '2["other",1]')
    assert room.problems == ["A packet can't be read. Its attachment did not come."]
    assert room.sent == ['37["no"]']
    assert room.events == [("other", 1)]


def test_who_has_not_connected_is_not_answered() -> None:
    room = Room()
    room.server.eio.handlers["message"]("stranger", "2[]")
    room.server.eio.handlers["message"]("stranger", '2["frame",{}]')
    assert (room.problems, room.sent, room.events) == ([], [], [])


def test_another_namespace_is_refused_and_costs_nothing() -> None:
    room = Room()
    room.say("0/elsewhere,")
    assert room.sent == ['4/elsewhere,"Unable to connect"']
    room.say('2/elsewhere,["frame",{}]', "1/elsewhere,")
    assert (room.events, room.problems) == ([], [])
    assert room.hears()


def test_a_client_may_leave() -> None:
    room = Room()
    room.say("1")
    assert room.events == ["left"]
