"""What REST answers where no route of ours does: in its own form, and not as a page."""

from __future__ import annotations

import json

from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ..errors import InvalidPayload
from .refusals import told

PREFIX = "/api/"


def answer_in_json(flask: Flask) -> None:
    """From here on 404, 405 and the like under `/api/` are `{error, code}`."""

    @flask.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        if not request.path.startswith(PREFIX):
            return error
        answer = error.get_response()
        answer.set_data(json.dumps(told(InvalidPayload(f"{error.code} {error.name}"))))
        answer.mimetype = "application/json"
        return answer
