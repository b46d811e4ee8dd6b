"""Frames of the older clients, whichever way they come: section 2 of the protocols.

They never say that they start or stop: whoever sends from one address for one learner, module and
section is one session, by REST and WebSocket alike.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, NotRequired

from pydantic import (
    AliasChoices,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic.config import JsonDict
from typing_extensions import TypedDict

from ..errors import (
    EyeLearnError,
    FrameTooLarge,
    InvalidPayload,
    NotTracking,
    Overloaded,
    RateLimited,
    StreamingDisabled,
    Superseded,
)
from ..session_service import Judgement, Landmarks, Outcome, SessionService
from ..settings import Settings
from ..timestamps import utc_text
from ..tracking.metrics import MetricsTold
from ..tracking.session import LearnerIds, WebSocketEyeTrackingSession
from ..vision.encoded import encoded_size
from .answers import Status, status_of
from .client_address import client_of, trusted_networks
from .identity import Identity
from .landmark_payloads import FaceLandmarks
from .newcomers import Newcomers
from .pace import welcome
from .payloads import Echoed, FiniteNumber, Id, OurSessionId, Payload, parse

# Between the parts of a holder's name; no id has a control character.
SEPARATOR = "\x1f"

_echoed: TypeAdapter[Any] = TypeAdapter(Echoed)


# Of the schema: a picture, or landmarks.
ONE_OF_BOTH: JsonDict = {
    "oneOf": [
        {"required": ["frame_base64"], "properties": {"landmarks": {"type": "null"}}},
        {
            "required": ["landmarks"],
            "properties": {"landmarks": {"type": "object"}, "frame_base64": {"not": {}}},
        },
    ]
}


class FrameMessage(Payload):
    """One picture of one learner, or landmarks in its place; `POST /api/frames`, and each message
    of `WS /ws/frames`."""

    model_config = ConfigDict(json_schema_extra=ONE_OF_BOTH)

    frame_base64: Annotated[StrictStr | None, WithJsonSchema({"type": "string"})] = Field(
        None,
        validation_alias=AliasChoices("frame_base64", "frame"),
        description="The picture as the camera sees it: JPEG, PNG or WebP as a data URL, or as "
        "bare base64. `frame` is taken for it, too.",
    )
    landmarks: FaceLandmarks | None = Field(
        None,
        description="In a picture's place: landmarks that the client has found itself, of the "
        "indices that `GET /api/landmark-indices` tells, `points` as base64.",
    )
    user_id: Id = Field(description="Who learns.")
    module_id: Id = Field(description="What they learn.")
    section_id: Id | None = Field(None, description="The part of it, if any.")
    frame_id: Echoed | None = Field(None, description="Echoed; made up where it is missing.")
    timestamp: Echoed | None = Field(
        None, description="When the picture was taken, echoed; the service's time where missing."
    )
    fps: FiniteNumber | None = Field(
        None, ge=0, description="Pictures a second that the client sends; for its own records."
    )
    hidden: StrictBool | None = Field(
        None,
        description="Whether the page is out of sight, where the learner counts as unfocused.",
    )
    session_id: OurSessionId = Field(
        None,
        description="That of an earlier answer: the session goes on where the service has lost "
        "sight of it, as by a restart.",
    )

    @property
    def ids(self) -> LearnerIds:
        return LearnerIds(self.user_id, self.module_id, self.section_id)


class FrameAnswer(TypedDict):
    """frame_id, timestamp: echoed, or made up. max_fps: pictures a second that are of use from now
    on. judged: false where the last judgement is repeated, since the picture was one too many."""

    success: Literal[True]
    frame_id: str | float
    user_id: int | str
    module_id: int | str
    section_id: int | str | None
    timestamp: str | float
    status: Status
    metrics: MetricsTold
    session_id: str
    max_fps: float
    judged: NotRequired[Literal[False]]


def echo_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """The `frame_id` of a message that is wrong, where that one is right."""
    try:
        return {"frame_id": _echoed.validate_python(message.get("frame_id"))}
    except ValidationError:
        return {}


class Told(NamedTuple):
    """outcome: the answer, or why there is none. wait_seconds: after which it is to be told, so
    that who sends a picture for each answer does not send all the faster."""

    outcome: FrameAnswer | EyeLearnError
    wait_seconds: float = 0.0


class Frames:
    """From a message to its answer. `forward`: told every answer to a judged picture, or None."""

    def __init__(
        self,
        sessions: SessionService,
        settings: Settings,
        newcomers: Newcomers,
        forward: Callable[[FrameAnswer], None] | None,
    ) -> None:
        self._sessions = sessions
        self._settings = settings
        self._newcomers = newcomers
        self._forward = forward
        self._trusted = trusted_networks(settings)

    def take(
        self,
        message: Any,
        environ: Mapping[str, Any],
        identity: Identity | None,
        tell: Callable[[Told], None],
    ) -> None:
        """Has one message judged. May wait where a session begins.

        environ: of the request or connection that brought it; identity: None where no token is
        needed. tell: called once, now or later and on any thread; must not wait.

        Raises InvalidPayload, Unauthorized, Forbidden, FrameTooLarge, UndecodableFrame,
        RateLimited, StreamingDisabled and Overloaded.
        """
        payload = parse(FrameMessage, "frames", (message,))
        holder = self._holder(payload.ids, environ)
        alive = self._sessions.is_alive(holder)
        if identity is not None:
            _check(identity, payload.ids, alive)
        content = self._checked(payload)
        if not alive:
            size = len(content if isinstance(content, str) else content.points)
            self._newcomers.take_turn(size)
        session = self._sessions.join(holder, payload.ids, payload.session_id)
        welcome(environ, self._settings)
        if payload.hidden is not None:
            self._sessions.set_hidden(holder, payload.hidden)

        def judged(outcome: Outcome) -> None:
            tell(self._answer(payload, session, outcome))

        if isinstance(content, str):
            self._sessions.judge(holder, content, judged)
        else:
            self._sessions.observe(holder, content, judged)

    def _holder(self, ids: LearnerIds, environ: Mapping[str, Any]) -> str:
        """Ids are compared as strings; one that is null differs from each that is none."""
        address = client_of(environ, self._trusted).address
        section = "" if ids.section_id is None else f"={ids.section_id}"
        return SEPARATOR.join(("frames", address, str(ids.user_id), str(ids.module_id), section))

    def _checked(self, payload: FrameMessage) -> str | Landmarks:
        """The picture, or the landmarks; what is refused here begins no session.

        Raises InvalidPayload, RateLimited, StreamingDisabled and FrameTooLarge.
        """
        if (payload.frame_base64 is None) == (payload.landmarks is None):
            raise InvalidPayload("'frames': it needs either 'frame_base64' or 'landmarks'.")
        if payload.landmarks is not None:
            return payload.landmarks.checked(self._settings.max_client_fps)
        picture = payload.frame_base64 or ""
        if not self._settings.enable_browser_eye_streaming:
            raise StreamingDisabled
        size, limit_kb = encoded_size(picture), self._settings.max_frame_kb
        if size > limit_kb * 1024:
            raise FrameTooLarge.by_bytes(size, limit_kb)
        return picture

    def _answer(
        self, payload: FrameMessage, session: WebSocketEyeTrackingSession, outcome: Outcome
    ) -> Told:
        try:
            judgement = _judgement(session, outcome)
        except NotTracking:
            return Told(Overloaded("The session ended meanwhile; the next picture begins another."))
        except EyeLearnError as error:
            return Told(error.again())
        body = _body(payload, judgement)
        if self._forward is not None and judgement.judged:
            self._forward(body)
        return Told(body, judgement.wait_seconds)


def _check(identity: Identity, ids: LearnerIds, alive: bool) -> None:
    """Raises Forbidden, and Unauthorized: a session outlives its token, and only what runs does."""
    identity.check(ids)
    if not alive:
        identity.check_time(time.time())


def _judgement(session: WebSocketEyeTrackingSession, outcome: Outcome) -> Judgement:
    """A picture that a newer one overtook is answered with what was told last, if anything was."""
    try:
        return outcome()
    except Superseded as error:
        if session.attention is None:
            raise RateLimited("Several pictures of this learner came at once.", 1.0) from error
        return Judgement(session, session.attention, judged=False, max_fps=None)


def _body(payload: FrameMessage, judgement: Judgement) -> FrameAnswer:
    session = judgement.session
    body: FrameAnswer = {
        "success": True,
        "frame_id": str(uuid.uuid4()) if payload.frame_id is None else payload.frame_id,
        "user_id": payload.user_id,
        "module_id": payload.module_id,
        "section_id": payload.section_id,
        "timestamp": utc_text(time.time()) if payload.timestamp is None else payload.timestamp,
        "status": status_of(session, judgement.attention),
        "metrics": session.metrics.to_dict(),
        "session_id": session.session_id,
        "max_fps": session.allowance.told,
    }
    if not judgement.judged:
        body["judged"] = False
    return body
