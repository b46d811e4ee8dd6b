"""An error as an HTTP answer, the same for every face that has one."""

from __future__ import annotations

import json
import math

from flask import Response
from typing_extensions import TypedDict

from ..errors import EyeLearnError

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
    return answer
