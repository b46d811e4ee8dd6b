"""The forms in which a picture comes over the wire: data URL, bare base64, raw bytes.

Needs nothing but the standard library, so that the event loop's process can use it.
"""

from __future__ import annotations

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
# The two characters in which URL-safe base64 differs (RFC 4648, 5).
URL_SAFE, STANDARD = b"-_", b"+/"
URL_SAFE_TO_STANDARD = bytes.maketrans(URL_SAFE, STANDARD)
WHITESPACE = b" \t\r\n\f\v"


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
    text = _text(data)
    start = _base64_start(text)
    padding = 0
    for last in (text[-1:], text[-2:-1]):
        padding += last in ("=", b"=")
    return max(0, (len(text) - start) * 3 // 4 - padding)


def picture_bytes(data: Encoded) -> bytes | bytearray | memoryview:
    """The picture's own bytes; raw ones are given back as they came.

    Base64 may be URL-safe, and broken into lines. Raises UndecodableFrame where text is no base64.
    """
    if not isinstance(data, str) and _is_raw(data):
        return data
    text = _text(data)
    try:
        return _decoded(text[_base64_start(text) :])
    except ValueError as error:
        raise UndecodableFrame("The picture is neither base64 nor a JPEG, PNG or WebP.") from error


def _decoded(base64: str | bytes) -> bytes:
    """Raises ValueError: binascii.Error, or its own for characters beyond ASCII."""
    try:
        return binascii.a2b_base64(base64, strict_mode=True)
    except binascii.Error:
        # Only what is rare pays for a second look.
        return binascii.a2b_base64(_standard(base64), strict_mode=True)


def _standard(base64: str | bytes) -> bytes:
    """Standard base64 on one line; URL-safe base64 is padded, being often written without."""
    text = base64.encode("ascii") if isinstance(base64, str) else base64
    standard = text.translate(URL_SAFE_TO_STANDARD, WHITESPACE)
    url_safe = any(character in text for character in URL_SAFE)
    return standard + b"=" * (-len(standard) % 4) if url_safe else standard


def _is_raw(data: Encoded) -> bool:
    return not isinstance(data, str) and picture_format(bytes(data[:MAGIC_BYTES])) is not None


def _text(data: Encoded) -> str | bytes:
    """Without the white space around it; copied only where there is some, or no bytes object."""
    return data.strip() if isinstance(data, str) else bytes(data).strip()


def _base64_start(text: str | bytes) -> int:
    """Where the base64 begins: after the comma of a data URL, at 0 without one."""
    head = text[:MAX_DATA_URL_PREFIX]
    prefix = head if isinstance(head, str) else head.decode("latin-1")
    return prefix.find(",") + 1 if prefix[:5].lower() == "data:" else 0
