"""A frame as it came over the wire becomes an RGB array; its size is checked before each step."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from ..errors import FrameTooLarge, UndecodableFrame
from .encoded import MAGIC_BYTES, Encoded, encoded_size, picture_bytes, picture_format
from .png_chunks import only_picture

Picture = NDArray[np.uint8]

# OpenCV's name for the lowest of its log levels.
LOG_LEVEL_SILENT = 0

# A worker decodes one frame at a time and runs beside others like it: more threads only contend.
cv2.setNumThreads(1)
# It writes a line for each picture that it can't read; whoever sent it is told.
cv2.setLogLevel(LOG_LEVEL_SILENT)

# Where an AVX2 register may be stored without going through the caches.
_STREAMED_ALIGNMENT = 32
_START_OF_SCAN = b"\xff\xda"
# A progressive JPEG has about 10 scans. Each costs a pass over the whole picture (1.5 ms for
# 1920×1080) and a few bytes suffice for one: without a limit 512 kB take a worker a minute.
MAX_JPEG_SCANS = 32


def decode(data: Encoded, *, max_bytes: int, max_pixels: int) -> Picture:
    """(height, width, 3) RGB, C-contiguous, from a JPEG, PNG or WebP in any form of `encoded`.

    Transparency is dropped, grey and CMYK are converted, 16 bits become 8, and of an animation
    the first picture is taken. Raises FrameTooLarge and UndecodableFrame.
    """
    size = encoded_size(data)
    if size > max_bytes:
        raise FrameTooLarge.by_bytes(size, max_bytes // 1024)
    picture = picture_bytes(data)
    kind = picture_format(bytes(picture[:MAGIC_BYTES]))
    if kind is None:
        raise UndecodableFrame("The frame is no JPEG, PNG or WebP.")
    width, height = _dimensions(picture, kind)
    if width * height > max_pixels:
        raise FrameTooLarge.by_pixels(width, height, max_pixels)
    if kind == "jpeg":
        return _decode_jpeg(picture, width, height)
    return _decode_other(picture, kind)


def _dimensions(picture: bytes | bytearray | memoryview, kind: str) -> tuple[int, int]:
    """(width, height) as the header says."""
    try:
        if kind == "jpeg":
            height, width, _, _ = simplejpeg.decode_jpeg_header(picture)
            return width, height
        return _png_dimensions(picture) if kind == "png" else _webp_dimensions(picture)
    except (ValueError, struct.error, IndexError) as error:
        raise UndecodableFrame(f"The {kind.upper()}'s header is damaged.") from error


def _png_dimensions(picture: bytes | bytearray | memoryview) -> tuple[int, int]:
    """From IHDR, which must come first (PNG specification, 11.2.1)."""
    name, width, height = struct.unpack_from(">4sII", picture, 12)
    if name != b"IHDR" or not width or not height:
        raise ValueError("no IHDR")
    return width, height


def _webp_dimensions(picture: bytes | bytearray | memoryview) -> tuple[int, int]:
    """From the first chunk, which is of one of three kinds (RFC 9649, 2.5 to 2.7 and 3.4)."""
    chunk = bytes(picture[12:16])
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", picture, 26)
        return width & 0x3FFF, height & 0x3FFF
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", picture, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8X":
        width, height = (int.from_bytes(picture[at : at + 3], "little") for at in (24, 27))
        return width + 1, height + 1
    raise ValueError("no WebP chunk")


def _decode_jpeg(picture: bytes | bytearray | memoryview, width: int, height: int) -> Picture:
    """Strictly: OpenCV fills what a truncated JPEG lacks with grey, and says nothing."""
    if bytes(picture).count(_START_OF_SCAN) > MAX_JPEG_SCANS:
        raise UndecodableFrame(f"The JPEG has more than {MAX_JPEG_SCANS} scans.")
    try:
        # Colour, of half the resolution, is not smoothed: a tenth faster, landmarks within 0.1 px.
        decoded: Picture = simplejpeg.decode_jpeg(
            picture,
            "RGB",
            fastupsample=True,
            strict=True,
            buffer=_cached_buffer(width * height * 3),
        )
    except ValueError as error:
        raise UndecodableFrame("The JPEG is damaged or cut off.") from error
    return decoded


def _cached_buffer(size: int) -> NDArray[np.uint8]:
    """Bytes that begin where libjpeg-turbo writes them through the caches.

    Rows that begin at a multiple of 32 bytes it streams past them into memory, from where cropping
    the face costs twice as much (0.3 ms).
    """
    spare = np.empty(size + _STREAMED_ALIGNMENT, np.uint8)
    begin = (_STREAMED_ALIGNMENT // 2 - spare.ctypes.data) % _STREAMED_ALIGNMENT
    return spare[begin : begin + size]


def _decode_other(picture: bytes | bytearray | memoryview, kind: str) -> Picture:
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        needed = only_picture(picture) if kind == "png" else picture
        decoded = cv2.imdecode(np.frombuffer(needed, np.uint8), flags)
    except (cv2.error, ValueError) as error:
        raise UndecodableFrame(f"The {kind.upper()} is damaged.") from error
    if decoded is None:
        raise UndecodableFrame(f"The {kind.upper()} is damaged or cut off.")
    return np.ascontiguousarray(decoded, dtype=np.uint8)
