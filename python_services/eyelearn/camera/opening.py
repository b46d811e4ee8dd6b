"""The camera's process, from the first watcher to the last."""

from __future__ import annotations

from collections.abc import Callable

from ..concurrency import Concurrency, Event
from ..processes.channel import ChannelClosed, Header
from ..processes.supervised import SupervisedChild
from . import messages
from .problems import ENDED, NOT_STARTED

# The process's reading thread does nothing else; one that is silent for longer hangs.
ANSWER_TIMEOUT_SECONDS = 5.0


class Opening:
    """Opened once and closed once. Its callbacks run on the thread that reads: none may wait."""

    def __init__(
        self,
        configuration: Header,
        concurrency: Concurrency,
        on_picture: Callable[[Opening, bytes], None],
        on_problem: Callable[[Opening, str], None],
    ) -> None:
        self.ended: Event = concurrency.event()
        self._concurrency = concurrency
        self._on_picture = on_picture
        self._on_problem = on_problem
        self._up = False
        # Whether the process that runs now has said anything of the camera.
        self._heard = False
        self._closing = False
        self._after: Event | None = None
        self._child = SupervisedChild(
            name="camera",
            module="eyelearn.camera.process",
            configuration=configuration,
            concurrency=concurrency,
            answer_timeout=ANSWER_TIMEOUT_SECONDS,
            on_message=self._on_message,
            on_ready=self._on_ready,
            on_death=self._on_death,
        )

    @property
    def pid(self) -> int | None:
        """The process that runs now, or ran last."""
        return self._child.pid

    def open(self, after: Event | None) -> None:
        """Starts without waiting for it.

        after: the end of the one before, since a device opens but once at a time.
        """
        self._after = after
        self._concurrency.spawn(self._start)

    def close(self, timeout: float) -> None:
        """Waits for the process's end; kills it after `timeout` seconds."""
        self._closing = True
        if self._after is not None:
            self._after.wait(timeout)
        self._child.stop(timeout)
        self.ended.set()

    def _start(self) -> None:
        if self._after is not None:
            self._after.wait()
        if not self._closing:
            self._child.start()

    def _on_ready(self, _header: Header) -> None:
        self._up, self._heard = True, False

    def _on_message(self, header: Header, payload: bytearray) -> None:
        self._heard = True
        if header["type"] == "picture":
            self._acknowledge()
            self._on_picture(self, bytes(payload))
        else:
            self._on_problem(self, header["sentence"])

    def _acknowledge(self) -> None:
        try:
            self._child.send(messages.taken())
        except ChannelClosed:
            return  # it ended; the next one needs no leave for its first picture

    def _on_death(self) -> None:
        """One that gave pictures, or said why not, needs no word: the next one is on its way."""
        if not self._closing and not self._heard:
            self._on_problem(self, ENDED if self._up else NOT_STARTED)
        self._up = self._heard = False
