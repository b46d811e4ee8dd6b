"""The service's own files: every answer carries an ETag and is revalidated, so that an update of
the service reaches browsers at once and costs the others a 304."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Response, request

from ..settings import ROOT

TEMPLATES = ROOT / "templates"


def own_file(path: Path, mimetype: str, headers: Mapping[str, str]) -> Callable[[], Response]:
    """A Flask view of it."""

    def answer() -> Response:
        # Read anew each time: some kB from the system's cache, and an update needs no restart.
        response = revalidated(path.read_bytes(), mimetype)
        response.headers.update(headers)
        return response

    return answer


def revalidated(content: bytes, mimetype: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.cache_control.no_cache = True
    response.add_etag()
    response.make_conditional(request)
    return response
