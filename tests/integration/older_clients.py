"""Clients of the older services, as nobody here wrote them: plain HTTP and plain WebSockets."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import Any

import requests
import websocket

from pictures import data_url, face_frame, jpeg
from service import RunningService

ANSWER_SECONDS = 20.0
FACE = jpeg(face_frame())
IDS = {"user_id": 7, "module_id": "m-1", "section_id": None}


def framed(picture: bytes = FACE, **more: Any) -> dict[str, Any]:
    """What the older page sends for one picture."""
    return {"frame_base64": data_url(picture), **IDS, **more}


class RestClient:
    """One that keeps its connection, as browsers do."""

    def __init__(self, service: RunningService, token: str | None = None) -> None:
        self._http = requests.Session()
        self._url = service.url
        if token is not None:
            self._http.headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str = "/api/frames", **sent: Any) -> requests.Response:
        return self._http.post(self._url + path, timeout=ANSWER_SECONDS, **sent)

    def frame(self, picture: bytes = FACE, **more: Any) -> dict[str, Any]:
        """The answer to one picture, which has to be a good one."""
        answer = self.post(json=framed(picture, **more))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def film(self, seconds: float, fps: float = 10.0, **more: Any) -> dict[str, Any]:
        """The last answer of so many seconds."""
        answer: dict[str, Any] = {}
        for _ in range(round(seconds * fps)):
            answer = self.frame(**more)
            time.sleep(1 / fps)
        return answer


def web_socket(service: RunningService, path: str, **options: Any) -> closing[websocket.WebSocket]:
    """To be used in a `with`."""
    url = service.url.replace("http", "ws") + path
    return closing(websocket.create_connection(url, timeout=ANSWER_SECONDS, **options))


def ask(connection: websocket.WebSocket, message: dict[str, Any] | bytes | str) -> dict[str, Any]:
    """The next thing that is told after this was said."""
    if isinstance(message, bytes):
        connection.send_binary(message)
    else:
        connection.send(message if isinstance(message, str) else json.dumps(message))
    return hear(connection)


def hear(connection: websocket.WebSocket) -> dict[str, Any]:
    return dict(json.loads(connection.recv()))
