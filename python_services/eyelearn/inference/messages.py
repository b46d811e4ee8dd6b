"""What crosses between the pool and its workers, and nothing else does.

To a worker, besides the ping: `judge {ticket, session, alone}` with the encoded picture as payload
(alone: whether it has nothing to do with those before it), `release {session}`, and
`measure {number, batches}` with the points of all batches as payload, of each of which the samples,
width and height are named. From it:
`ready {first_seconds, frame_seconds}` (what the first picture took, and each after it), `pong`,
`judged {ticket, observation, seconds}` (seconds that the worker spent on it),
`failed {ticket, code, message}`, `measured {number}` with `face_rows` as payload, and
`unmeasured {number, code, message}`.
"""

from __future__ import annotations

from ..errors import EyeLearnError, FrameTooLarge, Internal, UndecodableFrame
from ..processes.channel import Header
from ..vision.observation import Observation

_FAILURES: dict[str, type[EyeLearnError]] = {
    error.code: error for error in (FrameTooLarge, Internal, UndecodableFrame)
}


def ready(first_seconds: float, frame_seconds: float) -> Header:
    return {"type": "ready", "first_seconds": first_seconds, "frame_seconds": frame_seconds}


def judge(ticket: int, session_id: str, alone: bool) -> Header:
    return {"type": "judge", "ticket": ticket, "session": session_id, "alone": alone}


def release(session_id: str) -> Header:
    return {"type": "release", "session": session_id}


def judged(ticket: int, observation: Observation, seconds: float) -> Header:
    plain = observation.to_dict()
    return {"type": "judged", "ticket": ticket, "observation": plain, "seconds": seconds}


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
    """What the worker spent on a frame that it judged; None for one that it could not judge."""
    return header.get("seconds")


def read_answer(header: Header) -> Observation | EyeLearnError:
    """What a `judged` or `failed` message says."""
    if header["type"] == "judged":
        return Observation.from_dict(header["observation"])
    return _FAILURES.get(header["code"], Internal)(header["message"])
