"""Nothing is kept here for ever: no session, whether the platform has it or not, no prediction."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from ..events import get_logger
from .prediction_store import PredictionStore
from .store import SessionStore
from .writer import describe

_log = get_logger(__name__)

DAY_SECONDS = 86_400.0
# What the platform is to have is not deleted under its courier's hands: a page that is away over
# the holidays gets its sessions, and a person has time to look at those that it refuses.
AWAITED_DAYS = 30.0
# Old rows are looked for this often; how old they are is a matter of days.
INTERVAL_SECONDS = 3600.0
# So many at once, and a pause between: flushes want the same lock.
BATCH_ROWS = 500
PAUSE_SECONDS = 0.1


def delete_for_ever(
    store: SessionStore, predictions: PredictionStore, retention_days: float, posts: bool
) -> None:
    """Deletes, again and again, what did not change for so many days; 0: nothing.

    posts: whether there is a page that is to have them. After a long standstill it gets the first
    hour to take what it lacks.
    """
    if not retention_days:
        return
    delete_saved(store, retention_days)
    delete_predictions(predictions, retention_days)
    while True:
        time.sleep(INTERVAL_SECONDS)
        delete_saved(store, retention_days)
        delete_predictions(predictions, retention_days)
        delete_unsaved(store, retention_days, posts)


def delete_saved(store: SessionStore, retention_days: float) -> None:
    """What the platform has."""
    deleted = _delete(store.delete_saved, retention_days)
    if deleted:
        _log.info("saved sessions were old enough to be deleted", count=deleted)


def delete_unsaved(store: SessionStore, retention_days: float, posts: bool) -> None:
    """What the platform does not have; AWAITED_DAYS at the earliest where it is to have it."""
    days = max(retention_days, AWAITED_DAYS) if posts else retention_days
    deleted = _delete(store.delete_unsaved, days)
    if deleted and posts:
        _log.warning("sessions were deleted that the platform never took", count=deleted)
    elif deleted:
        _log.info("sessions were old enough to be deleted", count=deleted)


def delete_predictions(store: PredictionStore, retention_days: float) -> None:
    """Those of everybody, and what is known of the services that wrote them."""

    def delete_batch(before: float, limit: int) -> int:
        store.forget_senders(before)
        return store.delete_old(before, limit)

    deleted = _delete(delete_batch, retention_days)
    if deleted:
        _log.info("predictions were old enough to be deleted", count=deleted)


def _delete(delete_batch: Callable[[float, int], int], days: float) -> int:
    """How many rows were deleted."""
    before = time.time() - days * DAY_SECONDS
    deleted = 0
    try:
        while batch := delete_batch(before, BATCH_ROWS):
            deleted += batch
            time.sleep(PAUSE_SECONDS)
    except SQLAlchemyError as error:
        _log.warning("what is old is not deleted now, but in an hour", reason=describe(error))
    return deleted
