"""A connection that breaks when the page has done its work and before its answer arrives."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Iterator

from service import free_port

# Closing with a linger of 0 s sends RST, and not FIN.
RESET = struct.pack("ii", 1, 0)
BLOCK = 65536


class ResettingProxy:
    """Passes requests on to a page; the next `resets` answers are read and thrown away."""

    def __init__(self, page_port: int) -> None:
        self.resets = 0
        self._page_port = page_port
        self._lock = threading.Lock()
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        # Shutting down wakes the thread that accepts; closing would not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with (
            client,
            socket.create_connection(("127.0.0.1", self._page_port)) as page,
            contextlib.suppress(OSError),
        ):
            page.sendall(_request(client))
            # PHP's own server closes the connection after each answer.
            answer = b"".join(iter(lambda: page.recv(BLOCK), b""))
            if self._take_reset():
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            else:
                client.sendall(answer)

    def _take_reset(self) -> bool:
        with self._lock:
            taken, self.resets = self.resets > 0, max(0, self.resets - 1)
        return taken


def _request(client: socket.socket) -> bytes:
    """One POST, with its whole body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += client.recv(BLOCK)
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    assert length is not None
    while len(body) < int(length[1]):
        body += client.recv(BLOCK)
    return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def resetting_proxy(page_port: int) -> Iterator[ResettingProxy]:
    proxy = ResettingProxy(page_port)
    try:
        yield proxy
    finally:
        proxy.close()
