"""What crosses between the pool and its workers, and nothing else does.

To a worker, besides the ping: requests, each `{ticket, session, …}` with an encoded picture as
payload: `judge {alone}` (whether it has nothing to do with those before it), `express {hands}`
(whether hands are looked for), `predict`, and `prepare` (to be encoded anew); `release {session}`;
and `measure {number, batches}` with the points of all batches as payload, of each of which the
samples, width and height are named. From it:
`ready {first_seconds, frame_seconds, emotion_model}` (what the first picture took, and each after
it), `pong`; with the ticket and the seconds that the worker spent on it `judged {observation}`,
`expressed {…}` with the overlay as payload, `predicted {probabilities, face_found}`, `prepared`
with the picture as payload; `failed {ticket, code, message}`; `measured {number}` with `face_rows`
as payload, and `unmeasured {number, code, message}`.
"""

from __future__ import annotations

from typing import Any

from ..errors import EyeLearnError, FrameTooLarge, Internal, ModelUnavailable, UndecodableFrame
from ..processes.channel import Header
from ..vision.emotions import Emotion
from ..vision.expressed import Expressed
from ..vision.observation import Observation

# Of pictures that people choose, and no camera sends again and again.
MAX_STILL_BYTES = 2 * 1024 * 1024
MAX_STILL_PIXELS = 4 * 1024 * 1024
_STILLS = frozenset({"predict", "prepare"})

# What a worker makes of a picture.
Done = Observation | Expressed | Emotion | bytes

_FAILURES: dict[str, type[EyeLearnError]] = {
    error.code: error for error in (FrameTooLarge, Internal, ModelUnavailable, UndecodableFrame)
}


def ready(
    first_seconds: float, frame_seconds: float, emotion_model: dict[str, Any] | None = None
) -> Header:
    """emotion_model: what it is, or its `problem`; None where none is asked for."""
    return {
        "type": "ready",
        "first_seconds": first_seconds,
        "frame_seconds": frame_seconds,
        "emotion_model": emotion_model,
    }


def judge(alone: bool) -> Header:
    return {"type": "judge", "alone": alone}


def express(hands: bool) -> Header:
    return {"type": "express", "hands": hands}


def predict() -> Header:
    return {"type": "predict"}


def prepare() -> Header:
    return {"type": "prepare"}


def is_of_still(request: Header) -> bool:
    return request["type"] in _STILLS


def is_judgement(request: Header) -> bool:
    """Whether it is of a learner's picture."""
    return bool(request["type"] == "judge")


def asked(request: Header, ticket: int, session_id: str) -> Header:
    """The request as it is sent."""
    return {**request, "ticket": ticket, "session": session_id}


def release(session_id: str) -> Header:
    return {"type": "release", "session": session_id}


def done(outcome: Done, ticket: int, seconds: float) -> tuple[Header, bytes]:
    """The answer, and its payload."""
    spent: Header = {"ticket": ticket, "seconds": seconds}
    match outcome:
        case Observation():
            return {"type": "judged", "observation": outcome.to_dict(), **spent}, b""
        case Expressed():
            return {"type": "expressed", **outcome.to_dict(), **spent}, outcome.overlay
        case Emotion():
            return {"type": "predicted", **outcome._asdict(), **spent}, b""
        case _:
            return {"type": "prepared", **spent}, outcome


def failed(ticket: int, error: EyeLearnError) -> Header:
    return {"type": "failed", "ticket": ticket, "code": error.code, "message": error.message}


def measure(number: int, batches: list[tuple[int, float, float]]) -> Header:
    return {"type": "measure", "number": number, "batches": batches}


def measured(number: int) -> Header:
    return {"type": "measured", "number": number}


def unmeasured(number: int, error: EyeLearnError) -> Header:
    return {"type": "unmeasured", "number": number, "code": error.code, "message": error.message}


def is_of_measuring(header: Header) -> bool:
    return header["type"] in {"measured", "unmeasured"}


def read_failure(header: Header) -> EyeLearnError | None:
    """Why there are no rows, None where there are."""
    if header["type"] == "measured":
        return None
    return _FAILURES.get(header["code"], Internal)(header["message"])


def seconds_spent(header: Header) -> float | None:
    """What the worker spent on a picture; None for one that it could do nothing with."""
    return header.get("seconds")


def read_answer(header: Header, payload: bytes | bytearray) -> Done | EyeLearnError:
    """What the answer to a request says."""
    match header["type"]:
        case "judged":
            return Observation.from_dict(header["observation"])
        case "expressed":
            values = {name: header[name] for name in Expressed._fields if name != "overlay"}
            return Expressed(**values, overlay=bytes(payload))
        case "predicted":
            return Emotion(header["probabilities"], header["face_found"])
        case "prepared":
            return bytes(payload)
    return _FAILURES.get(header["code"], Internal)(header["message"])
