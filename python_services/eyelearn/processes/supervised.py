"""A child process that is watched, and started again whenever it dies or stops answering."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..concurrency import Concurrency, Event
from ..events import get_logger
from .channel import Channel, ChannelClosed, Header
from .repeated_stderr import repeat_stderr

_log = get_logger(__name__)

PACKAGE_PARENT = Path(__file__).resolve().parents[2]

# A child is asked for a sign of life this often, in seconds.
PING_INTERVAL_SECONDS = 1.0
# Importing MediaPipe takes 3 to 5 s on a quiet core, and many times that on a crowded machine.
START_TIMEOUT_SECONDS = 120.0
# A child that dies sooner than this is taken to be dying of its start, and waited for longer.
HEALTHY_AFTER_SECONDS = 10.0
FIRST_BACKOFF_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 30.0
# A killed process is gone at once, unless the kernel waits for a disk.
KILL_TIMEOUT_SECONDS = 1.0
# Standard error, where this process's own log goes.
LOG_FD = 2


class SupervisedChild:
    """Runs `python -m MODULE FD` as a clean interpreter, for as long as it is wanted.

    The child receives `configuration` first, answers `{"type": "ready"}` when it can work, and
    `{"type": "pong"}` to every `{"type": "ping"}`. Every other message goes to `on_message`.

    A clean interpreter, because a fork of a process with an event loop inherits its locks and
    sockets; a socketpair, because multiprocessing's pipes are 7 to 15 times slower here.
    """

    def __init__(
        self,
        *,
        name: str,
        module: str,
        configuration: Header,
        concurrency: Concurrency,
        answer_timeout: float,
        on_message: Callable[[Header, bytearray], None],
        on_ready: Callable[[Header], None],
        on_death: Callable[[], None],
    ) -> None:
        """answer_timeout: seconds without a sign of life after which the child is killed.

        on_ready is called with the child's ready message after each start, on_death after each
        end; both run on the thread that reads, as on_message does, so none may wait for long.
        """
        self.name = name
        self.ready: Event = concurrency.event()
        self.pid: int | None = None
        self.starts = 0
        # When the process that runs now was started, on the monotonic clock.
        self.started_at = 0.0
        self._module = module
        self._configuration = configuration
        self._concurrency = concurrency
        self._answer_timeout = answer_timeout
        self._on_message = on_message
        self._on_ready = on_ready
        self._on_death = on_death
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._is_ready = False
        self._unwanted = concurrency.event()
        self._unanswered_since: float | None = None
        self._ended = concurrency.event()

    @property
    def is_ready(self) -> bool:
        """Whether the child, as it runs now, has said that it can work."""
        return self._is_ready

    def start(self) -> None:
        """Starts the child, and keeps it running, without waiting for it."""
        self._concurrency.spawn(self._keep_running)
        self._concurrency.spawn(self._watch)

    def send(self, header: Header, payload: bytes | memoryview = b"") -> None:
        """Raises ChannelClosed where there is no child to send to."""
        channel = self._channel
        if channel is None:
            raise ChannelClosed(f"{self.name} is not running")
        channel.send(header, payload)

    def kill(self, reason: str) -> None:
        """Ends the process at once; it is started again unless `stop` was called."""
        if self._process is not None and self._process.poll() is None:
            _log.warning("process is killed", process=self.name, pid=self.pid, reason=reason)
            self._process.kill()

    def stop(self, timeout: float) -> None:
        """Closes the channel, which ends the child, and waits; kills it after `timeout` seconds."""
        self._unwanted.set()
        if self._channel is not None:
            self._channel.hang_up()
        if self.starts and not self._ended.wait(timeout):
            self.kill(f"still running {timeout:g} s after it was told to stop")
            self._ended.wait(KILL_TIMEOUT_SECONDS)

    def _keep_running(self) -> None:
        backoff = FIRST_BACKOFF_SECONDS
        while not self._unwanted.is_set():
            try:
                self._run_once()
            except OSError:
                _log.exception("process can't be started", process=self.name)
                self._report_death()
            if self._unwanted.is_set():
                break
            if time.monotonic() - self.started_at > HEALTHY_AFTER_SECONDS:
                backoff = FIRST_BACKOFF_SECONDS
            _log.warning("process ended; started again", process=self.name, in_seconds=backoff)
            self._unwanted.wait(backoff)
            backoff = min(backoff * 2, MAX_BACKOFF_SECONDS)
        self._ended.set()

    def _run_once(self) -> None:
        self.started_at = time.monotonic()
        process, ours = self._spawn_process()
        self._concurrency.prefer(ours)
        channel = Channel(ours, self._concurrency.lock())
        self._process, self._channel, self.pid = process, channel, process.pid
        self._concurrency.spawn(repeat_stderr, process, self.name, self._concurrency)
        self._unanswered_since = time.monotonic()
        self.starts += 1
        if self._unwanted.is_set():  # `stop` came while there was no channel to close
            channel.close()
        try:
            self._converse(channel)
        except ChannelClosed as error:
            _log.debug("channel closed", process=self.name, reason=str(error))
        finally:
            may_finish = self._is_ready and self._unwanted.is_set()
            self._is_ready = False
            self._channel = None
            channel.close()
            if not may_finish:
                process.kill()
            process.wait()
            self._report_death()

    def _report_death(self) -> None:
        try:
            self._on_death()
        except Exception:
            # A fault of ours must not keep the child from being started again.
            _log.exception("the end of a process could not be handled", process=self.name)

    def _spawn_process(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(PACKAGE_PARENT), environment.get("PYTHONPATH")])
        )
        ours, theirs = socket.socketpair()
        # The child's log goes where ours does.
        with theirs, open(os.dup(LOG_FD), "ab") as log:
            descriptors = [theirs.fileno(), log.fileno()]
            try:
                process = subprocess.Popen(
                    [sys.executable, "-m", self._module, *map(str, descriptors)],
                    pass_fds=descriptors,
                    stderr=subprocess.PIPE,
                    env=environment,
                )
            except OSError:
                ours.close()
                raise
        return process, ours

    def _converse(self, channel: Channel) -> None:
        """Takes the child's messages until its channel closes: raises ChannelClosed."""
        channel.send(self._configuration)
        while True:
            header, payload = channel.receive()
            self._unanswered_since = None
            try:
                self._dispatch(header, payload)
            except Exception:
                # A fault of ours with one message; the child and its other messages are sound.
                _log.exception("a message of a process could not be handled", process=self.name)

    def _dispatch(self, header: Header, payload: bytearray) -> None:
        kind = header["type"]
        if kind == "pong":
            return
        if kind == "ready":
            self._is_ready = True
            self._on_ready(header)
            self.ready.set()
            return
        self._on_message(header, payload)

    def _watch(self) -> None:
        while not self._ended.is_set():
            asleep_since = time.monotonic()
            self._concurrency.sleep(PING_INTERVAL_SECONDS)
            if self._channel is None:
                continue
            if time.monotonic() - asleep_since > 2 * PING_INTERVAL_SECONDS:
                # This process was held up itself: the child's answers may lie there unread.
                self._unanswered_since = None
            silence = self._silence()
            limit = self._answer_timeout if self._is_ready else START_TIMEOUT_SECONDS
            if silence > limit:
                self.kill(f"no sign of life for {silence:.1f} s")
            elif self._unanswered_since is None:
                self._unanswered_since = time.monotonic()
                # Beside this loop: a child that is stopped does not read, and a sender may wait.
                self._concurrency.spawn(self._ping)

    def _ping(self) -> None:
        try:
            self.send({"type": "ping"})
        except ChannelClosed:
            _log.debug("process went while it was asked for a sign of life", process=self.name)

    def _silence(self) -> float:
        """Seconds since the first thing asked of the child that it has not reacted to."""
        since = self._unanswered_since
        return 0.0 if since is None else time.monotonic() - since
