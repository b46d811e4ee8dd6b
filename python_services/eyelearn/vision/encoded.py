"""The forms in which a picture comes over the wire: data URL, bare base64, raw bytes.

Needs nothing but the standard library, so that the event loop's process can use it.
"""

from __future__ import annotations

import base64
import binascii

from ..errors import UndecodableFrame

Encoded = bytes | bytearray | memoryview | str

JPEG_MAGIC = b"\xff\xd8\xff"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
RIFF_MAGIC, WEBP_MAGIC = b"RIFF", b"WEBP"
# Enough bytes to tell the format by: a WebP says so after its RIFF header of 8 bytes.
MAGIC_BYTES = 12
# A data URL's media type and parameters end well before this many characters.
MAX_DATA_URL_PREFIX = 128


def picture_format(head: bytes) -> str | None:
    """`jpeg`, `png` or `webp` by a picture's first `MAGIC_BYTES` bytes; None for anything else."""
    if head.startswith(JPEG_MAGIC):
        return "jpeg"
    if head.startswith(PNG_MAGIC):
        return "png"
    if head.startswith(RIFF_MAGIC) and head[8:12] == WEBP_MAGIC:
        return "webp"
    return None


def encoded_size(data: Encoded) -> int:
    """Bytes of the picture, told without decoding: exact, or a little high where base64 is odd."""
    if _is_raw(data):
        return len(data)
    start = _base64_start(data)
    padding = 0
    for last in (data[-1:], data[-2:-1]):
        padding += last in ("=", b"=")
    return max(0, (len(data) - start) * 3 // 4 - padding)


def picture_bytes(data: Encoded) -> bytes | bytearray | memoryview:
    """The picture's own bytes; raw ones are given back as they came.

    Raises UndecodableFrame where text is no base64.
    """
    if not isinstance(data, str) and _is_raw(data):
        return data
    start = _base64_start(data)
    try:
        return base64.b64decode(data[start:])
    except (binascii.Error, ValueError) as error:  # ValueError: characters beyond ASCII
        raise UndecodableFrame("The picture is neither base64 nor a JPEG, PNG or WebP.") from error


def _is_raw(data: Encoded) -> bool:
    return not isinstance(data, str) and picture_format(bytes(data[:MAGIC_BYTES])) is not None


def _base64_start(data: Encoded) -> int:
    """Where the base64 begins: after the comma of a data URL, at 0 without one."""
    head = data[:MAX_DATA_URL_PREFIX]
    text = head if isinstance(head, str) else bytes(head).decode("latin-1")
    return text.find(",") + 1 if text.startswith("data:") else 0
