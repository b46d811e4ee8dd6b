"""An error as an HTTP answer, the same for every face that has one."""

from __future__ import annotations

import http
import json
import math

from flask import Response
from typing_extensions import TypedDict

from ..errors import EyeLearnError, InvalidPayload

RETRY_AFTER_SECONDS = 5.0


class Refusal(TypedDict):
    """Why there is no answer: a sentence for people, and a code for programs."""

    error: str
    code: str


def told(error: EyeLearnError) -> Refusal:
    """Its body, before it is JSON."""
    return {"error": error.message, "code": error.code}


def refusal(error: EyeLearnError) -> Response:
    """`{error, code}` with the error's status, and `Retry-After` where trying again may help."""
    answer = Response(
        json.dumps(told(error)),
        status=error.http_status,
        mimetype="application/json",
    )
    if error.code in {"rate_limited", "overloaded"}:
        seconds = error.retry_after_seconds or RETRY_AFTER_SECONDS
        answer.headers["Retry-After"] = str(math.ceil(seconds))
    if error.http_status == http.HTTPStatus.UNAUTHORIZED:
        # RFC 9110, section 15.5.2: it says how one may come in.
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def refused_method(*allowed: str) -> Response:
    """405 in the same form, with the methods that are answered there."""
    status = http.HTTPStatus.METHOD_NOT_ALLOWED
    answer = refusal(InvalidPayload(f"{status.value} {status.phrase}"))
    answer.status_code = status
    answer.headers["Allow"] = ", ".join(allowed)
    return answer
