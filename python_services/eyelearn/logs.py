"""The log of the service and its child processes: where it goes, and that nothing goes past it."""

from __future__ import annotations

import io
import logging
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from .events import formatter, get_logger
from .installation_key import KEY_FILE, kept_key, key_from
from .redaction import shared_key, use_key
from .settings import Settings

_log = get_logger(__name__)

_OURS = "eyelearn"


def configure_service(settings: Settings, database_file: Path | None) -> None:
    """For the service's own process, before it does anything.

    database_file: the SQLite database, where that is one; the key for ids is kept beside it.
    """
    _configure(sys.stderr, as_json=_wants_json(settings), debug=settings.debug)
    sys.stderr = _StderrAsEvents()
    _take_key(settings.log_key.get_secret_value(), database_file)


def for_child(settings: Settings) -> dict[str, Any]:
    """What `configure_child` needs, to be sent to a child process."""
    return {"as_json": _wants_json(settings), "debug": settings.debug, "key": shared_key()}


def configure_child(stream: TextIO, *, as_json: bool, debug: bool, key: str) -> None:
    """For a child process: the parent's format and key. stream: where the log goes."""
    use_key(key)
    _configure(stream, as_json=as_json, debug=debug)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Says that an event is missing; Python's own would print its arguments."""
        fault = sys.exc_info()[1]
        if isinstance(fault, OSError):
            return  # nowhere to say it
        missing = f"an event of {record.name} is missing here: {type(fault).__name__}"
        told = {"name": __name__, "levelname": "ERROR", "msg": missing}
        self.stream.write(self.format(logging.makeLogRecord(told)) + self.terminator)


class _StderrAsEvents(io.TextIOBase):
    """In the place of `sys.stderr`, where eventlet prints tracebacks: an event per line."""

    def __init__(self) -> None:
        self._begun = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in filter(None, lines):
            _log.warning("stderr", text=line)
        return len(text)


def _wants_json(settings: Settings) -> bool:
    return (settings.log_format or settings.environment) in ("json", "production")


def _configure(stream: TextIO, *, as_json: bool, debug: bool) -> None:
    handler = _Handler(stream)
    handler.setFormatter(formatter(as_json=as_json, colors=stream.isatty()))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # Ours alone: what libraries tell in detail are messages, queries and addresses.
    logging.getLogger(_OURS).setLevel(logging.DEBUG if debug else logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _tell_end
    threading.excepthook = _tell_thread_end


def _take_key(phrase: str, database_file: Path | None) -> None:
    if phrase:
        use_key(key_from(phrase))
        return
    if database_file is not None:
        try:
            use_key(kept_key(database_file.parent))
            return
        except (OSError, ValueError) as error:
            _log.warning(f"{KEY_FILE} can't be used", reason=str(error))
    _log.info("ids are hashed with a key of this start alone; LOG_KEY makes them the same for ever")


def _tell_end(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    _log.critical(f"the process ends: {kind.__name__}", exc_info=error)


def _tell_thread_end(ended: threading.ExceptHookArgs) -> None:
    name = ended.thread and ended.thread.name
    _log.error("a thread ended by a fault", thread=name, exc_info=ended.exc_value)
