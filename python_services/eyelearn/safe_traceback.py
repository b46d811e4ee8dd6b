"""What the log tells of an exception: where, and what it says; never a value of a variable."""

from __future__ import annotations

import traceback

from .safe_text import safe_text

# The innermost frames, and the last causes: what is to be mended is among them, and a line of the
# log stays short enough (4 KiB) to be written to a pipe in one piece.
MOST_FRAMES = 12
MOST_CAUSES = 4


def safe_traceback(error: BaseException) -> str:
    """As Python prints it, causes first; its messages have been through the net."""
    return "\n".join(_told(cause) for cause in reversed(_causes(error)))


def _causes(error: BaseException) -> list[BaseException]:
    """The exception, and what led to it, newest first."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes and len(causes) < MOST_CAUSES:
        causes.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return causes


def _told(error: BaseException) -> str:
    frames = traceback.format_tb(error.__traceback__, -MOST_FRAMES)
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"Traceback (most recent call last):\n{''.join(frames)}{kind}: {_message(error)}"


def _message(error: BaseException) -> str:
    try:
        return safe_text(str(error))
    except Exception as fault:
        # A log must not fail over an exception that can't tell what it is.
        return f"<no message: {type(fault).__name__}>"
