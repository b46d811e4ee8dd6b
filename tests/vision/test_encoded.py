import base64

import pytest

from eyelearn.errors import UndecodableFrame
from eyelearn.vision.encoded import encoded_size, picture_bytes, picture_format
from pictures import data_url, empty_frame, jpeg

PICTURE = jpeg(empty_frame(width=64, height=48))
BASE64 = base64.b64encode(PICTURE)
URL_SAFE = base64.urlsafe_b64encode(PICTURE).decode()

FORMS = [
    pytest.param(PICTURE, id="bytes"),
    pytest.param(bytearray(PICTURE), id="bytearray"),
    pytest.param(memoryview(PICTURE), id="memoryview"),
    pytest.param(data_url(PICTURE), id="data URL"),
    pytest.param(data_url(PICTURE).encode(), id="data URL as bytes"),
    pytest.param(BASE64.decode(), id="base64"),
    pytest.param(BASE64, id="base64 as bytes"),
    pytest.param(memoryview(BASE64), id="base64 as memoryview"),
    pytest.param("DATA:image/jpeg;base64," + BASE64.decode(), id="data URL in capitals"),
    pytest.param(f" \r\n\t{data_url(PICTURE)}\n ", id="data URL in white space"),
    pytest.param(f" \n{BASE64.decode()}\r\n".encode(), id="bytes in white space"),
    pytest.param(URL_SAFE, id="URL-safe"),
    pytest.param(URL_SAFE.rstrip("="), id="URL-safe without padding"),
    pytest.param("data:image/jpeg;base64," + URL_SAFE, id="data URL, URL-safe"),
]


def test_the_picture_has_the_characters_in_which_url_safe_base64_differs():
    assert "-" in URL_SAFE
    assert "_" in URL_SAFE
    assert URL_SAFE.endswith("=")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_picture(form):
    assert bytes(picture_bytes(form)) == PICTURE


@pytest.mark.parametrize("form", FORMS)
def test_the_size_is_told_without_decoding(form):
    assert encoded_size(form) == len(PICTURE)


def test_base64_may_be_broken_into_lines():
    assert picture_bytes(base64.encodebytes(PICTURE)) == PICTURE


@pytest.mark.parametrize("size", [1, 2, 3, 100, 101, 102])
def test_padding_is_not_counted(size):
    assert encoded_size(base64.b64encode(bytes(size)).decode()) == size


@pytest.mark.parametrize("text", ["", "data:image/jpeg;base64,", "=", "=="])
def test_nothing_has_no_size(text):
    assert encoded_size(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "abcde",
        "abcdef",
        "Grüße",
        "data:image/png;base64,A",
        "data:image/png;base64,abc!defg",
        "data:image/png;base64,abcd:efgh",
        "date:image/png;base64,abcd",
        "abcd=efgh",
    ],
)
def test_what_is_no_base64_is_undecodable(text):
    with pytest.raises(UndecodableFrame):
        picture_bytes(text)


def test_formats_are_told_by_their_first_bytes():
    assert picture_format(PICTURE[:12]) == "jpeg"
    assert picture_format(b"GIF89a......") is None
    assert picture_format(b"RIFF....WAVE") is None
    assert picture_format(b"") is None
