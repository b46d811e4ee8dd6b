"""A line between browser and service that a test cuts, or on which answers are lost."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

from service import RunningService

# Closing with a linger of 0 s sends RST, as a broken line looks to those at its ends.
RESET = struct.pack("ii", 1, 0)
BLOCK = 65536


class Line:
    """Passes all bytes on, both ways.

    url: where the service is, over this line; answers_pass: whether what the service says arrives.
    """

    def __init__(self, service_port: int) -> None:
        self.answers_pass = True
        self._service_port = service_port
        self._is_cut = False
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """Breaks all connections, and refuses new ones until `mend`."""
        with self._lock:
            self._is_cut = True
            ends, self._ends = self._ends, []
        for end in ends:
            _break_off(end)

    def mend(self) -> None:
        with self._lock:
            self._is_cut = False

    def close(self) -> None:
        self.cut()
        # Shutting down wakes the thread that accepts; closing would not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._join(client)

    def _join(self, client: socket.socket) -> None:
        try:
            service = socket.create_connection(("127.0.0.1", self._service_port))
        except OSError:
            _break_off(client)
            return
        with self._lock:
            refused = self._is_cut
            if not refused:
                self._ends += [client, service]
        if refused:
            _break_off(client)
            _break_off(service)
            return
        for arguments in ((client, service, False), (service, client, True)):
            threading.Thread(target=self._pass_on, args=arguments, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, are_answers: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(BLOCK):
                if self.answers_pass or not are_answers:
                    target.sendall(block)
            target.shutdown(socket.SHUT_WR)


def _break_off(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        # Wakes the thread that reads it, which closing would not.
        end.shutdown(socket.SHUT_RD)
    end.close()


@contextlib.contextmanager
def line_to(service: RunningService) -> Iterator[Line]:
    line = Line(int(service.environment["PORT"]))
    try:
        yield line
    finally:
        line.close()
