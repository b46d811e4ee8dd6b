"""A camera on the network: MJPEG over HTTP, with the troubles that such cameras have."""

from __future__ import annotations

import itertools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import simplejpeg
from numbered_video import numbered_picture

PICTURE_SECONDS = 0.03
USER, PASSWORD = "viewer", "hunter2-secret"


class NetworkCamera:
    """Sends numbered pictures until `troubled`: then it ends its streams, or just falls silent."""

    def __init__(self) -> None:
        self.troubled = threading.Event()
        self.well = threading.Event()
        self.well.set()
        self.falls_silent = False
        self.connections = 0
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.connections += 1
                camera.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return (
            f"http://{USER}:{PASSWORD}@127.0.0.1:{self._server.server_port}/stream?key={PASSWORD}"
        )

    def fail(self, *, silently: bool) -> None:
        self.falls_silent = silently
        self.well.clear()
        self.troubled.set()

    def recover(self) -> None:
        self.troubled.clear()
        self.well.set()

    def close(self) -> None:
        self.fail(silently=False)
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.troubled.is_set() and not self.falls_silent:
            request.send_error(503)
            return
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        request.end_headers()
        try:
            for number in itertools.count():
                if self.troubled.wait(PICTURE_SECONDS):
                    break
                self._send(request, number % 256)
            if self.falls_silent:
                self.well.wait()
        except OSError:
            return  # who watched is gone

    def _send(self, request: BaseHTTPRequestHandler, number: int) -> None:
        jpeg = simplejpeg.encode_jpeg(numbered_picture(number), 90, colorspace="BGR")
        head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        request.wfile.write(head.encode() + jpeg + b"\r\n")
