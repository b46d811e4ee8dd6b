"""The service's side of the keeper: hands over every flush, and forgets none before it is kept."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..concurrency import Concurrency, Event
from ..errors import Internal
from ..events import get_logger
from ..logs import for_child
from ..processes.channel import ChannelClosed, Header
from ..processes.supervised import SupervisedChild
from ..settings import Settings
from .prediction import Prediction
from .prediction_log import PredictionLog
from .record import SessionRecord

_log = get_logger(__name__)

# The keeper's reading thread does nothing else; one that is silent for longer hangs.
ANSWER_TIMEOUT_SECONDS = 5.0
# What the keeper's answer to a drain may take on top of its seconds.
DRAIN_GRACE_SECONDS = 0.5


# When its service is gone, what the keeper has on its way to page and database is given this long.
PARTING_SECONDS = 5.0
STOP_SECONDS = PARTING_SECONDS + 1.0
# Results that wait to be forwarded while there is no keeper: some seconds of a class.
MAX_WAITING_RESULTS = 500


@dataclass
class _Question:
    """Something asked of the keeper, asked again of the next one until it is answered."""

    header: Header
    answered: Event
    answer: Header | None = None


class SessionLedger:
    """Newest unacknowledged state of every session, in memory until the keeper has committed it.

    `save` and `status` never wait. Sending may (a keeper that is stopped does not read), so one
    spawned thread does it; whatever replaces that keeper is sent everything again.
    """

    def __init__(self, settings: Settings, concurrency: Concurrency) -> None:
        self._concurrency = concurrency
        self._lock = concurrency.lock()
        self._unacknowledged: dict[str, SessionRecord] = {}
        self._unsent: set[str] = set()
        self._questions: dict[int, _Question] = {}
        self._unasked: list[int] = []
        self._numbers = itertools.count(1)
        self._forwards = settings.forward_each_result and bool(settings.php_endpoint)
        self._results: deque[Mapping[str, Any]] = deque(maxlen=MAX_WAITING_RESULTS)
        self._work = concurrency.event()
        self._predictions = PredictionLog(concurrency, self._wake)
        self._stopped = False
        self._reported: dict[str, Any] = {
            "database_ok": False,
            "endpoint_ok": None,
            "owed": 0,
            "parked": 0,
            "refused": 0,
            "page_adds_up": False,
        }
        self._places: dict[str, Any] = {"saves_to": None, "posts_to": None}
        self._keeper = SupervisedChild(
            name="keeper",
            module="eyelearn.saving.keeper",
            configuration={
                "port": settings.port,
                "database_url": settings.database_url,
                "page": {
                    "endpoint": settings.php_endpoint,
                    "mode": settings.save_mode,
                    "secret": settings.save_secret.get_secret_value(),
                },
                "forwards": self._forwards,
                "parting_seconds": PARTING_SECONDS,
                "retention_days": settings.retention_days,
                "log": for_child(settings),
            },
            concurrency=concurrency,
            answer_timeout=ANSWER_TIMEOUT_SECONDS,
            on_message=self._on_message,
            on_ready=self._on_ready,
            on_death=self._on_death,
        )
        self.ready: Event = self._keeper.ready

    def start(self) -> None:
        """Starts the keeper without waiting; `ready` is set once its database is migrated."""
        self._concurrency.spawn(self._send_waiting)
        self._keeper.start()

    def save(self, record: SessionRecord) -> None:
        """Has this state kept, and posted, unless a newer one of the session was given. At once."""
        with self._lock:
            held = self._unacknowledged.get(record.session_id)
            if held is not None and held.revision >= record.revision:
                return
            self._unacknowledged[record.session_id] = record
            self._unsent.add(record.session_id)
            self._work.set()

    def forward(self, result: Mapping[str, Any]) -> None:
        """Has a result posted as it is, once, where FORWARD_EACH_RESULT asks for it. At once."""
        if self._forwards:
            with self._lock:
                self._results.append(result)
                self._work.set()

    def log(self, prediction: Prediction) -> None:
        """Has it written to `predictions_log`, once. At once; a second may pass until it is."""
        self._predictions.add(prediction)

    def load(self, session_id: str, timeout: float) -> SessionRecord | None:
        """The newest state of a session, None where there is none; waits at most `timeout` seconds.

        Raises Internal where the database does not answer in time.
        """
        held = self._unacknowledged.get(session_id)
        if held is not None:
            return held
        answer = self._ask({"type": "load", "session_id": session_id}, timeout)
        if answer is None or "error" in answer:
            _log.warning(
                "session could not be loaded",
                session=session_id,
                reason="no answer in time" if answer is None else answer["error"],
            )
            raise Internal("The database does not answer; try again in a moment.")
        return None if answer["record"] is None else SessionRecord.from_dict(answer["record"])

    def drain(self, seconds: float) -> int:
        """Keeps everything that waits, and posts what is owed, for at most `seconds`.

        Gives how many sessions are still owed to the database or to the platform.
        """
        until = time.monotonic() + seconds
        self._predictions.hurry()
        answer = self._ask({"type": "drain", "until": until}, seconds + DRAIN_GRACE_SECONDS)
        self._predictions.wait_written(max(0.0, until - time.monotonic()))
        owed: int = self._reported["owed"] if answer is None else answer["owed"]
        return max(owed, len(self._unacknowledged))

    @property
    def status(self) -> dict[str, Any]:
        """For `/readyz`.

        keeper_up, database_ok; endpoint_ok (None: unknown or none set); owed: sessions that
        PHP_ENDPOINT has yet to acknowledge; refused: those of them whose last POST failed; parked:
        those that it won't take, left to a person; page_adds_up: whether it seems to add up what
        is cumulative; waiting: flushes not yet in the database; predictions_waiting: the same of
        predictions, and predictions_dropped: those that waited for too long, since the start;
        saves_to, posts_to: addresses without passwords.
        """
        return {
            "keeper_up": self._keeper.is_ready,
            **self._reported,
            "waiting": len(self._unacknowledged),
            "predictions_waiting": self._predictions.waiting,
            "predictions_dropped": self._predictions.dropped,
            **self._places,
        }

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Ends the keeper, which writes what it has, and waits for the deltas that are on their
        way: killed before (after `timeout` seconds), it would send them once more."""
        with self._lock:
            self._stopped = True
            self._work.set()
        self._keeper.stop(timeout)
        if self._unacknowledged:
            _log.warning("flushes were not confirmed by the end", count=len(self._unacknowledged))
        if self._predictions.waiting:
            _log.warning(
                "predictions were not confirmed by the end", count=self._predictions.waiting
            )

    def _ask(self, header: Header, timeout: float) -> Header | None:
        """The keeper's answer, None where none comes in `timeout` seconds."""
        question = _Question(header, self._concurrency.event())
        number = next(self._numbers)
        with self._lock:
            self._questions[number] = question
            self._unasked.append(number)
            self._work.set()
        question.answered.wait(timeout)
        with self._lock:
            self._questions.pop(number, None)
        return question.answer

    def _wake(self) -> None:
        with self._lock:
            self._work.set()

    def _send_waiting(self) -> None:
        while not self._stopped:
            self._work.wait()
            records, questions, results = self._take_unsent()
            try:
                for record in records:
                    self._keeper.send({"type": "save", "record": record.to_dict()})
                    # On an event loop: a thousand flushes at once must not hold up the others.
                    self._concurrency.sleep(0)
                for question in questions:
                    self._keeper.send(_with_seconds_left(question))
                for result in results:
                    self._keeper.send({"type": "forward", "result": result})
                if self._keeper.is_ready and (batch := self._predictions.take()) is not None:
                    self._keeper.send(*batch)
            except ChannelClosed as error:
                # Nothing is lost: the next keeper is sent everything when it is ready.
                _log.debug("keeper went; the next is sent everything", reason=str(error))

    def _take_unsent(self) -> tuple[list[SessionRecord], list[Header], list[Mapping[str, Any]]]:
        """What waits to be sent: flushes, and after them questions, so that a drain finds them;
        and results, of which a keeper that goes meanwhile costs some."""
        with self._lock:
            self._work = self._concurrency.event()
            if not self._keeper.is_ready:
                return [], [], []
            records = [self._unacknowledged[s] for s in self._unsent if s in self._unacknowledged]
            numbers = [number for number in self._unasked if number in self._questions]
            questions = [self._questions[number].header | {"request": number} for number in numbers]
            self._unsent.clear()
            self._unasked.clear()
            results = list(self._results)
            self._results.clear()
        return records, questions, results

    def _on_ready(self, header: Header) -> None:
        self._places = {"saves_to": header["saves_to"], "posts_to": header["posts_to"]}
        with self._lock:
            self._unsent.update(self._unacknowledged)
            self._unasked = list(self._questions)
            self._predictions.send_again()
            self._work.set()

    def _on_death(self) -> None:
        self._reported |= {"database_ok": False, "endpoint_ok": None}

    def _on_message(self, header: Header, _payload: bytearray) -> None:
        match header.pop("type"):
            case "saved":
                self._acknowledge(header["revisions"])
            case "logged":
                self._predictions.acknowledge(header["number"])
            case "status":
                self._reported = header
            case "loaded" | "drained":
                self._answer(header)
            case unknown:
                _log.error("the keeper sends a message of unknown type", type=unknown)

    def _acknowledge(self, revisions: dict[str, int]) -> None:
        with self._lock:
            for session_id, revision in revisions.items():
                held = self._unacknowledged.get(session_id)
                if held is not None and held.revision <= revision:
                    del self._unacknowledged[session_id]

    def _answer(self, header: Header) -> None:
        with self._lock:
            question = self._questions.get(header["request"])
        if question is not None:
            question.answer = header
            question.answered.set()


def _with_seconds_left(header: Header) -> Header:
    """The other process may have another clock: a moment becomes the seconds until then."""
    if "until" not in header:
        return header
    rest = {name: value for name, value in header.items() if name != "until"}
    return rest | {"seconds": max(0.0, header["until"] - time.monotonic())}
