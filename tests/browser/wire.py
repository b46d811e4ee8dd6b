"""What a page's WebSockets carry."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, WebSocket

Message = str | bytes


class Wire:
    """All messages since the page was watched, in order; begin before it is opened."""

    def __init__(self, page: Page) -> None:
        self.sent: list[Message] = []
        self.received: list[Message] = []
        page.on("websocket", self._watch)

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framesent", self._note_sent)
        socket.on("framereceived", self._note_received)

    def _note_sent(self, message: Message) -> None:
        self.sent.append(message)

    def _note_received(self, message: Message) -> None:
        self.received.append(message)

    def clear(self) -> None:
        self.sent.clear()
        self.received.clear()

    def payloads_sent(self, event: str) -> list[Any]:
        """Of each Socket.IO event of this name, without its attachments."""
        return _payloads(self.sent, event)

    def payloads_received(self, event: str) -> list[Any]:
        return _payloads(self.received, event)

    def attachments_sent(self) -> list[bytes]:
        return [message for message in self.sent if isinstance(message, bytes)]


def _payloads(messages: list[Message], event: str) -> list[Any]:
    texts = [message for message in messages if isinstance(message, str)]
    packets = [json.loads(text[text.index("[") :]) for text in texts if f'["{event}"' in text]
    return [packet[1] for packet in packets]


def framed(message: Message, masked: bool) -> int:
    """Bytes of a message below 64 KiB in one WebSocket frame (RFC 6455, 5.2).

    masked: as those of a browser are.
    """
    length = len(message if isinstance(message, bytes) else message.encode())
    header = 2 if length < 126 else 4
    return header + (4 if masked else 0) + length


def batch_bytes(batch: dict[str, Any], points: bytes, samples: int) -> int:
    """Bytes on the wire of a `face_landmarks` and its points, had it so many samples."""
    sample_bytes = len(points) // len(batch["timestamps"])
    lists = {name: value for name, value in batch.items() if isinstance(value, list)}
    stretched = {**batch, **{name: value[:1] * samples for name, value in lists.items()}}
    text = "451-1000" + json.dumps(["face_landmarks", stretched], separators=(",", ":"))
    return framed(text, masked=True) + framed(bytes(sample_bytes * samples), masked=True)
