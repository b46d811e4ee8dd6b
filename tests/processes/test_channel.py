from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from eyelearn.processes.channel import MAX_MESSAGE_BYTES, Channel, ChannelClosed


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    with left, right:
        yield left, right


@pytest.fixture
def channels(sockets: tuple[socket.socket, socket.socket]) -> tuple[Channel, Channel]:
    return Channel(sockets[0], threading.Lock()), Channel(sockets[1], threading.Lock())


@pytest.mark.parametrize("size", [0, 1, 42_000], ids=["no payload", "a byte", "a frame"])
def test_a_message_arrives_with_its_payload(channels: tuple[Channel, Channel], size: int) -> None:
    payload = bytes(index % 251 for index in range(size))
    channels[0].send({"type": "frame", "name": "Zoë", "of": None}, payload)
    assert channels[1].receive() == ({"type": "frame", "name": "Zoë", "of": None}, payload)


def test_messages_of_many_senders_do_not_mix(channels: tuple[Channel, Channel]) -> None:
    def send_many(letter: str) -> None:
        for _ in range(20):
            channels[0].send({"letter": letter}, letter.encode() * 100_000)

    senders = [threading.Thread(target=send_many, args=(letter,)) for letter in "abcd"]
    for sender in senders:
        sender.start()
    for _ in range(80):
        header, payload = channels[1].receive()
        assert payload == header["letter"].encode() * 100_000
    for sender in senders:
        sender.join()


def test_the_end_of_the_other_side_is_told_to_receiver_and_sender(
    channels: tuple[Channel, Channel],
) -> None:
    channels[1].close()
    with pytest.raises(ChannelClosed, match="the other end closed"):
        channels[0].receive()
    with pytest.raises(ChannelClosed):
        channels[0].send({"type": "ping"})


def test_closing_wakes_the_own_receiver(channels: tuple[Channel, Channel]) -> None:
    closing = threading.Timer(0.1, channels[0].close)
    closing.start()
    with pytest.raises(ChannelClosed):
        channels[0].receive()
    closing.join()


@pytest.mark.parametrize(
    ("wire", "told"),
    [
        (struct.pack("!II", 20, 0) + b'{"type":', "closed"),
        (struct.pack("!II", 2, MAX_MESSAGE_BYTES), "out of step"),
        (struct.pack("!II", 4, 0) + b"oops", "out of step"),
        (struct.pack("!II", 2, 0) + b"\xff\xfe", "out of step"),
    ],
    ids=["broken off", "absurd length", "header is no JSON", "header is no text"],
)
def test_a_broken_stream_ends_the_conversation(
    sockets: tuple[socket.socket, socket.socket], wire: bytes, told: str
) -> None:
    sockets[0].sendall(wire)
    sockets[0].shutdown(socket.SHUT_WR)
    with pytest.raises(ChannelClosed, match=told):
        Channel(sockets[1], threading.Lock()).receive()
