import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from eyelearn.vision.png_chunks import MAX_CHUNKS, only_picture

SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = (b"IEND", b"")
MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]


def png(*chunks):
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def head(width=4, height=4, depth=8, colour=2, interlaced=0):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)


def rows(size):
    return b"IDAT", zlib.compress(bytes(size))


# 4 rows, each of a filter and 4 pixels of 3 bytes.
ROWS = rows(4 * 13)
PLAIN = png(head(), ROWS, END)


@pytest.mark.parametrize("mode", MODES)
def test_every_kind_of_picture_is_left_as_it_is(mode):
    file = io.BytesIO()
    Image.fromarray(np.zeros((13, 7), np.uint8)).convert(mode).save(file, "PNG")
    assert only_picture(file.getvalue()) == file.getvalue()


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 1), (1, 5), (5, 5), (9, 8)])
def test_an_interlaced_picture_has_the_rows_of_seven(width, height):
    interlaced = head(width, height, interlaced=1)
    sizes = [n for n in range(400) if fits(png(interlaced, rows(n), END))]
    assert sizes == [interlaced_size(width, height)]


def interlaced_size(width, height):
    """Pixel by pixel, by the pattern of the specification's 8.1."""
    pattern = np.array(
        [
            [1, 6, 4, 6, 2, 6, 4, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [5, 6, 5, 6, 5, 6, 5, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [3, 6, 4, 6, 3, 6, 4, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [5, 6, 5, 6, 5, 6, 5, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
        ]
    )
    passes = np.tile(pattern, (height // 8 + 1, width // 8 + 1))[:height, :width]
    lines = sum(len(np.unique(np.nonzero(passes == n)[0])) for n in range(1, 8))
    return lines + 3 * width * height


def fits(data):
    try:
        return only_picture(data) == data
    except ValueError:
        return False


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt", b"tEXt", b"iCCP", b"eXIf", b"acTL", b"fdAT"])
def test_what_is_no_picture_is_left_out(name):
    data = png(head(), (name, b"k\0\0" + zlib.compress(bytes(1000))), ROWS, (name, b""), END)
    assert only_picture(data) == PLAIN


def test_what_follows_the_end_is_left_out():
    assert only_picture(PLAIN + b"and more") == PLAIN


def test_rows_may_be_in_pieces():
    name, packed = ROWS
    data = png(head(), (name, packed[:5]), (name, b""), (name, packed[5:]), END)
    assert only_picture(data) == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png(head(), rows(4 * 13 + 1), END), id="a byte too many"),
        pytest.param(png(head(), rows(50_000_000), END), id="50 MB too many"),
        pytest.param(png(head(), rows(4 * 13 - 1), END), id="a byte too few"),
        pytest.param(png(head(), (b"IDAT", ROWS[1][:-1]), END), id="cut off rows"),
        pytest.param(png(head(), (b"IDAT", b"no zlib"), END), id="no rows"),
        pytest.param(png(head(), END), id="nothing"),
        pytest.param(png(head(), ROWS), id="no end"),
        pytest.param(png(head(colour=5), ROWS, END), id="no colour type"),
        pytest.param(PLAIN[:-1], id="a chunk cut off"),
        pytest.param(png(head(), *[(b"tEXt", b"")] * MAX_CHUNKS, ROWS, END), id="chunks"),
        pytest.param(SIGNATURE, id="a signature"),
    ],
)
def test_what_is_cut_off_or_goes_on_is_refused(data):
    with pytest.raises(ValueError, match=r"."):
        only_picture(data)


@given(st.binary(max_size=200), st.integers(0, len(PLAIN)))
def test_any_bytes_are_a_picture_or_a_value_error(piece, at):
    for data in (SIGNATURE + piece, PLAIN[:at] + piece + PLAIN[at:]):
        try:
            assert only_picture(data).startswith(SIGNATURE)
        except ValueError:
            continue
