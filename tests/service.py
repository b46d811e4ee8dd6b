"""The service, started by its real command, for tests that speak to it from outside."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eyelearn.settings import ROOT

START_SECONDS = 120.0
STOP_SECONDS = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RunningService:
    """url: where it listens; log: all that it has written so far; under: a command that runs it."""

    environment: dict[str, str]
    log_path: Path
    under: Sequence[str] = ()
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['PORT']}"

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def start(self) -> None:
        """Starts the process, and waits until it serves."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.under, sys.executable, "python_services/eye_tracking_service_websocket.py"],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.process.poll() is None, f"the service ended at its start:\n{self.log}"
            assert time.monotonic() < until, f"the service did not start:\n{self.log}"
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def terminate(self) -> int:
        """SIGTERM; gives the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """kill -9, in the middle of whatever it does."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)


@contextlib.contextmanager
def running_service(
    environment: dict[str, str] | None = None, under: Sequence[str] = ()
) -> Iterator[RunningService]:
    """A service on a free port with a database of its own, ended and cleared away afterwards."""
    with tempfile.TemporaryDirectory(prefix="eyelearn-") as folder:
        service = RunningService(
            {
                "HOST": "127.0.0.1",
                "PORT": str(free_port()),
                "DATABASE_URL": f"sqlite:///{folder}/eyelearn.db",
                **(environment or {}),
            },
            Path(folder) / "service.log",
            under,
        )
        service.start()
        try:
            yield service
        finally:
            if service.process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    service.terminate()
            if service.process.poll() is None:
                service.kill()
