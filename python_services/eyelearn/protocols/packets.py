"""Socket.IO's packets, read so that whatever comes is an event, or is answered.

The library's own reader logs what it can't read, tells nobody, and keeps half a message for ever:
one wrong attachment, and the connection is deaf.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engineio.packet import Packet as EngineIOPacket
from engineio.payload import Payload as EngineIOPayload
from socketio import Server
from socketio.packet import BINARY_EVENT, CONNECT, DISCONNECT, EVENT, Packet

from ..errors import InvalidPayload
from . import bounded_json
from .answering_later import NAMESPACE, Asker

KINDS = frozenset("0123456")
# How the body of a client begins that answers by loading scripts. None of ours does, and Engine.IO
# reads a form from it: a second for 4 MB.
FORM = "d="
SEPARATOR = "\x1e"
# No event has more than one picture or one array of landmarks.
MAX_ATTACHMENTS = 1
# Of a namespace's name, which its answer repeats; there is only one of ours.
MAX_NAMESPACE_LENGTH = 64
# What the library would hand to a handler as if it came from within.
RESERVED = frozenset({"connect", "disconnect", "*"})

Refuse = Callable[[Asker, InvalidPayload], None]


class Unreadable(ValueError):
    """Says what is wrong; `number` is that of the acknowledgement that was asked for, if any."""

    def __init__(self, problem: str, number: int | None = None) -> None:
        super().__init__(problem)
        self.number = number


class CheckedPacket(Packet):  # type: ignore[misc]  # the library has no types
    """Socket.IO's own gathers as many attachments as a client says will come, and looks through
    every answer for bytes."""

    # Of what is sent; no answer of ours has an attachment.
    uses_binary_events = False
    json = bounded_json

    def decode(self, encoded_packet: str) -> int:
        """How many attachments will follow. Raises Unreadable."""
        if encoded_packet[:1] not in KINDS:
            raise Unreadable("It is of no kind that Socket.IO has.")
        try:
            attachments = int(super().decode(encoded_packet) or 0)
        except ValueError as error:
            raise Unreadable("It is not of Socket.IO's form, or too long.", self.id) from error
        if len(self.namespace or "") > MAX_NAMESPACE_LENGTH:
            raise Unreadable("There is no such namespace.")
        if self.packet_type in (EVENT, BINARY_EVENT):
            self._check_event()
        if self.packet_type == BINARY_EVENT and not 0 < attachments <= MAX_ATTACHMENTS:
            raise Unreadable(f"It announces {attachments} attachments.", self.id)
        return attachments

    def _check_event(self) -> None:
        data = self.data
        if not (isinstance(data, list) and data and isinstance(data[0], str)):
            raise Unreadable("An event is a list that begins with its name.", self.id)
        if data[0] in RESERVED:
            raise Unreadable(f"'{data[0]}' is no event to be sent.", self.id)

    def complete(self, attachment: bytes) -> None:
        """Puts the attachment where it belongs. Raises Unreadable."""
        try:
            self.add_attachment(attachment)
        except (LookupError, TypeError, ValueError) as error:
            raise Unreadable("Its attachment is not where it says.", self.id) from error

    @classmethod
    def reconstruct_binary(cls, data: Any, attachments: list[bytes]) -> Any:
        """As the library's own, which makes everything anew. Raises LookupError."""
        if isinstance(data, dict) and data.get("_placeholder") and "num" in data:
            return attachments[data["num"]]
        for place, value in data.items() if isinstance(data, dict) else enumerate(data):
            if isinstance(value, (dict, list)):
                data[place] = cls.reconstruct_binary(value, attachments)
        return data


class PacketReader:
    """Takes every Engine.IO message of a Socket.IO server to where it belongs."""

    def __init__(self, server: Server, refuse: Refuse) -> None:
        """refuse: answers what can't be read; called where the connection is read, must not wait.

        Raises AttributeError where Socket.IO reads differently.
        """
        self._server = server
        self._refuse = refuse
        # The library's own place, which it clears when a connection ends.
        self._half_sent: dict[str, CheckedPacket] = server._binary_packet
        server.packet_class = CheckedPacket
        # Engine.IO tries to read every message as JSON; it keeps one reader for all of its servers.
        EngineIOPacket.json = bounded_json
        EngineIOPayload.decode = _bounded(EngineIOPayload.decode)
        server.eio.on("message", self.take)

    def take(self, connection: str, message: Any) -> None:
        """One message: text, bytes, or what Engine.IO took for JSON."""
        half = self._half_sent.pop(connection, None)
        try:
            if isinstance(message, bytes):
                if half is None:
                    raise Unreadable("An attachment came that no event announced.")
                half.complete(message)
                self._hand_on(connection, half)
                return
            if half is not None:
                self._tell(connection, Unreadable("Its attachment did not come.", half.id))
            if not isinstance(message, str) or not message:
                raise Unreadable("It is of no kind that Socket.IO has.")
            packet = CheckedPacket(encoded_packet=message)
            if packet.packet_type == BINARY_EVENT:
                self._half_sent[connection] = packet
            else:
                self._hand_on(connection, packet)
        except Unreadable as problem:
            self._tell(connection, problem)

    def _hand_on(self, connection: str, packet: CheckedPacket) -> None:
        server, kind = self._server, packet.packet_type
        if kind == CONNECT:
            server._handle_connect(connection, packet.namespace, packet.data)
        elif kind == DISCONNECT:
            server._handle_disconnect(connection, packet.namespace)
        elif kind in (EVENT, BINARY_EVENT):
            server._handle_event(connection, packet.namespace, packet.id, packet.data)
        else:
            # An acknowledgement, and we ask for none; or a connection refused, which we do.
            raise Unreadable("It answers what was not asked.")

    def _tell(self, connection: str, problem: Unreadable) -> None:
        """Who has not connected yet, or has gone, has nowhere to be told."""
        sid = self._server.manager.sid_from_eio_sid(connection, NAMESPACE)
        if sid is not None and self._server.manager.is_connected(sid, NAMESPACE):
            asker = Asker(self._server, connection, sid, problem.number)
            self._refuse(asker, InvalidPayload(f"A packet can't be read. {problem}"))


def _bounded(decode: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    """Engine.IO's reader of what a client posts, without what would keep the event loop."""

    def decode_bounded(payload: Any, body: str) -> None:
        """Raises ValueError."""
        if body.startswith(FORM) or body.count(SEPARATOR) >= payload.max_decode_packets:
            raise ValueError("not a row of packets, or too long")
        decode(payload, body)

    return decode_bounded
