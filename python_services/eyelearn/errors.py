"""Every error that a caller is told about.

EyeLearnError
├── InvalidPayload      the message is not of the protocol's form
├── Unauthorized        no token, or none that is good
├── Forbidden           a good token, and not for this
├── NotTracking         the event needs a session, and there is none
├── FrameTooLarge       more bytes or pixels than the limits allow
├── UndecodableFrame    not a picture, or a damaged one
├── RateLimited         more frames, events or sessions than the limits allow
├── StreamingDisabled   this service takes no pictures
├── Overloaded          no capacity now; worth a retry
├── SessionTaken        another connection has the session
├── NoFace              a face is needed, and none is in the picture
├── ModelUnavailable    no emotion model is loaded
├── Superseded          a newer frame of the session overtook this one
└── Internal            a fault of ours
"""

from __future__ import annotations

from typing import ClassVar, Self


class EyeLearnError(Exception):
    """An error with a code for the wire and a sentence for a person.

    retry_after_seconds: when it is worth a retry, where that can be said.
    `code` is what every protocol sends; `http_status` is what REST answers with it.
    """

    code: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_seconds = retry_after_seconds

    def again(self) -> Self:
        """The same, as if it had never been raised: to be kept, or raised by who keeps this one.

        An error holds the frames that it was raised through. One of them that holds the error, too,
        makes a circle, and with it a picture stays until the garbage collector comes.
        """
        other = type(self).__new__(type(self), *self.args)
        other.__dict__.update(self.__dict__)
        return other


class InvalidPayload(EyeLearnError):
    code = "invalid_payload"
    http_status = 400


class Unauthorized(EyeLearnError):
    code = "unauthorized"
    http_status = 401


class Forbidden(EyeLearnError):
    code = "forbidden"
    http_status = 403


class NotTracking(EyeLearnError):
    code = "not_tracking"
    http_status = 409

    def __init__(self, event: str) -> None:
        super().__init__(f"'{event}' needs a running session: send 'start_tracking' first.")


class FrameTooLarge(EyeLearnError):
    code = "frame_too_large"
    http_status = 413

    @classmethod
    def by_bytes(cls, size: int, limit_kb: int) -> FrameTooLarge:
        return cls(f"The picture has about {size // 1024} KB; at most {limit_kb} KB are taken.")

    @classmethod
    def by_pixels(cls, width: int, height: int, limit: int) -> FrameTooLarge:
        return cls(f"The picture has {width}×{height} pixels; at most {limit} in all are taken.")


class UndecodableFrame(EyeLearnError):
    code = "undecodable_frame"
    http_status = 422


class RateLimited(EyeLearnError):
    code = "rate_limited"
    http_status = 429

    @classmethod
    def by_frames(cls, max_fps: float) -> RateLimited:
        return cls(f"Too many frames: at most {max_fps:g} a second are taken.", 1 / max_fps)

    @classmethod
    def by_predictions(cls, limit: float) -> RateLimited:
        return cls(f"Too many predictions: at most {limit:g} a second are made.", 1 / limit)

    @classmethod
    def by_events(cls, limit: float) -> RateLimited:
        return cls(f"Too many events: at most {limit:g} a second are taken.")

    @classmethod
    def by_sessions(cls, limit: int) -> RateLimited:
        return cls(f"This user has {limit} sessions already; end one of them first.")


class StreamingDisabled(EyeLearnError):
    code = "streaming_disabled"
    http_status = 503

    def __init__(self) -> None:
        super().__init__("This service takes no pictures; send landmarks.")


class Overloaded(EyeLearnError):
    code = "overloaded"
    http_status = 503


class SessionTaken(EyeLearnError):
    code = "session_taken"
    http_status = 409

    def __init__(self) -> None:
        super().__init__("Another connection has this session; choose another session id.")


class NoFace(EyeLearnError):
    code = "no_face"
    http_status = 422

    def __init__(self) -> None:
        super().__init__("There is no face in the picture.")


class ModelUnavailable(EyeLearnError):
    code = "model_unavailable"
    http_status = 503


class Superseded(EyeLearnError):
    code = "superseded"
    http_status = 409

    def __init__(self) -> None:
        super().__init__("A newer frame of this session overtook this one.")


class Internal(EyeLearnError):
    code = "internal"
    http_status = 500
