"""A platform's page: on another origin than the service, with headers of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath

from eyelearn.settings import ROOT

SCRIPTS = ROOT / "user" / "js"
POLICY = "Content-Security-Policy"

Headers = Mapping[str, str]
NO_HEADERS: Headers = {}
# Files of ours that the platform has a copy of, by name, with the headers that it sends with each.
THE_CLIENT: Mapping[str, Headers] = {"webcam-websocket.js": NO_HEADERS}


class Platforms:
    """Serves pages, each on an origin of its own, until it is closed."""

    def __init__(self) -> None:
        self._servers: list[ThreadingHTTPServer] = []

    def serve(
        self,
        head: str,
        policy: str = "",
        *,
        headers: Headers = NO_HEADERS,
        copies: Mapping[str, Headers] = THE_CLIENT,
    ) -> str:
        """Gives the address of one page.

        policy: its Content-Security-Policy; headers: what else it is sent with.
        """
        page = f"<!doctype html><title>Lesson</title>{head}<p>Lesson</p>".encode()
        page_headers = {**({POLICY: policy} if policy else {}), **headers}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = PurePosixPath(self.path).name
                if name in copies:
                    self._answer((SCRIPTS / name).read_bytes(), "text/javascript", copies[name])
                elif self.path == "/":
                    self._answer(page, "text/html", page_headers)
                else:
                    self.send_error(404)

            def _answer(self, body: bytes, mimetype: str, headers: Headers) -> None:
                self.send_response(200)
                for field, value in {"Content-Type": mimetype, **headers}.items():
                    self.send_header(field, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
