"""The workers as one: frames to them and answers back, newest frame wins, whoever fails."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

from ..concurrency import Concurrency
from ..errors import (
    EyeLearnError,
    FrameTooLarge,
    Internal,
    NotTracking,
    Overloaded,
    Superseded,
    UndecodableFrame,
)
from ..events import get_logger
from ..logs import for_child
from ..processes.channel import ChannelClosed, Header
from ..processes.supervised import SupervisedChild
from ..settings import Settings
from ..vision.encoded import encoded_size
from ..vision.observation import Observation
from . import messages
from .capacity import usable_cores, usable_memory, worker_count
from .handle import WorkerHandle
from .landmark_batch import LandmarkBatch
from .measuring import Measuring
from .messages import Done
from .patience import Patience
from .placement import Placement
from .recycling import Recycler, limits_of
from .throughput import Throughput
from .ticket import Outcome, Ticket

_log = get_logger(__name__)

# One frame is judged while the next already lies in the socket, so that a worker never waits for
# the event loop; more would only make answers older.
FRAMES_IN_FLIGHT = 2
# What a worker's socket takes in any case, read or not: Linux gives it 208 kB or more.
AT_ONCE_BYTES = 128 * 1024
SWEEP_INTERVAL_SECONDS = 0.25
MAX_FAILED_STARTS = 3


class InferencePool:
    """Judges frames in worker processes; a session stays on one of them as long as it answers."""

    def __init__(
        self, settings: Settings, concurrency: Concurrency, predicts: bool = False
    ) -> None:
        """predicts: whether emotions are asked for, so that workers need a model of them."""
        self._concurrency = concurrency
        self._timeout = settings.worker_timeout_seconds
        self._patience = Patience(settings.worker_timeout_seconds)
        self._throughput = Throughput()
        self._max_frame_kb = settings.max_frame_kb
        self._ticket_numbers = itertools.count()
        self._worker_numbers = itertools.count(1)
        self._stopping = False
        self._configuration: Header = {
            "log": for_child(settings),
            "max_bytes": settings.max_frame_kb * 1024,
            "max_pixels": settings.max_frame_pixels,
            "second_face_interval_seconds": settings.second_face_interval_seconds,
            "emotion_model": settings.model_path if predicts else None,
        }
        self._emotion_model: dict[str, Any] | None = None
        self._visits = itertools.count(1)
        self._placement = Placement(
            concurrency, lambda: self._throughput.comfortable_sessions(time.monotonic())
        )
        for _ in range(worker_count(settings.inference_workers, usable_cores(), usable_memory())):
            self._placement.add(self._make_worker())
        self._measuring = Measuring(
            lambda: self._placement.workers, settings.worker_timeout_seconds, concurrency
        )
        self._recycler = Recycler(
            limits_of(settings), self._placement, self._make_worker, self._pump_all, concurrency
        )

    def _make_worker(self) -> WorkerHandle:
        worker = WorkerHandle(f"worker {next(self._worker_numbers)}")
        worker.child = SupervisedChild(
            name=worker.name,
            module="eyelearn.inference.worker",
            configuration=self._configuration,
            concurrency=self._concurrency,
            answer_timeout=self._timeout,
            on_message=lambda header, payload: self._on_message(worker, header, payload),
            on_ready=lambda header: self._on_ready(worker, header),
            on_death=lambda: self._on_death(worker),
        )
        return worker

    def start(self) -> None:
        """Starts the workers without waiting for them."""
        for worker in self._placement.workers:
            worker.child.start()
        self._concurrency.spawn(self._sweep)
        self._concurrency.spawn(self._recycler.run)
        self._concurrency.spawn(self._measuring.run)

    def wait_ready(self, timeout: float) -> bool:
        """Waits until every worker has judged a warm-up picture, at most `timeout` seconds."""
        until = time.monotonic() + timeout
        return all(
            worker.child.ready.wait(max(0.0, until - time.monotonic()))
            for worker in self._placement.workers
        )

    @property
    def keeps_failing(self) -> bool:
        """Whether a worker has died again and again without ever having been up."""
        return any(
            worker.child.starts > MAX_FAILED_STARTS and not worker.child.ready.is_set()
            for worker in self._placement.workers
        )

    @property
    def frames_per_second(self) -> float:
        """What the workers can judge, as measured lately; while none is up, what one could."""
        return self._throughput.per_second(self._up, time.monotonic())

    @property
    def _up(self) -> int:
        """Workers that are up; 1 while none is."""
        up = sum(worker.answers and not worker.leaving for worker in self._placement.workers)
        return max(1, up)

    @property
    def busy_share(self) -> float:
        """Of the workers' time, 0 to 1, that was spent on pictures lately."""
        return self._throughput.busy_share(self._up, time.monotonic())

    @property
    def emotion_model(self) -> dict[str, Any] | None:
        """What the workers said of theirs when they came up; None before, and where none is asked
        for. A model that is none is a `problem`."""
        return self._emotion_model

    def submit(
        self,
        session_id: str,
        frame: bytes | str,
        tell: Callable[[Outcome], None],
        request: Header | None = None,
    ) -> None:
        """Has an encoded picture judged: raw bytes, base64 or a data URL. Never waits.

        request: one of `messages`; None for a judgement of one more picture of the session.

        tell: called once with what came of it, now or later and on any thread; must not wait. That
        is what the request is of, or an error: Superseded where a newer frame of the session
        overtook this one, UndecodableFrame, FrameTooLarge, Overloaded where no worker took it in
        time, and Internal where the worker that had it failed.

        Raises FrameTooLarge and UndecodableFrame where that can be seen at once.
        """
        request = request or messages.judge(alone=False)
        self._check_size(frame, request)
        ticket = Ticket(session_id, _as_bytes(frame), tell, time.monotonic(), request)
        worker = self._placement.worker_of(session_id)
        if worker is None:
            worker = self._placement.place(session_id, ticket.of_guest)
        self._let_wait(worker, ticket)

    def _let_wait(self, worker: WorkerHandle, ticket: Ticket) -> None:
        replaced = worker.mailbox.put(ticket.session_id, ticket, ticket.of_guest)
        if replaced is not None:
            replaced.resolve(Superseded())
        self._pump(worker)

    def visit(self, frame: bytes | str, request: Header) -> Done:
        """One picture that belongs to no session, by whichever worker is free; waits for it.

        Raises what `submit` tells.
        """
        self._check_size(frame, request)
        visit, content = f"visit-{next(self._visits)}", _as_bytes(frame)

        def submit(tell: Callable[[Outcome], None]) -> None:
            ticket = Ticket(visit, content, tell, time.monotonic(), request)
            self._let_wait(self._placement.place_visit(visit), ticket)

        try:
            return self._outcome_of(submit)
        finally:
            self._placement.release(visit)

    def measure(self, session_id: str, batch: LandmarkBatch) -> None:
        """Has landmarks measured, a session's in the order in which they come. Never waits."""
        self._measuring.submit(session_id, batch)

    def judge(self, session_id: str, frame: bytes | str) -> Observation:
        """As `submit`, and waits for the observation; raises the errors."""
        done = self._outcome_of(lambda tell: self.submit(session_id, frame, tell))
        assert isinstance(done, Observation)
        return done

    def _outcome_of(self, submit: Callable[[Callable[[Outcome], None]], None]) -> Done:
        """Waits for it; raises the error that it is."""
        outcomes: list[Outcome] = []
        told = self._concurrency.event()

        def tell(outcome: Outcome) -> None:
            outcomes.append(outcome)
            told.set()

        submit(tell)
        told.wait()
        if isinstance(outcomes[0], EyeLearnError):
            raise outcomes[0].again()
        return outcomes[0]

    def release(self, session_id: str) -> None:
        """The session ended; its worker need not remember it."""
        worker = self._placement.release(session_id)
        if worker is None:
            return
        ticket = worker.mailbox.remove(session_id)
        if ticket is not None:
            ticket.resolve(NotTracking("video_frame"))
        self._placement.forget(worker, session_id)

    def stop(self, timeout: float) -> None:
        """Ends every worker."""
        self._stopping = True
        self._recycler.stop()
        for worker in self._placement.workers:
            worker.child.stop(timeout)

    def status(self) -> list[dict[str, Any]]:
        """For an operator: each worker's process, load and restarts."""
        return [
            {
                "name": worker.name,
                "pid": worker.child.pid,
                "ready": worker.answers,
                "sessions": len(worker.sessions),
                "waiting": len(worker.mailbox),
                "starts": worker.child.starts,
            }
            for worker in self._placement.workers
        ]

    def _check_size(self, frame: bytes | str, request: Header) -> None:
        size, limit_kb = encoded_size(frame), self._max_frame_kb
        if messages.is_of_still(request):
            limit_kb = messages.MAX_STILL_BYTES // 1024
        if size > limit_kb * 1024:
            raise FrameTooLarge.by_bytes(size, limit_kb)

    def _pump_all(self) -> None:
        for worker in self._placement.workers:
            self._pump(worker)

    def _pump(self, worker: WorkerHandle) -> None:
        """Sends what waits, as long as the worker has room for it."""
        while worker.answers and len(worker.in_flight) < FRAMES_IN_FLIGHT:
            turn = worker.mailbox.take()
            if turn is None:
                return
            _, ticket = turn
            number = next(self._ticket_numbers)
            ticket.sent_at = time.monotonic()
            worker.in_flight[number] = ticket
            if sum(len(each.frame) for each in worker.in_flight.values()) <= AT_ONCE_BYTES:
                self._send(worker, number, ticket)
            else:
                # A worker that is stuck does not read, and a sender waits for it.
                self._concurrency.spawn(self._send, worker, number, ticket)

    def _send(self, worker: WorkerHandle, number: int, ticket: Ticket) -> None:
        try:
            header = messages.asked(ticket.request, number, ticket.session_id)
            worker.child.send(header, ticket.frame)
        except ChannelClosed:
            _log.debug("worker went; its end resolves what is in flight", worker=worker.name)

    def _on_message(self, worker: WorkerHandle, header: Header, payload: bytearray) -> None:
        if messages.is_of_measuring(header):
            self._measuring.on_answer(worker, header, payload)
        else:
            self._on_answer(worker, header, payload)

    def _on_answer(self, worker: WorkerHandle, header: Header, payload: bytearray) -> None:
        now = time.monotonic()
        ticket = worker.in_flight.pop(header["ticket"], None)
        if ticket is not None:
            self._learn(ticket, header, now - max(ticket.sent_at, worker.answered_at), now)
        worker.answered_at = now
        if worker.silent:
            _log.info("worker answers again", worker=worker.name, pid=worker.child.pid)
            worker.silent = False
            self._take_in(worker)
        self._pump(worker)
        if ticket is not None:
            # Last: whatever goes wrong with the answer, the worker has its next frame.
            ticket.resolve(messages.read_answer(header, payload))

    def _learn(self, ticket: Ticket, answer: Header, waited: float, now: float) -> None:
        """waited: seconds for the worker."""
        spent = messages.seconds_spent(answer)
        if ticket.of_guest:
            if spent is not None:
                self._throughput.learn_other(spent, now)
            return
        self._patience.learn(waited)
        if spent is not None:
            self._throughput.learn(spent, now)

    def _on_ready(self, worker: WorkerHandle, header: Header) -> None:
        _log.info(
            "worker is up",
            worker=worker.name,
            pid=worker.child.pid,
            first_picture_seconds=round(header["first_seconds"], 3),
        )
        self._throughput.expect(header["frame_seconds"])
        self._emotion_model = header["emotion_model"]
        worker.sessions_served = len(worker.sessions)
        if worker.succeeding:
            self._pump(worker)
        else:
            self._take_in(worker)

    def _take_in(self, worker: WorkerHandle) -> None:
        """A worker came up: it gets its share of the sessions."""
        self._placement.level(worker)
        self._pump_all()

    def _on_death(self, worker: WorkerHandle) -> None:
        worker.silent = False
        lost, worker.in_flight = worker.in_flight, {}
        for ticket in lost.values():
            ticket.resolve(Internal("The process that judged this frame failed."))
        self._measuring.on_death(worker)
        if not self._stopping:
            self._placement.vacate(worker)
            self._pump_all()

    def _sweep(self) -> None:
        """Sees to it that no frame is left hanging."""
        while not self._stopping:
            asleep_since = time.monotonic()
            self._concurrency.sleep(SWEEP_INTERVAL_SECONDS)
            now = time.monotonic()
            self._answer_overdue(now)
            # Where this process was held up itself, answers may lie there unread.
            if now - asleep_since < 2 * SWEEP_INTERVAL_SECONDS:
                self._relieve_silent(now)

    def _answer_overdue(self, now: float) -> None:
        """Answers frames that no worker takes."""
        for worker in self._placement.workers:
            for session_id, ticket in worker.mailbox.items():
                if ticket.since < now - self._timeout:
                    worker.mailbox.remove(session_id)
                    ticket.resolve(Overloaded("No worker was free for this frame in time."))

    def _relieve_silent(self, now: float) -> None:
        """Takes sessions and frames from a worker that hangs, or seems to, to one that answers.

        It gets no more frames until it answers; whether it is killed, its supervision decides.
        """
        for worker in self._placement.workers:
            others = [other for other in self._placement.workers if other.answers]
            silence = worker.silence(now)
            if not worker.answers or silence <= self._patience.seconds or others == [worker]:
                continue
            _log.warning(
                "worker does not answer; its sessions go to the others",
                worker=worker.name,
                pid=worker.child.pid,
                silent_seconds=round(silence, 1),
            )
            worker.silent = True
            self._take_back(worker)
            self._placement.vacate(worker)
            self._pump_all()

    def _take_back(self, worker: WorkerHandle) -> None:
        """Lets the frames in flight wait anew, the newest of each session.

        Each but once: a picture that one worker hangs over must not stop them all.
        """
        lost, worker.in_flight = worker.in_flight, {}
        for ticket in reversed(lost.values()):
            place = self._placement.worker_of(ticket.session_id)
            if place is None:
                ticket.resolve(NotTracking("video_frame"))
            elif ticket.session_id in place.mailbox:
                ticket.resolve(Superseded())
            elif ticket.sent_before:
                ticket.resolve(Internal("The process that judged this frame does not answer."))
            else:
                ticket.sent_before = True
                place.mailbox.put(ticket.session_id, ticket, ticket.of_guest)


def _as_bytes(frame: bytes | str) -> bytes:
    if isinstance(frame, bytes):
        return frame
    try:
        return frame.encode("ascii")
    except UnicodeEncodeError as error:
        raise UndecodableFrame("The picture is neither a data URL nor base64.") from error
