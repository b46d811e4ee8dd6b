"""Expressions and hand gestures over a plain WebSocket: section 4 of the protocols."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Any, Literal

from pydantic import Field, StrictStr

from ..errors import EyeLearnError
from ..expression_service import Expression, ExpressionService, ExpressionSession
from ..settings import Settings
from ..vision.expressions import EXPRESSIONS
from .pace import welcome
from .payloads import Echoed, Payload, parse
from .web_socket_face import Caller, unknown

# A session's id is what a path may hold without being escaped (RFC 3986, section 3.3).
PATH = re.compile(r"/ws/(?P<session_id>[A-Za-z0-9._~!$&'()*+,;=:@-]{1,64})")


class Frame(Payload):
    data: StrictStr


class Ping(Payload):
    timestamp: Echoed | None = None


class UploadImage(Payload):
    expression_type: Literal[EXPRESSIONS]  # type: ignore[valid-type]
    image_data: Annotated[StrictStr, Field(min_length=1)]


class WebSocketExpressions:
    """What each picture expresses, drawn on it. A face with one session for each connection."""

    def __init__(self, expressions: ExpressionService, settings: Settings) -> None:
        self._expressions = expressions
        self._settings = settings
        self._sessions: dict[Caller, ExpressionSession] = {}

    def greet(self, caller: Caller) -> None:
        """Where tokens are needed the session begins with the first message after one.

        Raises SessionTaken.
        """
        if not self._settings.auth_secrets:
            self._session_of(caller)
        caller.send(
            {
                "type": "status",
                "message": "Connected and ready",
                "session_id": session_id_of(caller),
            }
        )

    def take(self, caller: Caller, message: dict[str, Any] | bytes) -> None:
        session = self._session_of(caller)
        if isinstance(message, bytes):
            self._express(caller, session, message)
            return
        match message.get("type"):
            case "frame":
                self._express(caller, session, parse(Frame, "frame", (message,)).data)
            case "upload_image":
                self._upload(caller, session, message)
            case "clear_images":
                self._expressions.clear_images(session)
                caller.send({"type": "clear_success", "message": "All images are cleared."})
            case "get_expressions":
                loaded = dict.fromkeys(session.images, True)
                told = {"expressions": list(EXPRESSIONS), "loaded_expressions": loaded}
                caller.send({"type": "expressions", **told})
            case "ping":
                timestamp = parse(Ping, "ping", (message,)).timestamp
                caller.send({"type": "pong", "timestamp": timestamp})
            case _:
                raise unknown(message, "type")

    def leave(self, caller: Caller) -> None:
        session = self._sessions.pop(caller, None)
        if session is not None:
            self._expressions.close(session)

    def error(self, error: EyeLearnError, message: dict[str, Any] | None) -> dict[str, Any]:
        """With the `expression_type` of an upload that it answers."""
        told = {"type": "error", "message": error.message, "code": error.code}
        expression = None if message is None else message.get("expression_type")
        known = isinstance(expression, str) and expression in EXPRESSIONS
        return {**told, "expression_type": expression} if known else told

    def _session_of(self, caller: Caller) -> ExpressionSession:
        """Begun where there is none. Raises RateLimited and SessionTaken."""
        session = self._sessions.get(caller)
        if session is None:
            user_id = None if caller.identity is None else caller.identity.user_id
            session = self._expressions.open(session_id_of(caller), user_id)
            self._sessions[caller] = session
        return session

    def _express(self, caller: Caller, session: ExpressionSession, picture: bytes | str) -> None:
        def tell(outcome: Expression | EyeLearnError) -> None:
            if isinstance(outcome, EyeLearnError):
                caller.send(self.error(outcome, None))
            else:
                caller.send(detection_result(session.session_id, outcome))

        self._expressions.express(session, picture, tell)
        welcome(caller.web_socket.environ, self._settings)

    def _upload(self, caller: Caller, session: ExpressionSession, message: dict[str, Any]) -> None:
        upload = parse(UploadImage, "upload_image", (message,))
        self._expressions.upload(session, upload.expression_type, upload.image_data)
        caller.send(
            {
                "type": "upload_success",
                "expression_type": upload.expression_type,
                "message": f"The image for {upload.expression_type} is loaded.",
            }
        )


def session_id_of(caller: Caller) -> str:
    found = PATH.fullmatch(caller.web_socket.environ["PATH_INFO"])
    assert found is not None, "the door lets nothing else in"
    return found["session_id"]


def detection_result(session_id: str, told: Expression) -> dict[str, Any]:
    """success: whether anything was seen to go by."""
    expressed = told.expressed
    result = {
        "type": "detection_result",
        "session_id": session_id,
        "frame_count": told.frame_count,
        "expression": expressed.expression,
        "success": expressed.expression is not None,
        "debug": {
            "detected_expression": expressed.expression,
            "face": expressed.face,
            "hands": expressed.hands,
            "milliseconds": expressed.milliseconds,
        },
        "frame_with_overlay": base64.b64encode(expressed.overlay).decode(),
        "expression_image": told.image,
    }
    return result if told.judged else {**result, "judged": False}
