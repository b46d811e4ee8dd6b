from __future__ import annotations

import pytest

from eyelearn.camera.source import Devices, Source, Stream, VideoFile, source_of


@pytest.mark.parametrize(
    ("setting", "source"),
    [
        ("", Devices((0, 1, 2))),
        (" 3 ", Devices((3,))),
        ("/dev/v4l/by-id/usb-cam", Devices(("/dev/v4l/by-id/usb-cam",))),
        ("lesson.mp4", VideoFile("lesson.mp4")),
        ("file:///srv/a%20lesson.mp4", VideoFile("/srv/a lesson.mp4")),
        ("rtsp://camera/1", Stream("rtsp://camera/1")),
    ],
)
def test_what_a_setting_names(setting: str, source: Source) -> None:
    assert source_of(setting) == source


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("", "devices 0, 1 and 2"),
        ("3", "device 3"),
        ("lesson.mp4", "the file lesson.mp4"),
        ("rtsp://camera:554/live", "rtsp://camera:554"),
        ("rtsp://me:secret@camera:554/live", "rtsp://camera:554"),
        ("rtsp://me:se@cret@camera/live", "rtsp://camera"),
        ("http://camera/video?user=me&password=secret", "http://camera"),
        ("rtsp://camera/user=me&password=secret", "rtsp://camera"),
        ("rtsp://me:1234/secret@camera/live", "an address"),
        ("rtsp://me:se?cret@camera/live", "an address"),
        ("http://camera/?password=sec@ret", "an address"),
        ("://secret", "an address"),
    ],
)
def test_an_address_is_told_without_what_may_be_secret(setting: str, told: str) -> None:
    assert str(source_of(setting)) == told
