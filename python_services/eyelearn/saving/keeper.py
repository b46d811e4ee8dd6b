"""The process that keeps the sessions: takes flushes, answers what is asked of the database.

An ordinary program with ordinary threads, so that whatever blocks blocks here. In: save, load,
ping, drain, forward, predictions. Out: ready, pong, saved, loaded, status, drained, logged.
"""

from __future__ import annotations

import logging
import os
import platform
import queue
import threading
import time
from typing import Any

import orjson
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ..events import get_logger
from ..processes.channel import Channel, ChannelClosed, Header
from ..processes.child import connect_to_parent
from .courier import Courier, Page, where_posted
from .database import where_kept
from .delivery import Outcome
from .forwarding import Forwarder
from .health import Health
from .lease import Lease
from .prediction import Batch, Prediction
from .prediction_store import PredictionStore
from .prediction_writer import PredictionWriter
from .record import SessionRecord
from .retention import delete_for_ever
from .store import NODE_CHARACTERS, SessionStore
from .writer import Writer, describe

_log = get_logger("eyelearn.saving.keeper")


class Keeper:
    """Reads its channel and never waits for the database while doing so."""

    def __init__(self, channel: Channel, configuration: dict[str, Any]) -> None:
        self._channel = channel
        self._database_url: str = configuration["database_url"]
        self._platform = Page(**configuration["page"])
        self._retention_days: int = configuration["retention_days"]
        self._parting_seconds: float = configuration["parting_seconds"]
        self._service = _service_name(configuration["port"])
        self._database = Health("the database", _log, self._tell_status)
        self._page = Health("PHP_ENDPOINT", _log, self._tell_status)
        self._writer = Writer(
            self._database_url,
            self._service,
            self._database,
            on_open=self._opened,
            on_written=self._written,
            on_counted=self._counted,
        )
        self._forwarder = Forwarder(self._platform)
        if configuration["forwards"]:
            self._forwarder.start()
        self._store: SessionStore | None = None
        self._courier: Courier | None = None
        self._predictions: PredictionWriter | None = None
        self._counts = {"owed": 0, "parked": 0}
        self._told: Header = {}
        self._loads: queue.SimpleQueue[Header] = queue.SimpleQueue()

    def run(self) -> None:
        """Until the channel ends; then writes what still waits."""
        self._writer.start()
        try:
            while True:
                self._handle(*self._channel.receive())
        except ChannelClosed:
            self._part(time.monotonic() + self._parting_seconds)

    def _part(self, until: float) -> None:
        """A delta that is on its way arrives, and is noted: else it would be sent once more."""
        if self._courier is not None:
            self._courier.finish(until - time.monotonic())
        if not self._writer.wait_written(max(0.0, until - time.monotonic())):
            _log.error("sessions could not be written at the end", count=self._writer.waiting)
        predictions = self._predictions
        if predictions is not None and not predictions.wait_written(until - time.monotonic()):
            _log.error("predictions could not be written at the end", count=predictions.waiting)

    def _handle(self, header: Header, payload: bytearray) -> None:
        match header["type"]:
            case "ping":
                self._tell({"type": "pong"})
            case "save":
                self._writer.put(SessionRecord.from_dict(header["record"]))
            case "load":
                self._loads.put(header)
            case "forward":
                self._forwarder.put(header["result"])
            case "predictions":
                assert self._predictions is not None  # it was told that we are ready
                self._predictions.put(_batch(header, payload))
            case "drain":
                threading.Thread(target=self._drain, args=(header,), daemon=True).start()
            case unknown:
                _log.error("the keeper is sent a message of unknown type", type=unknown)

    def _opened(self, engine: Engine) -> None:
        store = SessionStore(engine, self._service)
        self._store = store
        kept, posted = where_kept(self._database_url), None
        _log.info("sessions are kept", where=kept)
        if self._platform.endpoint:
            posted = where_posted(self._platform.endpoint)
            _log.info("sessions are posted", where=posted, mode=self._platform.mode)
            lease = Lease(engine, self._service, self._parting_seconds)
            self._courier = Courier(store, lease, self._platform, self._page, self._writer.note)
            self._courier.start()
        else:
            _log.info("PHP_ENDPOINT is unset: sessions are kept, and posted nowhere")
        predictions = PredictionStore(engine)
        self._predictions = PredictionWriter(predictions, self._logged)
        self._predictions.start()
        threading.Thread(target=self._answer_loads, name="loads", daemon=True).start()
        threading.Thread(
            target=delete_for_ever,
            args=(store, predictions, self._retention_days, bool(self._platform.endpoint)),
            name="retention",
            daemon=True,
        ).start()
        self._tell({"type": "ready", "saves_to": kept, "posts_to": posted})

    def _written(self, records: list[SessionRecord], outcomes: dict[str, Outcome]) -> None:
        if self._courier is not None:
            self._courier.noted(outcomes)
        if records:
            revisions = {record.session_id: record.revision for record in records}
            self._tell({"type": "saved", "revisions": revisions})

    def _logged(self, batch: Batch) -> None:
        self._tell({"type": "logged", "number": batch.number})

    def _counted(self, owed: int, parked: int) -> None:
        # Without a page to post to, nothing is owed to it.
        self._counts = {"owed": owed if self._courier is not None else 0, "parked": parked}
        self._tell_status()

    def _answer_loads(self) -> None:
        while True:
            header = self._loads.get()
            answer: Header = {"type": "loaded", "request": header["request"]}
            try:
                record = self._load(header["session_id"])
            except SQLAlchemyError as error:
                answer["error"] = describe(error)
            else:
                answer["record"] = None if record is None else record.to_dict()
            self._tell(answer)

    def _load(self, session_id: str) -> SessionRecord | None:
        assert self._store is not None
        # Memory first: what is committed between the two looks is found by the second.
        return self._writer.unwritten(session_id) or self._store.load(session_id)

    def _drain(self, header: Header) -> None:
        seconds: float = header["seconds"]
        until = time.monotonic() + seconds
        self._writer.wait_written(seconds)
        if self._courier is not None:
            self._courier.drain(until - time.monotonic())
        self._tell({"type": "drained", "request": header["request"], "owed": self._still_owed()})

    def _still_owed(self) -> int:
        """Sessions whose newest state is not where it belongs."""
        if self._courier is None or self._store is None:
            return self._writer.waiting
        try:
            return self._writer.waiting + self._store.count_owed()
        except SQLAlchemyError:
            return self._writer.waiting + self._counts["owed"]

    def _tell_status(self) -> None:
        courier = self._courier
        status = {
            "type": "status",
            "database_ok": self._database.ok is True,
            "endpoint_ok": self._page.ok,
            **self._counts,
            "refused": 0 if courier is None else courier.refused,
            "page_adds_up": courier is not None and courier.adds_up,
        }
        if status != self._told:
            self._told = status
            self._tell(status)

    def _tell(self, header: Header) -> None:
        try:
            self._channel.send(header)
        except ChannelClosed:
            # The reading thread sees the same, and ends the process.
            _log.debug("nobody is there to be told", type=header["type"])


def _batch(header: Header, payload: bytearray) -> Batch:
    rows = orjson.loads(payload)
    return Batch(header["sender"], header["number"], [Prediction(*row) for row in rows])


def _service_name(port: int) -> str:
    """The same after a restart, and another for each service of this machine."""
    machine = platform.node().encode("ascii", "replace").decode()
    return f"{machine[: NODE_CHARACTERS - len('-65535')]}-{port}"


def _end_process(details: threading.ExceptHookArgs) -> None:
    """A keeper that lost a thread would answer pings and keep nothing; a new one does its work."""
    _log.critical(
        "the keeper ends by a fault in a thread",
        thread=details.thread and details.thread.name,
        exc_info=details.exc_value,
    )
    os._exit(1)


def main() -> None:
    """`python -m eyelearn.saving.keeper FD`, started by the ledger."""
    channel, configuration = connect_to_parent()
    threading.excepthook = _end_process
    logging.getLogger("alembic").setLevel(logging.WARNING)
    Keeper(channel, configuration).run()


if __name__ == "__main__":
    main()
