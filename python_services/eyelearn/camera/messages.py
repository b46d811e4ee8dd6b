"""What crosses between the service and the camera's process, and nothing else does.

To it, besides the ping: `taken`, when a picture has arrived. From it: `ready`, `pong`, `picture`
with a JPEG as payload, and `problem {sentence}`.

The next picture is sent only after `taken`: so none lies in the socket and grows old there.
"""

from __future__ import annotations

from ..processes.channel import Header


def taken() -> Header:
    return {"type": "taken"}


def picture() -> Header:
    return {"type": "picture"}


def problem(sentence: str) -> Header:
    return {"type": "problem", "sentence": sentence}
