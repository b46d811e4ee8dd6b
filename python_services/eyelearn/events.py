"""Events of the log: what our loggers take, and how each becomes one line."""

from __future__ import annotations

import logging
import sys
from typing import Any, cast

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter, filter_by_level
from structlog.typing import EventDict, WrappedLogger

from .redaction import ID_FIELDS, SECRET_FIELDS, hashed
from .safe_text import safe_text, safe_value
from .safe_traceback import safe_traceback
from .timestamps import utc_text


def _hide(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in event.keys() & ID_FIELDS:
        if event[name] is not None:
            event[name] = hashed(event[name])
    for name in event.keys() & SECRET_FIELDS:
        event[name] = "<hidden>"
    return event


def _catch(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Puts the exception that is being handled in the place of `exc_info=True`."""
    if event.get("exc_info") is True:
        event["exc_info"] = sys.exc_info()[1]
    return event


def get_logger(name: str) -> BoundLogger:
    """A logger whose events take fields: `info("session begins", session=…, user=…)`.

    Those of `ID_FIELDS` are hashed, those of `SECRET_FIELDS` hidden, whoever logs them.
    """
    proxy = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[filter_by_level, _hide, _catch, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=BoundLogger,
    )
    return cast(BoundLogger, proxy.bind())


def formatter(*, as_json: bool, colors: bool = False) -> logging.Formatter:
    """Writes a record, a library's or ours, as one JSON object, or as text for people."""
    renderer: Any = structlog.processors.JSONRenderer()
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(
            colors=colors,
            pad_event_to=0,
            sort_keys=False,
            # Others would look at the frames' values, and warn of what is a text already.
            exception_formatter=structlog.dev.plain_traceback,
        )
    return ProcessorFormatter(processors=[_describe, renderer])


def _describe(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The line's fields in their order, each through the net."""
    record: logging.LogRecord = event.pop("_record")
    del event["_from_structlog"]
    error = event.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    described: EventDict = {
        "timestamp": utc_text(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": safe_text(str(event.pop("event")).strip()),
    }
    described.update((name, safe_value(value)) for name, value in event.items())
    if isinstance(error, BaseException):
        described["exception"] = safe_traceback(error)
    return described
