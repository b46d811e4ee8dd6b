"""The process that opens the camera: pictures and problems to the service.

Run as `python -m eyelearn.camera.process FD`. In: ping, taken. Out: ready, pong, picture, problem.
"""

from __future__ import annotations

import os
import threading
import time

from ..events import get_logger
from ..processes.channel import Channel, ChannelClosed, Header
from ..processes.child import connect_to_parent
from . import messages
from .capture import Capture
from .problems import hangs
from .source import source_of
from .timing import Timing

_log = get_logger("eyelearn.camera.process")

# What a network camera's goodbye may take.
PARTING_SECONDS = 1.0
HANG_POLL_SECONDS = 0.5
# Standard error.
STDERR_FD = 2


class CameraProcess:
    """Reads its channel on the main thread, and so answers even where OpenCV does not."""

    def __init__(self, channel: Channel, configuration: Header) -> None:
        self._channel = channel
        self._source = source_of(configuration["source"])
        self._timing = Timing(**configuration["timing"])
        self._taken = threading.Event()
        self._taken.set()
        self._capture = Capture(
            self._source,
            configuration["fps"],
            self._timing,
            wanted=self._taken.is_set,
            on_picture=self._hand_over,
            on_problem=self._tell_problem,
        )

    def run(self) -> None:
        """Until the channel closes."""
        capturing = threading.Thread(target=self._capture.run, name="capture", daemon=True)
        try:
            self._channel.send({"type": "ready"})
            capturing.start()
            threading.Thread(target=self._watch, name="watch", daemon=True).start()
            while True:
                header, _ = self._channel.receive()
                self._handle(header)
        except ChannelClosed:
            self._capture.end()
            if capturing.is_alive():
                capturing.join(PARTING_SECONDS)

    def _handle(self, header: Header) -> None:
        match header["type"]:
            case "ping":
                self._channel.send({"type": "pong"})
            case "taken":
                self._taken.set()
            case unknown:
                _log.error("the camera is sent a message of unknown type", type=unknown)

    def _hand_over(self, jpeg: bytes) -> None:
        self._taken.clear()
        self._tell(messages.picture(), jpeg)

    def _tell_problem(self, sentence: str) -> None:
        self._tell(messages.problem(sentence))

    def _tell(self, header: Header, payload: bytes = b"") -> None:
        try:
            self._channel.send(header, payload)
        except ChannelClosed:
            # The reading thread sees the same, and ends the process.
            _log.debug("nobody is there to be told", type=header["type"])

    def _watch(self) -> None:
        """Ends a process whose camera does not come back: a thread can't be ended."""
        while self._capture.silent_seconds <= self._timing.hung:
            time.sleep(HANG_POLL_SECONDS)
        self._tell_problem(hangs(self._source))
        os._exit(1)


def _silence_native_code() -> None:
    """What OpenCV's libraries write goes nowhere: a line for each damaged picture, or the address
    with its password. Our log has a descriptor of its own.
    """
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), STDERR_FD)


def _end_process(details: threading.ExceptHookArgs) -> None:
    """One without its capture would answer pings and give no pictures; a new one does its work."""
    _log.critical(
        "the camera's process ends by a fault in a thread",
        thread=details.thread and details.thread.name,
        exc_info=details.exc_value,
    )
    os._exit(1)


def main() -> None:
    channel, configuration = connect_to_parent()
    _silence_native_code()
    threading.excepthook = _end_process
    CameraProcess(channel, configuration).run()
    # Not by returning: a thread inside OpenCV would crash while the interpreter is taken down.
    os._exit(0)


if __name__ == "__main__":
    main()
