"""A PNG without what is not picture (PNG specification, 3rd edition, 5.3 and 5.6).

Colour profiles and texts are compressed, and a decoder unpacks all of them before the first pixel:
300 kB keep libpng busy for two seconds. It goes on unpacking pixels, too, when it has them all: one
second. An animation becomes its first picture.
"""

from __future__ import annotations

import struct
import zlib

Bytes = bytes | bytearray | memoryview

SIGNATURE_BYTES = 8
# Length and name before a chunk's data, and the checksum behind it.
_HEAD = struct.Struct(">I4s")
CHECKSUM_BYTES = 4
PICTURE_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
# libpng makes an IDAT for every 8 kB: pictures of 8 MB, far more than any limit lets through.
MAX_CHUNKS = 1000
# IHDR's data: width, height, bit depth, colour type, two methods that have one value each, and the
# interlace method (11.2.1).
_IHDR = struct.Struct(">IIBBBBB")
IHDR_DATA_AT = SIGNATURE_BYTES + _HEAD.size
# Samples of a pixel by colour type: grey, RGB, palette, grey and alpha, RGB and alpha.
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# First column and row of each pass, and the steps from there (8.1, Adam7); one pass without.
ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
ONE_PASS = ((0, 0, 1, 1),)


def only_picture(png: Bytes) -> bytes:
    """The same picture, in the chunks that it is made of, up to IEND.

    Raises ValueError where there are too many chunks, and where the picture is cut off or goes on
    behind its last row.
    """
    kept, rows, at = [png[:SIGNATURE_BYTES]], [], SIGNATURE_BYTES
    for _ in range(MAX_CHUNKS):
        if at + _HEAD.size > len(png):
            raise ValueError("no IEND")
        length, name = _HEAD.unpack_from(png, at)
        end = at + _HEAD.size + length + CHECKSUM_BYTES
        if end > len(png):
            raise ValueError("a chunk is cut off")
        if name in PICTURE_CHUNKS:
            kept.append(png[at:end])
        if name == b"IDAT":
            rows.append(png[at + _HEAD.size : end - CHECKSUM_BYTES])
        if name == b"IEND":
            _check_rows(b"".join(rows), _unpacked_size(png))
            return b"".join(kept)
        at = end
    raise ValueError(f"more than {MAX_CHUNKS} chunks")


def _check_rows(packed: bytes, size: int) -> None:
    """Unpacks so many bytes and one more, and keeps none. Raises ValueError."""
    unpacking = zlib.decompressobj()
    try:
        unpacked = len(unpacking.decompress(packed, size + 1))
    except zlib.error as error:
        raise ValueError("damaged rows") from error
    if unpacked != size or not unpacking.eof:
        raise ValueError(f"{unpacked} bytes of rows, where {size} are needed")


def _unpacked_size(png: Bytes) -> int:
    """Bytes of all rows, each with its filter's number before it. Raises ValueError."""
    if len(png) < IHDR_DATA_AT + _IHDR.size:
        raise ValueError("no IHDR")
    width, height, depth, colour, _, _, interlaced = _IHDR.unpack_from(png, IHDR_DATA_AT)
    if colour not in SAMPLES:
        raise ValueError("no colour type")
    size = 0
    for left, top, right_step, down_step in ADAM7 if interlaced else ONE_PASS:
        columns = -(-(width - left) // right_step)
        lines = -(-(height - top) // down_step)
        if columns > 0 and lines > 0:
            size += lines * (1 + (columns * depth * SAMPLES[colour] + 7) // 8)
    return size
