"""`POST /api/frames` and `/api/stream-frame`: section 2 of the protocols over REST."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from ..concurrency import Concurrency
from ..errors import EyeLearnError, Internal, Overloaded, RateLimited
from ..events import get_logger
from ..settings import Settings
from .bounded_json import read_object
from .connections import TCP_VISIT, Connections
from .frames import FrameAnswer, Frames, Told
from .identity import Identities, Identity, bearer_token
from .newcomers import Newcomers
from .origins import OPTIONS, OriginGuard, Origins
from .refusals import refusal, refused_method
from .security_headers import WSGI

_log = get_logger(__name__)

PATHS = ("/api/frames", "/api/stream-frame")
METHOD = "POST"
# From a picture's arrival to its answer.
MAX_ANSWER_SECONDS = 2.0
# What stands around a picture in a request, at most.
ENVELOPE_BYTES = 4096
BASE64_GROWTH = 4 / 3
# Besides its bytes a request takes the event loop 0.7 ms, as long as so many of a message.
REQUEST_BYTES = 44 * 1024


class RestDoor:
    """A WSGI application around ours, that has frames answered without it: Flask takes the event
    loop 0.6 ms a request, and all the rest 2."""

    def __init__(self, application: WSGI, frames: WSGI, origins: Origins) -> None:
        """origins: of the pages that may send frames."""
        self._application = application
        self._frames = OriginGuard(frames, origins, [METHOD])

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        asked = self._frames if environ["PATH_INFO"] in PATHS else self._application
        return asked(environ, start_response)


class RestFrames:
    """A WSGI application. Each request waits for the judgement of its own picture."""

    def __init__(
        self,
        frames: Frames,
        newcomers: Newcomers,
        connections: Connections,
        settings: Settings,
        concurrency: Concurrency,
    ) -> None:
        self._frames = frames
        self._newcomers = newcomers
        self._connections = connections
        self._identities = Identities(settings)
        self._usual_bytes = settings.max_frame_kb * 1024 * BASE64_GROWTH + ENVELOPE_BYTES
        self._pause_seconds = 1 / settings.max_client_fps
        self._concurrency = concurrency

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != METHOD:
            return refused_method(METHOD, OPTIONS)(environ, start_response)
        until = time.monotonic() + MAX_ANSWER_SECONDS
        size = int(environ.get("CONTENT_LENGTH") or 0)
        try:
            body = orjson.dumps(self._judged(environ, size, until))
        except EyeLearnError as error:
            self._hold_up(error, size, until)
            return refusal(error)(environ, start_response)
        except Exception:
            _log.exception("a request failed", path=environ["PATH_INFO"])
            internal = Internal("Something went wrong here; it was logged.")
            return refusal(internal)(environ, start_response)
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    def _judged(self, environ: Mapping[str, Any], size: int, until: float) -> FrameAnswer:
        if size > self._usual_bytes:
            self._newcomers.read(size)
        identity = self._identity(environ)
        message = read_object(environ["wsgi.input"].read(size))
        answer = self._ask(message, environ, identity, until)
        if isinstance(answer.outcome, EyeLearnError):
            raise answer.outcome.again()
        if answer.wait_seconds:
            self._concurrency.sleep(min(answer.wait_seconds, max(0.0, until - time.monotonic())))
        return answer.outcome

    def _ask(
        self,
        message: dict[str, Any],
        environ: Mapping[str, Any],
        identity: Identity | None,
        until: float,
    ) -> Told:
        """Raises Overloaded where no answer comes in time; it counts all the same, if it comes."""
        told: list[Told] = []
        came = self._concurrency.event()

        def tell(answer: Told) -> None:
            told.append(answer)
            came.set()

        self._frames.take(message, environ, identity, tell)
        if not told and not came.wait(max(0.0, until - time.monotonic())):
            raise Overloaded("The picture was not judged in time; send the next one.", 1.0)
        return told[0]

    def _identity(self, environ: Mapping[str, Any]) -> Identity | None:
        """Raises Unauthorized, and RateLimited where its user has too many connections."""
        if not self._identities.required:
            return None
        token = bearer_token(environ.get("HTTP_AUTHORIZATION"))
        identity = self._identities.read(token, time.time())
        visit = environ.get(TCP_VISIT)
        if visit is not None and not visit.become_known(self._connections.users, identity.user_id):
            raise RateLimited("This user has too many connections; close one of them first.")
        return identity

    def _hold_up(self, error: EyeLearnError, size: int, until: float) -> None:
        """Whoever does not stop at an error is answered more slowly."""
        if isinstance(error, RateLimited):
            self._concurrency.sleep(self._pause_seconds)
        self._newcomers.hold_up(size + REQUEST_BYTES, until)
