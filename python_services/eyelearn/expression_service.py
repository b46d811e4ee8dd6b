"""Sessions of expressions: pictures in, what face and hands express out.

Each is one connection's, with all it has, and ends with it. Nothing of it is kept.
"""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .errors import (
    EyeLearnError,
    Overloaded,
    RateLimited,
    SessionTaken,
    StreamingDisabled,
    Superseded,
)
from .inference import messages
from .inference.pool import InferencePool
from .inference.ticket import Outcome
from .settings import Settings
from .tracking.token_bucket import TokenBucket
from .vision.expressed import Expressed

# Hands take as long as all the rest. Up to how busy the workers are, as a share of their time, and
# in every how many-th picture hands are looked for then.
HANDS_BY_LOAD = ((0.6, 1), (0.8, 2), (1.0, 4))

# Of all sessions' images together, in bytes of base64: six that have loaded the largest ones for
# every expression, or a class with ordinary ones.
MAX_IMAGE_BYTES = 256 * 1024 * 1024


class Expression(NamedTuple):
    """What is told of one picture.

    judged: False where a newer one overtook it, and `expressed` repeats what was told last.
    image: base64 of the picture that was uploaded for this expression, where it has just begun;
    None without one.
    """

    expressed: Expressed
    frame_count: int
    judged: bool
    image: str | None


class ExpressionSession:
    """started_at: seconds since 1970. images: by expression, base64 of a JPEG, which is how they
    are sent. shown: the expression of the last picture."""

    def __init__(self, session_id: str, user_id: str | None, key: str, max_fps: float) -> None:
        """key: its name among all sessions that are judged."""
        self.session_id = session_id
        self.user_id = user_id
        self.key = key
        self.started_at = time.time()
        self.frame_count = 0
        self.images: dict[str, str] = {}
        self.last: Expressed | None = None
        self.shown: str | None = None
        self.frames = TokenBucket(max_fps)

    def tell(self, expressed: Expressed) -> Expression:
        """One more picture was judged."""
        begins, self.shown = expressed.expression != self.shown, expressed.expression
        self.last = expressed
        self.frame_count += 1
        image = self.images.get(expressed.expression or "") if begins else None
        return Expression(expressed, self.frame_count, True, image)

    def show_anew(self) -> None:
        """What is shown now may have another image."""
        self.shown = None


class ExpressionService:
    def __init__(
        self,
        settings: Settings,
        pool: InferencePool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._clock = clock
        self._sessions: dict[str, ExpressionSession] = {}
        self._numbers = itertools.count(1)
        self._image_bytes = 0

    @property
    def sessions(self) -> Mapping[str, ExpressionSession]:
        """Those that go on, by the ids that clients gave them."""
        return self._sessions

    def open(self, session_id: str, user_id: str | None) -> ExpressionSession:
        """user_id: None where nobody has to say who they are.

        Raises SessionTaken, and RateLimited where the user has as many as they may.
        """
        if session_id in self._sessions:
            raise SessionTaken
        limit = self._settings.max_sessions_per_user
        theirs = sum(session.user_id == user_id for session in self._sessions.values())
        if user_id is not None and theirs >= limit:
            raise RateLimited.by_sessions(limit)
        key = f"expressions-{next(self._numbers)}"
        session = ExpressionSession(session_id, user_id, key, self._settings.max_client_fps)
        self._sessions[session_id] = session
        return session

    def close(self, session: ExpressionSession) -> None:
        if self._sessions.pop(session.session_id, None) is not None:
            self.clear_images(session)
            self._pool.release(session.key)

    def express(
        self,
        session: ExpressionSession,
        picture: bytes | str,
        tell: Callable[[Expression | EyeLearnError], None],
    ) -> None:
        """Has one picture judged. Never waits.

        tell: called once with what came of it, now or later and on any thread; must not wait.

        Raises StreamingDisabled, RateLimited, and whatever `InferencePool.submit` does.
        """
        if not self._settings.enable_browser_eye_streaming:
            raise StreamingDisabled
        if not session.frames.take(self._clock()):
            raise RateLimited.by_frames(self._settings.max_client_fps)
        request = messages.express(hands=session.frame_count % self._hands_every == 0)
        self._pool.submit(
            session.key, picture, lambda outcome: tell(_told(session, outcome)), request
        )

    def upload(self, session: ExpressionSession, expression: str, picture: str) -> None:
        """Keeps a picture to be shown with an expression, and waits for it to be encoded anew.

        Raises StreamingDisabled, FrameTooLarge, UndecodableFrame, Overloaded and Internal.
        """
        if not self._settings.enable_browser_eye_streaming:
            raise StreamingDisabled
        jpeg = self._pool.visit(picture, messages.prepare())
        assert isinstance(jpeg, bytes)
        image = base64.b64encode(jpeg).decode()
        grown = self._image_bytes + len(image) - len(session.images.get(expression, ""))
        if grown > MAX_IMAGE_BYTES:
            raise Overloaded("Too many images are loaded here by everybody; try again later.")
        self._image_bytes = grown
        session.images[expression] = image
        session.show_anew()

    def clear_images(self, session: ExpressionSession) -> None:
        self._image_bytes -= sum(map(len, session.images.values()))
        session.images.clear()

    @property
    def _hands_every(self) -> int:
        busy = self._pool.busy_share
        return next(every for share, every in HANDS_BY_LOAD if busy <= share)


def _told(session: ExpressionSession, outcome: Outcome) -> Expression | EyeLearnError:
    """A picture that a newer one overtook is answered with what was told last."""
    if isinstance(outcome, Superseded):
        if session.last is None:
            return Overloaded("A newer picture overtook this one; wait for the answers.")
        return Expression(session.last, session.frame_count, False, None)
    if isinstance(outcome, EyeLearnError):
        return outcome
    assert isinstance(outcome, Expressed)
    return session.tell(outcome)
