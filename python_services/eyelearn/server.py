"""The event loop: eventlet is named here and nowhere else.

Import this before anything that opens sockets or starts threads: the standard library's are made
green here.
"""

from __future__ import annotations

import warnings

# eventlet warns at every import that it is deprecated. We know: this file is all that names it.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import resource  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import time  # noqa: E402
from functools import partial  # noqa: E402
from select import select  # noqa: E402
from typing import Any  # noqa: E402

import eventlet.event  # noqa: E402
import eventlet.hubs  # noqa: E402
import eventlet.wsgi  # noqa: E402
from engineio.socket import Socket as EngineIOSocket  # noqa: E402
from eventlet.greenio.base import SOCKET_CLOSED  # noqa: E402
from eventlet.hubs import IOClosed, epolls  # noqa: E402
from eventlet.semaphore import Semaphore  # noqa: E402
from eventlet.websocket import RFC6455WebSocket, WebSocketWSGI  # noqa: E402
from websockets.speedups import apply_mask  # noqa: E402

from .app import Application, create_app  # noqa: E402
from .concurrency import Concurrency  # noqa: E402
from .events import get_logger  # noqa: E402
from .processes.settled_memory import ClearingOut, settle_memory  # noqa: E402
from .protocols.bounded_requests import BoundedRequests, RequestLimits  # noqa: E402
from .protocols.buffered_socket import READ_AHEAD_BYTES, BufferedSocket  # noqa: E402
from .protocols.greedy_clients import GreedyClients  # noqa: E402
from .protocols.guards import MAX_MESSAGE_BYTES  # noqa: E402
from .protocols.patient_listener import PatientListener  # noqa: E402
from .protocols.prompt_writer import PromptWriter  # noqa: E402
from .protocols.status import warnings as warnings_of  # noqa: E402
from .settings import Settings  # noqa: E402

_log = get_logger(__name__)

START_TIMEOUT_SECONDS = 120.0
# A school is one address behind one proxy; eventlet's own limit is 1,024.
MAX_CONNECTIONS = 10_000
# Silent connections end: Engine.IO's heartbeat goes every 25 s, and is waited for 20 s.
SOCKET_TIMEOUT_SECONDS = 60.0
SIGNAL_POLL_SECONDS = 0.1
WORKER_STOP_SECONDS = 2.0
CLEARING_INTERVAL_SECONDS = 10.0
# With learners there all the while: it stops the event loop for 0.1 s, and 100,000 hostile messages
# leave 350 objects for it.
CLEARING_MAX_SECONDS = 6 * 3600.0
DATABASE_PATIENCE_SECONDS = 10.0
# What the kernel holds for one client that does not read, in bytes (Linux takes twice this): 100
# answers. Left to itself it grows to 4 MB, times every such client, before anybody notices.
SEND_BUFFER_BYTES = 64 * 1024
# Connections that wait to be accepted: a class that reconnects at once.
BACKLOG = 1024
# A thousand clients that leave at the same moment take the event loop 0.2 ms each.
READY_AT_ONCE = 16
# Open files that are no client's: libraries, workers, the log, and some to spare.
FILES_OF_OUR_OWN = 128


class GreenEvent(eventlet.event.Event):  # type: ignore[misc]  # no types
    """In place of `threading.Event`, whose locks, made green, take twice the time."""

    def set(self) -> None:
        if not self.ready():
            self.send(True)

    def is_set(self) -> bool:
        return bool(self.ready())

    def wait(self, timeout: float | None = None) -> bool:
        """timeout: in seconds; says whether it is set."""
        super().wait(timeout)
        return self.is_set()


def idle_seconds() -> float:
    """How long the event loop has waited; all the time where its hub does not count that."""
    counted: float | None = getattr(eventlet.hubs.get_hub(), "idle_seconds", None)
    return time.monotonic() if counted is None else counted


def prefer(sock: socket.socket) -> None:
    """Answers of the workers, while hundreds of clients wait to be read: what comes late is
    measured again, which keeps the workers from what is new."""
    hub = eventlet.hubs.get_hub()
    if isinstance(hub, SharingHub):
        hub.prefer(sock)


GREEN = Concurrency(
    spawn=eventlet.spawn_n,
    later=eventlet.spawn_after,
    sleep=eventlet.sleep,
    lock=Semaphore,
    event=GreenEvent,
    idle_seconds=idle_seconds,
    prefer=prefer,
)


class SharingHub(epolls.Hub):  # type: ignore[misc]  # no types
    """Takes a few of the sockets that are ready, and then looks again: those that come meanwhile,
    and timers, have their turn between them. The system keeps the others in order (epoll(7))."""

    is_available = staticmethod(epolls.is_available)

    def __init__(self, clock: Any = None) -> None:
        """idle_seconds: that it has waited because nothing was ready."""
        super().__init__(clock)
        self.idle_seconds = 0.0
        self._preferred = epolls.select.epoll()

    def prefer(self, sock: socket.socket) -> None:
        """Until it is closed, it does not wait for the others' turns."""
        self._preferred.register(sock.fileno(), epolls.select.EPOLLIN)

    def do_poll(self, seconds: float | None) -> Any:
        since = time.monotonic()
        ready = self.poll.poll(seconds, READY_AT_ONCE)
        self.idle_seconds += time.monotonic() - since
        # Otherwise they are among those.
        return ready if len(ready) < READY_AT_ONCE else [*ready, *self._preferred.poll(0)]


def share_turns() -> None:
    """For a program that has used no socket yet. Where there is no epoll, eventlet's own hub
    stays."""
    if epolls.is_available():
        eventlet.hubs.use_hub(SharingHub)


def unmask(data: bytes, mask: Any, length: int | None = None, offset: int = 0) -> bytes:
    """A WebSocket payload without its mask (RFC 6455, section 5.3), by a C extension.

    data: the part of a payload that has arrived; mask: its 4 bytes; offset: how many bytes of the
    payload came before this part. eventlet's own does it byte by byte in Python, 22 ms for a frame
    of 42 kB, on the one thread that serves everybody.
    """
    turn = offset % 4
    key = bytes(mask)
    return apply_mask(data if length is None else data[:length], key[turn:] + key[:turn])


def replace_unmasking() -> None:
    """Puts `unmask` in eventlet's place; raises RuntimeError where that place is gone."""
    original = getattr(RFC6455WebSocket, "_apply_mask", None)
    sample, mask = b"EyeLearn", (1, 2, 3, 4)
    try:
        fits = original is not None and original(sample, mask, length=8, offset=3) == unmask(
            sample, mask, length=8, offset=3
        )
    except TypeError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"eventlet {eventlet.__version__} unmasks WebSocket payloads differently from the "
            "version this was built for: adapt eyelearn/server.py, or pin the older version."
        )
    RFC6455WebSocket._apply_mask = staticmethod(unmask)


class PatientSocket:
    """A WebSocket's, which is waited for before it is read where nothing can be there.

    Without a timer, which costs as much as the reading: who says nothing is noticed by the
    heartbeats, Engine.IO's or ours.
    """

    def __init__(self, sock: Any) -> None:
        """sock: a green one."""
        self._socket = sock
        self._is_drained = False
        self.fd = sock.fd

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def recv(self, size: int) -> bytes:
        """At most `size` bytes, and none at the end. Raises OSError."""
        while True:
            try:
                if self._is_drained:
                    self._socket._trampoline(self.fd, read=True)
                came: bytes = self.fd.recv(size)
            except BlockingIOError:
                self._is_drained = True
            except OSError as error:
                if not isinstance(error, IOClosed) and error.errno not in SOCKET_CLOSED:
                    raise
                return b""
            else:
                self._is_drained = len(came) < size
                return came


def buffer_web_sockets() -> None:
    """Puts `BufferedSocket` between eventlet's WebSockets and theirs; raises RuntimeError where
    they, or Engine.IO, read and write in another way.
    """
    make, take_frame = RFC6455WebSocket.__init__, RFC6455WebSocket._recv_frame
    serve = EngineIOSocket._websocket_handler

    def make_buffered(self: Any, sock: Any, *arguments: Any, **options: Any) -> None:
        make(self, BufferedSocket(PatientSocket(sock)), *arguments, **options)

    def take_message(self: Any, message: Any = None) -> Any:
        whole = self.socket.take_message() if message is None else None
        return take_frame(self, message) if whole is None else whole

    def serve_gathering(self: Any, web_socket: Any) -> Any:
        poll = self.poll

        def gather() -> Any:
            packets = poll()
            if self.upgraded:
                web_socket.socket.gather(len(packets))
            return packets

        self.poll = gather
        self.prompt_writer = PromptWriter(self, web_socket, eventlet.spawn_n)
        try:
            return serve(self, web_socket)
        finally:
            # Circles that only the garbage collector would find.
            del self.poll, self.prompt_writer

    RFC6455WebSocket.__init__ = make_buffered
    RFC6455WebSocket._recv_frame = take_message
    EngineIOSocket._websocket_handler = serve_gathering
    _check_buffering()


def _check_buffering() -> None:
    """Reads a whole message and one in two pieces, and answers twice: one call each way; and then
    writes without waiting."""
    one, other = socket.socketpair()
    with one, other:
        web_socket = RFC6455WebSocket(one, {})
        other.sendall(b"\x81\x81\0\0\0\0a" + b"\x01\x81\0\0\0\0b" + b"\x80\x81\0\0\0\0c")
        read = [web_socket.wait(), web_socket.wait()]
        # Once more, since now it waits first.
        other.sendall(b"\x81\x81\0\0\0\0d")
        read.append(web_socket.wait())
        web_socket.socket.gather(2)
        web_socket.send("d")
        before_the_last = bool(select([other], [], [], 0)[0])
        web_socket.send("e")
        written = other.recv(READ_AHEAD_BYTES)
        # What `PromptWriter` asks of it.
        is_free = not (web_socket._sendlock.locked() or web_socket.websocket_closed)
        at_once = web_socket.socket.send_at_once(b"f")
    if (read, before_the_last, written) != (["a", "bc", "d"], False, b"\x81\x01d\x81\x01e") or (
        (is_free, at_once) != (True, 1)
    ):
        raise RuntimeError(
            f"eventlet {eventlet.__version__} reads and writes WebSocket messages differently from "
            "the version this was built for: adapt eyelearn/server.py, or pin the older version."
        )


class Protocol(BoundedRequests, eventlet.wsgi.HttpProtocol):  # type: ignore[misc]  # no types
    """A row of requests that were sent at once is answered with others between them."""

    def handle_one_request(self) -> None:
        eventlet.sleep(0)
        super().handle_one_request()


def run(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT; gives the exit status, 1 where the service can't start."""
    share_turns()
    replace_unmasking()
    buffer_web_sockets()
    _raise_file_limit()
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: signals.append(received))
    try:
        listener = _bind(settings.host, settings.port)
    except OSError as error:
        _log.error(f"can't listen on {settings.host}:{settings.port}", reason=str(error))
        return 1
    application = create_app(
        settings, GREEN, "eventlet", partial(WebSocketWSGI, max_frame_length=MAX_MESSAGE_BYTES)
    )
    application.pool.start()
    application.ledger.start()
    if _wait_until_ready(application, signals):
        settle_memory()
        listener.listen(BACKLOG)
        _serve(listener, application)
        while not signals:
            eventlet.sleep(SIGNAL_POLL_SECONDS)
    _shut_down(application)
    return 0 if signals else 1


def _bind(host: str, port: int) -> socket.socket:
    """The address is ours from now on, and refuses connections until it is listened on."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it. Answers are small writes, and Nagle's algorithm would hold the second
    # for the client's delayed ACK: 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    listener.bind(address)
    return listener


def _wait_until_ready(application: Application, signals: list[int]) -> bool:
    """Waits for workers and database; False where the service can't start or is told to stop."""
    until = time.monotonic() + START_TIMEOUT_SECONDS
    while not application.pool.wait_ready(SIGNAL_POLL_SECONDS):
        if signals:
            return False
        if application.pool.keeps_failing or time.monotonic() > until:
            _log.error("the workers don't start; the reason is told above")
            return False
    until = time.monotonic() + DATABASE_PATIENCE_SECONDS
    while not application.ledger.ready.wait(SIGNAL_POLL_SECONDS):
        if signals:
            return False
        if time.monotonic() > until:
            _log.warning("the database does not answer yet; sessions wait in memory until it does")
            break
    return not signals


def _serve(listener: socket.socket, application: Application) -> None:
    """From here on clients are served, beside the caller."""
    settings = application.settings
    application.sessions.start_housekeeping()
    server, strangers = application.socketio.server, application.all_strangers
    GreedyClients(server, GREEN, settings, strangers).start()
    application.silent.start()
    application.heartbeat.start()
    eventlet.spawn_n(_keep_clear, application)
    eventlet.spawn_n(answer_requests, listener, application)
    _log.info(
        f"listening on {settings.host}:{settings.port}",
        environment=settings.environment,
        page_on_this_machine=f"http://localhost:{settings.port}",
    )
    for warning in warnings_of(settings, application.ledger.status):
        _log.warning(warning["message"])
    if not settings.allowed_origins:
        _log.info("ALLOWED_ORIGINS is unset: only this service's own pages and localhost connect")
    if not settings.enable_browser_eye_streaming:
        _log.info("ENABLE_BROWSER_EYE_STREAMING=0: no pictures are taken")


def _keep_clear(application: Application) -> None:
    """Collects garbage when no learner waits for it, as long as that can wait."""
    clearing = ClearingOut(time.monotonic(), CLEARING_MAX_SECONDS)
    while True:
        eventlet.sleep(CLEARING_INTERVAL_SECONDS)
        if clearing.is_due(application.sessions.alive_count > 0, time.monotonic()):
            clearing.clear_out(time.monotonic())


def answer_requests(listener: socket.socket, application: Application) -> None:
    """Takes connections and serves them, for as long as the process lives."""
    limits = RequestLimits(
        application.settings.handshake_seconds, MAX_MESSAGE_BYTES, application.connections
    )
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    eventlet.wsgi.server(
        PatientListener(listener, eventlet.sleep),
        application.flask,
        protocol=partial(Protocol, limits),
        max_size=max(1, min(MAX_CONNECTIONS, files - FILES_OF_OUR_OWN)),
        socket_timeout=SOCKET_TIMEOUT_SECONDS,
        log_output=False,
        debug=False,
        # Ours are, and every answer would pay for it.
        capitalize_response_headers=False,
    )


def _shut_down(application: Application) -> None:
    _log.info("stopping: saving every session")
    owed = application.sessions.shut_down(application.settings.shutdown_seconds)
    if owed:
        _log.warning("sessions are still owed to PHP_ENDPOINT; sent at the next start", count=owed)
    application.camera.stop(WORKER_STOP_SECONDS)
    application.pool.stop(WORKER_STOP_SECONDS)
    application.ledger.stop()
    _log.info("stopped")


def _raise_file_limit() -> None:
    """As many open connections as the system lets this process have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
