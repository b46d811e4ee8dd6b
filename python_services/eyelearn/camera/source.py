"""What CAMERA_SOURCE names: devices of this machine, a video file, or a stream."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

DEFAULT_DEVICES = (0, 1, 2)
_DEVICE_PATH = "/dev/"
# Up to the path: what may hold a user and a password, and the host.
_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)", re.I)


@dataclass(frozen=True)
class Devices:
    """Cameras of this machine by number or path; the first of them that gives a picture."""

    names: tuple[int | str, ...]

    def __str__(self) -> str:
        *others, last = map(str, self.names)
        return f"devices {', '.join(others)} and {last}" if others else f"device {last}"


@dataclass(frozen=True)
class VideoFile:
    """Played at its own rate, over and over."""

    path: str

    def __str__(self) -> str:
        return f"the file {self.path}"


@dataclass(frozen=True)
class Stream:
    """An address, such as `rtsp://…`; FFmpeg reads it."""

    address: str

    def __str__(self) -> str:
        """The scheme and the host: many cameras take a password in the path or the query."""
        parts = _ADDRESS.match(self.address)
        # A password with a slash in it: what looks like the host may be its beginning.
        if parts is None or "@" in parts["rest"]:
            return "an address"
        return f"{parts['scheme']}://{parts['authority'].rpartition('@')[2]}"


Source = Devices | VideoFile | Stream


def source_of(setting: str) -> Source:
    """What CAMERA_SOURCE names; its `str` may be told to an operator, having no password in it."""
    setting = setting.strip()
    if not setting:
        return Devices(DEFAULT_DEVICES)
    if setting.isascii() and setting.isdigit():
        return Devices((int(setting),))
    if setting.startswith(_DEVICE_PATH):
        return Devices((setting,))
    if setting.startswith("file://"):
        return VideoFile(unquote(urlsplit(setting).path))
    return Stream(setting) if "://" in setting else VideoFile(setting)
