import base64
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from eyelearn.errors import FrameTooLarge, UndecodableFrame
from eyelearn.vision.frames import MAX_JPEG_SCANS, decode
from pictures import data_url, face_frame, jpeg

LIMITS = {"max_bytes": 512 * 1024, "max_pixels": 1920 * 1080}
FACE = face_frame(width=320, height=240)


def encoded(kind, mode="RGB", **options):
    file = io.BytesIO()
    Image.fromarray(FACE).convert(mode).save(file, kind, **options)
    return file.getvalue()


def difference(picture, expected=FACE):
    assert picture.shape == expected.shape
    return np.abs(picture.astype(int) - expected.astype(int)).mean()


def encoded_flat(side):
    file = io.BytesIO()
    Image.new("RGB", (side, side)).save(file, "WEBP", lossless=True)
    return file.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def canvas(width, height, flags):
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X" + struct.pack("<I", 10) + bytes((flags, 0, 0, 0)) + size


def riff(*parts):
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def vp8x(webp, width, height):
    return riff(canvas(width, height, 0), webp[12:])


def anmf_of_8000_pixels():
    frame = bytes(6) + (63).to_bytes(3, "little") * 2 + bytes(4) + encoded_flat(8000)[12:]
    animation = b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return riff(canvas(64, 64, 2), animation, b"ANMF" + struct.pack("<I", len(frame)) + frame)


LOSSLESS = [
    pytest.param(encoded("PNG"), id="PNG"),
    pytest.param(encoded("PNG", "RGBA"), id="PNG with alpha"),
    pytest.param(encoded("WEBP", lossless=True), id="lossless WebP"),
    pytest.param(encoded("WEBP", "RGBA", lossless=True, exif=b"Exif\0\0"), id="extended WebP"),
]
LOSSY = [
    pytest.param(encoded("JPEG", quality=90), id="JPEG"),
    pytest.param(encoded("JPEG", quality=90, progressive=True), id="progressive JPEG"),
    pytest.param(encoded("JPEG", "CMYK", quality=90), id="CMYK JPEG"),
    pytest.param(encoded("WEBP", quality=95), id="lossy WebP"),
]
ONE_OF_EACH = [
    pytest.param(encoded("JPEG"), id="JPEG"),
    pytest.param(encoded("PNG"), id="PNG"),
    pytest.param(encoded("WEBP"), id="lossy WebP"),
    pytest.param(encoded("WEBP", lossless=True), id="lossless WebP"),
    pytest.param(encoded("WEBP", "RGBA", exif=b"Exif\0\0"), id="extended WebP"),
]


@pytest.mark.parametrize("data", LOSSLESS)
def test_a_lossless_picture_comes_back_exactly(data):
    assert difference(decode(data, **LIMITS)) == 0


@pytest.mark.parametrize("data", LOSSY)
def test_a_lossy_picture_comes_back_in_its_colours(data):
    assert difference(decode(data, **LIMITS)) < 6


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_grey_picture_becomes_grey_rgb(kind):
    picture = decode(encoded(kind, "L"), **LIMITS)
    assert picture.shape == FACE.shape
    assert np.abs(np.ptp(picture.astype(int), axis=-1)).max() <= 2


def test_sixteen_bits_become_eight():
    file = io.BytesIO()
    Image.fromarray(FACE[..., 0].astype(np.uint16) << 8).save(file, "PNG")
    assert difference(decode(file.getvalue(), **LIMITS)[..., 0], FACE[..., 0]) <= 1


def test_a_palette_is_looked_up():
    expected = np.asarray(Image.fromarray(FACE).convert("P").convert("RGB"))
    assert difference(decode(encoded("PNG", "P"), **LIMITS), expected) == 0


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview, data_url, base64.b64encode])
def test_every_form_of_a_picture_is_taken(wrap):
    data = jpeg(FACE)
    picture = decode(wrap(data), **LIMITS)
    assert np.array_equal(picture, decode(data, **LIMITS))
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous


@pytest.mark.parametrize("data", ONE_OF_EACH)
def test_the_number_of_pixels_is_read_from_the_header(data):
    decode(data, max_bytes=LIMITS["max_bytes"], max_pixels=320 * 240)
    with pytest.raises(FrameTooLarge, match="320×240"):
        decode(data, max_bytes=LIMITS["max_bytes"], max_pixels=320 * 240 - 1)


def test_a_small_file_of_a_huge_picture_is_refused_without_decoding_it():
    header = b"IHDR" + (100_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    data = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + header + zlib.crc32(header).to_bytes(4, "big")
    with pytest.raises(FrameTooLarge, match="100000×100000"):
        decode(data, **LIMITS)


@pytest.mark.parametrize("wrap", [bytes, data_url, base64.b64encode])
def test_too_many_bytes_are_refused_in_every_form(wrap):
    data = jpeg(FACE)
    decode(wrap(data), max_bytes=len(data), max_pixels=LIMITS["max_pixels"])
    with pytest.raises(FrameTooLarge, match="KB"):
        decode(wrap(data), max_bytes=len(data) - 1, max_pixels=LIMITS["max_pixels"])


def test_the_size_is_checked_before_base64_is_decoded():
    with pytest.raises(FrameTooLarge):
        decode("data:image/jpeg;base64," + "!" * 1_000_000, **LIMITS)


@pytest.mark.parametrize("data", ONE_OF_EACH)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.999])
def test_a_truncated_picture_is_undecodable(data, share):
    with pytest.raises(UndecodableFrame):
        decode(data[: int(len(data) * share)], **LIMITS)


@pytest.mark.parametrize("data", ONE_OF_EACH)
def test_a_damaged_picture_never_ends_the_process(data):
    random = np.random.default_rng(0)
    for _ in range(30):
        damaged = bytearray(data)
        for at in random.integers(0, len(data), 20):
            damaged[at] = random.integers(256)
        try:
            picture = decode(damaged, **LIMITS)
        except (UndecodableFrame, FrameTooLarge):
            continue
        assert picture.ndim == 3


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="nothing"),
        pytest.param(b"", id="no bytes"),
        pytest.param("hello, this is no picture", id="text"),
        pytest.param("data:text/html,<b>no</b>", id="another data URL"),
        pytest.param(b"\xff\xfe\xfd\xfc", id="random bytes"),
        pytest.param(b"GIF89a" + bytes(100), id="GIF"),
        pytest.param(b"\xff\xd8\xff", id="three bytes of JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="a PNG's signature"),
        pytest.param(b"RIFF\0\0\0\0WEBP", id="a WebP's signature"),
        pytest.param(b"\xff\xd8\xff" + bytes(1000), id="a JPEG of zeros"),
    ],
)
def test_what_is_no_picture_is_undecodable(data):
    with pytest.raises(UndecodableFrame):
        decode(data, **LIMITS)


def test_a_jpeg_of_many_scans_is_refused():
    data = encoded("JPEG", progressive=True)
    scan = data.index(b"\xff\xda")
    bomb = data[:scan] + data[scan : scan + 12] * MAX_JPEG_SCANS + data[scan:]
    with pytest.raises(UndecodableFrame, match="scans"):
        decode(bomb, **LIMITS)


def test_a_png_is_read_without_unpacking_what_is_no_picture():
    texts = (b"comment\0\0" + zlib.compress(bytes(7_000_000)), b"profile\0\0" + zlib.compress(b"x"))
    data = encoded("PNG")
    bomb = data[:33] + chunk(b"zTXt", texts[0]) * 30 + chunk(b"iCCP", texts[1]) + data[33:]
    assert len(bomb) < LIMITS["max_bytes"]
    assert difference(decode(bomb, **LIMITS)) == 0


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(anmf_of_8000_pixels(), id="frame larger than its animation"),
        pytest.param(vp8x(encoded_flat(8000), 64, 64), id="picture larger than its canvas"),
    ],
)
def test_a_webp_whose_picture_is_larger_than_it_says_is_refused(data):
    with pytest.raises(UndecodableFrame):
        decode(data, **LIMITS)


def test_of_an_animation_the_first_picture_is_taken():
    second = Image.fromarray(np.zeros_like(FACE))
    for kind in ("PNG", "WEBP"):
        data = encoded(kind, save_all=True, append_images=[second], lossless=True)
        assert difference(decode(data, **LIMITS)) == 0


@given(st.binary(max_size=64), st.sampled_from(ONE_OF_EACH), st.integers(0, 100), st.booleans())
def test_bytes_anywhere_in_a_picture_are_decoded_or_told(piece, data, at, inserted):
    (picture,) = data.values
    at = len(picture) * at // 100
    spoilt = picture[:at] + piece + picture[at if inserted else at + len(piece) :]
    try:
        assert decode(spoilt, **LIMITS).dtype == np.uint8
    except (UndecodableFrame, FrameTooLarge):
        return


def test_one_pixel_is_a_picture():
    assert decode(jpeg(np.zeros((1, 1, 3), np.uint8)), **LIMITS).shape == (1, 1, 3)
