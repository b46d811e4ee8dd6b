"""A stand-in for the platform's PHP page: a real HTTP server that records what it is sent."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Mode = Literal["ok", "adds_up", "refuse", "error", "garbage", "redirect", "reject", "throttle"]

_ANSWERS: dict[Mode, tuple[int, bytes]] = {
    "adds_up": (200, b'{"success": true}'),
    "refuse": (200, b'{"success": false, "error": "database is down"}'),
    "error": (500, b'{"success": true}'),
    "garbage": (200, b"<b>Fatal error</b>: success"),
    "redirect": (302, b'{"success": true}'),
    "reject": (422, b'{"success": false, "error": "no such module"}'),
    "throttle": (429, b'{"success": false, "error": "slowly"}'),
}


class RecordingEndpoint:
    """`bodies` holds every POST, from the moment that it arrives; `acknowledged` the ids of the
    sessions that it took.

    `mode` and `delay_seconds` say how it answers, `poisoned` how it answers single sessions; all
    may be changed while it runs. "ok" tells the revision that it holds, as our own page does.
    """

    def __init__(self, delay_seconds: float = 0.0, port: int = 0) -> None:
        self.mode: Mode = "ok"
        self.delay_seconds = delay_seconds
        self.poisoned: dict[str, Mode] = {}
        self.headers: list[dict[str, str]] = []
        self.raw_bodies: list[bytes] = []
        self.bodies: list[dict[str, Any]] = []
        self.acknowledged: set[str] = set()
        self.most_at_once = 0
        self.twice_at_once: set[str] = set()
        self._running: list[str] = []
        self._lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.headers.append(dict(self.headers))
                endpoint.raw_bodies.append(raw)
                status, answer = endpoint._record(json.loads(raw))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the tests look at `bodies`."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Nothing: clients that the tests kill leave broken connections."""

        self._server = Server(("127.0.0.1", port), Handler)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/save_enhanced_tracking.php"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _record(self, body: dict[str, Any]) -> tuple[int, bytes]:
        session_id = body["session_id"]
        with self._lock:
            # Before the body is seen: who sees it may change the mode for the next one.
            mode = self.poisoned.get(session_id, self.mode)
            self.bodies.append(body)
            if session_id in self._running:
                self.twice_at_once.add(session_id)
            self._running.append(session_id)
            self.most_at_once = max(self.most_at_once, len(self._running))
        time.sleep(self.delay_seconds)
        with self._lock:
            self._running.remove(session_id)
        if mode in {"ok", "adds_up"}:
            self.acknowledged.add(session_id)
        if mode == "ok":
            return 200, json.dumps({"success": True, "revision": body["revision"]}).encode()
        return _ANSWERS[mode]

    def close(self) -> None:
        """Refuses connections from now on."""
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def recording_endpoint(delay_seconds: float = 0.0, port: int = 0) -> Iterator[RecordingEndpoint]:
    """One that runs; port 0: any that is free."""
    endpoint = RecordingEndpoint(delay_seconds, port)
    try:
        yield endpoint
    finally:
        endpoint.close()
