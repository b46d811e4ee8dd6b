"""The classic design under the load and by the criteria of `capacity.py`, for comparison.

    .venv/bin/python benchmarks/classic.py [--seconds 8] [--fps 15 5] [--json FILE]

One process, one thread: Flask-SocketIO on eventlet, with decoding and Face Mesh inline in the
handler (`on_service/classic_design.py`). Measured as it is, and with eventlet's unmasking of
WebSocket payloads replaced by a C extension and nothing else: what that alone brings.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.capacity_search import HEADINGS, CapacitySearch, cells  # noqa: E402
from on_service.classroom import BINARY, DATA_URL, Server, clip  # noqa: E402
from on_service.report import machine, markdown, parser, publish  # noqa: E402

from service import free_port  # noqa: E402

PROGRAM = Path(__file__).with_name("on_service") / "classic_design.py"
# The program's names of its two variants, and ours.
VARIANTS = {"eventlet": "classic", "fast": "classic, fast unmasking"}
START_SECONDS = 60.0
MAX_SESSIONS = 64


def main() -> int:
    options = parser(__doc__, settings=False)
    options.add_argument("--seconds", type=float, default=8.0, help="length of each step")
    options.add_argument("--fps", type=float, nargs="+", default=[15.0, 5.0])
    options.add_argument("--form", choices=(BINARY, DATA_URL), default=BINARY)
    arguments = options.parse_args()
    told = machine()
    frames = clip(arguments.form)
    found: dict[str, list[dict[str, object]]] = {}
    for variant, name in VARIANTS.items():
        search = CapacitySearch(lambda v=variant: classic_server(v), frames, arguments.seconds)
        found[name] = [search.at(fps, 1, MAX_SESSIONS) for fps in arguments.fps]
    rows = [[name, *cells(result)] for name, results in found.items() for result in results]
    publish(arguments, told, {"classic": found}, markdown(("design", *HEADINGS), rows))
    return 0


@contextlib.contextmanager
def classic_server(variant: str) -> Iterator[Server]:
    """Running and answering; ended afterwards."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(port), variant], stderr=subprocess.DEVNULL
    )
    server = Server(f"http://127.0.0.1:{port}", process.pid)
    try:
        _wait_for(server, process)
        yield server
    finally:
        # It may be busy with a backlog of frames, and has nothing to save.
        process.kill()
        process.wait()


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{server.url}/healthz", timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
