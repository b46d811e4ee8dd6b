"""What clients send, as models that check it."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictBytes,
    StrictInt,
    StrictStr,
    ValidationError,
    WithJsonSchema,
)

from ..errors import InvalidPayload
from ..tracking.session import LearnerIds

# As long as an id may be, and as large as the databases' and PHP's integers go.
MAX_ID_LENGTH = 64
MAX_INTEGER_ID = 2**63 - 1

# JavaScript's MAX_SAFE_INTEGER (ECMA-262, 21.1.2.6); in milliseconds the year 287396.
MAX_TIMESTAMP = 2**53 - 1
# Not every database keeps the first of them, and a terminal obeys some of the others.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _without_control_characters(text: str) -> str:
    """Raises ValueError, with which pydantic tells the caller."""
    if CONTROL_CHARACTERS.search(text):
        raise ValueError("it has a control character")
    return text


def _whole(value: Any) -> Any:
    """7.0 is an integer in JSON, and what PHP writes for a float; too large a one is not exact."""
    exact = isinstance(value, float) and value.is_integer() and abs(value) <= MAX_TIMESTAMP
    return int(value) if exact else value


IntegerId = Annotated[
    StrictInt, Field(ge=-MAX_INTEGER_ID, le=MAX_INTEGER_ID), BeforeValidator(_whole)
]
TextId = Annotated[
    StrictStr,
    Field(
        min_length=1,
        max_length=MAX_ID_LENGTH,
        # As a schema says it; the check itself is the next.
        json_schema_extra={"pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"},
    ),
    AfterValidator(_without_control_characters),
]
Id = IntegerId | TextId
FiniteNumber = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Timestamp = Annotated[StrictInt | FiniteNumber, Field(ge=-MAX_TIMESTAMP, le=MAX_TIMESTAMP)]
# What a client sends to find its answer by, and what fits into one: JSON's larger integers and
# halves of characters do not.
MAX_ECHO_LENGTH = 128
Echoed = Annotated[StrictStr, Field(max_length=MAX_ECHO_LENGTH)] | IntegerId | FiniteNumber


def _ours_or_none(value: Any) -> str | None:
    """A session's id as we make them, a UUID's text; None for anything else."""
    try:
        return value if isinstance(value, str) and str(UUID(value)) == value else None
    except ValueError:
        return None


# Whatever cannot be a session of ours begins a new one, and never reaches the database.
OurSessionId = Annotated[str | None, BeforeValidator(_ours_or_none), WithJsonSchema({})]


class Payload(BaseModel):
    """Unknown fields are ignored, as every protocol of ours promises."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StartTracking(Payload):
    user_id: Id
    module_id: Id
    section_id: Id | None = None
    session_id: OurSessionId = None

    @property
    def ids(self) -> LearnerIds:
        return LearnerIds(self.user_id, self.module_id, self.section_id)


class VideoFrame(Payload):
    """timestamp: the client's milliseconds, echoed."""

    frame: StrictBytes | StrictStr
    timestamp: Timestamp | None = None


class PageVisibility(Payload):
    hidden: StrictBool


P = TypeVar("P", bound=Payload)


def parse(model: type[P], event: str, arguments: tuple[Any, ...]) -> P:
    """The one argument of an event, checked. Raises InvalidPayload, which says what is wrong."""
    if len(arguments) != 1 or not isinstance(arguments[0], dict):
        raise InvalidPayload(f"'{event}' takes one object.")
    try:
        return model.model_validate(arguments[0])
    except ValidationError as error:
        raise InvalidPayload(f"'{event}': {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    """Where and what, without the value: it may be a picture."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    field = problems[0]["loc"][0]
    # A field of several types has a problem for each.
    messages = dict.fromkeys(p["msg"] for p in problems if p["loc"][0] == field)
    return f"{field}: {', or: '.join(messages)}"
