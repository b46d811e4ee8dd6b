from __future__ import annotations

from types import SimpleNamespace

import pytest
import socketio

from eyelearn.protocols.answering_later import Asker, answer_later


class Room:
    """A Socket.IO server with one client, of whom what is sent to them is kept."""

    def __init__(self) -> None:
        self.server = socketio.Server(async_mode="threading", async_handlers=False)
        self.sent: list[str] = []
        self.askers: list[Asker] = []
        self.server.on("other", lambda _sid, *_arguments: "answered")
        answer_later(self.server, "frame", lambda asker, *_arguments: self.askers.append(asker))
        self.server.eio.send = lambda _connection, packet: self.sent.append(packet)
        self.server.manager.connect("client", "/")

    def say(self, packet: str) -> None:
        self.server._handle_eio_message("client", packet)


def test_an_event_is_acknowledged_when_its_handler_says_so() -> None:
    room = Room()
    room.say('27["frame",{}]')
    room.say('28["frame",{}]')
    assert room.sent == []
    room.askers[1].acknowledge({"status": "processed"})
    room.askers[0].emit("update", 1)
    room.askers[0].acknowledge({"status": "superseded"})
    assert room.sent == [
        '38[{"status":"processed"}]',
        '2["update",1]',
        '37[{"status":"superseded"}]',
    ]


def test_who_asks_for_no_acknowledgement_gets_none() -> None:
    room = Room()
    room.say('2["frame",{}]')
    room.askers[0].acknowledge({"status": "processed"})
    assert room.sent == []
    room.askers[0].emit_and_acknowledge("update", 1, {"status": "processed"})
    assert room.sent == ['2["update",1]']


@pytest.mark.parametrize("is_free", [True, False])
def test_an_update_and_its_acknowledgement_are_one_write_or_both_take_their_turn(
    is_free: bool,
) -> None:
    room = Room()
    written: list[list[str]] = []

    def write(messages: list[str]) -> bool:
        written.append(messages)
        return is_free

    room.server.eio.sockets["client"] = SimpleNamespace(prompt_writer=SimpleNamespace(write=write))
    room.say('27["frame",{}]')
    room.askers[0].emit_and_acknowledge("update", 1, {"status": "processed"})
    packets = ['2["update",1]', '37[{"status":"processed"}]']
    assert written == [[f"4{packet}" for packet in packets]]
    assert room.sent == ([] if is_free else packets)


def test_other_events_are_answered_as_ever() -> None:
    room = Room()
    room.say('23["other"]')
    assert (room.sent, room.askers) == (['33["answered"]'], [])


def test_the_same_event_of_another_namespace_is_another() -> None:
    room = Room()
    room.say('2/elsewhere,3["frame",{}]')
    assert (room.sent, room.askers) == ([], [])
