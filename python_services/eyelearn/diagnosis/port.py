"""HOST:PORT is free for the service, or who has it."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import urllib.request
from collections.abc import Iterator

from .check import Check, failure, ok, warning
from .port_holder import holder
from .reading import read

_ANSWER_SECONDS = 2.0
_MAX_ANSWER_BYTES = 4096
_REACHED_AT = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
# By which `/healthz` is known as ours, whatever MODEL_NAME says.
_OUR_ANSWER = {"camera_enabled", "model", "browser_streaming_enabled"}
_MENDS = {
    errno.EACCES: "ports below 1024 are root's: set PORT higher, behind a proxy that has the lower",
    errno.EADDRNOTAVAIL: "HOST must be an address of this machine, or 0.0.0.0 for all it has",
}


def look(name: str) -> Iterator[Check]:
    reading = read()
    if "port" in reading.wrong:
        yield warning(name, "not looked at: PORT can't be read", "mend PORT first")
    else:
        yield bound(name, reading.settings.host, reading.settings.port)


def bound(name: str, host: str, port: int) -> Check:
    """Takes the address as the service does, and lets it go at once."""
    where = f"{host}:{port}"
    try:
        _bind(host, port)
    except socket.gaierror:
        return failure(name, f"{where}: the host is not known", _MENDS[errno.EADDRNOTAVAIL])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _taken(name, host, port)
        mend = _MENDS.get(error.errno or 0, "set HOST and PORT to what this machine has")
        return failure(name, f"{where}: {error.strerror}", mend)
    return ok(name, f"{where} is free")


def _bind(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)


def _taken(name: str, host: str, port: int) -> Check:
    who = holder(port)
    if _is_ours(_REACHED_AT.get(host, host), port):
        found = f"{host}:{port}: the service already runs here ({who})"
        return warning(name, found, "stop it before another starts, or set another PORT")
    return failure(name, f"{host}:{port} is taken by {who}", "stop that, or set another PORT")


def _is_ours(host: str, port: int) -> bool:
    """Whether `/healthz` answers as ours does."""
    address = f"http://[{host}]" if ":" in host else f"http://{host}"
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with directly.open(f"{address}:{port}/healthz", timeout=_ANSWER_SECONDS) as answer:
            told = json.loads(answer.read(_MAX_ANSWER_BYTES))
    except (OSError, ValueError, http.client.HTTPException):
        return False
    return isinstance(told, dict) and told.keys() >= _OUR_ANSWER
