"""Whether a picture leaves a browser: in what a page, its frames and its workers send."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, WebSocket

# Socket.IO's event with its name and values, after Engine.IO's and its own numbers.
_EVENT = re.compile(r'4[25](?:\d+-)?\d*(\["(\w+)".*)', re.DOTALL)
# Between Engine.IO's messages in the body of one request, while it polls.
_SEPARATOR = "\x1e"
_BINARY_PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG|RIFF....WEBP", re.DOTALL)
# How these begin in base64, as what is binary goes while Engine.IO polls, and a data URL.
_TEXT_PICTURE = re.compile(r"/9j/|iVBORw0KGgo|UklGR|data:image/")


class PictureWatch:
    """Watches a page from now on.

    pictures: where each one went, and what nobody could read, as it might have been one.
    samples: of landmarks, that were sent. paths: of all that was asked for.
    """

    def __init__(self, page: Page) -> None:
        self.pictures: list[str] = []
        self.paths: list[str] = []
        self.samples = 0
        page.on("request", self._requested)
        page.on("websocket", self._connected)

    def asked_for(self, part: str) -> bool:
        return any(part in path for path in self.paths)

    def _requested(self, request: Request) -> None:
        self.paths.append(urlsplit(request.url).path)
        body = request.post_data_buffer
        if body is not None:
            self._sent(request.url, body)
            for message in body.decode(errors="replace").split(_SEPARATOR):
                self._sent(request.url, message)
        elif request.method not in ("GET", "OPTIONS"):
            self.pictures.append(request.url)  # A Blob: DevTools does not tell its bytes.

    def _connected(self, socket: WebSocket) -> None:
        self.paths.append(urlsplit(socket.url).path)
        socket.on("framesent", lambda message: self._sent(socket.url, message))

    def _sent(self, url: str, message: str | bytes) -> None:
        if isinstance(message, bytes):
            # Empty: a Blob, of which nothing is told here either.
            if not message or _BINARY_PICTURE.match(message):
                self.pictures.append(url)
            return
        if _TEXT_PICTURE.search(message):
            self.pictures.append(url)
        if event := _EVENT.match(message):
            self._emitted(url, event[2], event[1])

    def _emitted(self, url: str, name: str, values: str) -> None:
        if name == "video_frame":
            self.pictures.append(url)
        elif name == "face_landmarks":
            self.samples += len(json.loads(values)[1]["timestamps"])
