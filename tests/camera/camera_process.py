"""The camera's process alone, with the test in the place of the service."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from select import select
from typing import Any

from eyelearn.camera.timing import Timing
from eyelearn.processes.channel import Channel, Header
from eyelearn.processes.supervised import PACKAGE_PARENT


class RunningProcess:
    def __init__(self, process: subprocess.Popen[bytes], ours: socket.socket) -> None:
        self.process = process
        self.channel = Channel(ours, threading.Lock())
        self._socket = ours

    def receive(self, kind: str) -> tuple[Header, bytearray]:
        header, payload = self.channel.receive()
        assert header["type"] == kind
        return header, payload

    def has_sent(self) -> bool:
        return bool(select([self._socket], [], [], 0)[0])


@contextmanager
def running_process(source: str, timing: Timing, fps: float = 60.0) -> Iterator[RunningProcess]:
    ours, theirs = socket.socketpair()
    with theirs, open(os.devnull, "wb") as log:
        descriptors = [theirs.fileno(), log.fileno()]
        process = subprocess.Popen(
            [sys.executable, "-m", "eyelearn.camera.process", *map(str, descriptors)],
            pass_fds=descriptors,
            env=os.environ | {"PYTHONPATH": str(PACKAGE_PARENT)},
            stderr=subprocess.PIPE,
        )
    running = RunningProcess(process, ours)
    configuration: dict[str, Any] = {"source": source, "fps": fps, "timing": asdict(timing)}
    with process:
        try:
            running.channel.send(configuration)
            running.receive("ready")
            yield running
        finally:
            running.channel.close()
            process.wait(10)
