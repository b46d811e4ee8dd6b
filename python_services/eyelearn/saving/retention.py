"""What the platform has is not kept here for ever."""

from __future__ import annotations

import logging
import time
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from .store import SessionStore
from .writer import describe

_log = logging.getLogger(__name__)

DAY_SECONDS = 86_400.0
# Old rows are looked for this often; how old they are is a matter of days.
INTERVAL_SECONDS = 3600.0
# So many at once, and a pause between: flushes want the same lock.
BATCH_ROWS = 500
PAUSE_SECONDS = 0.1


def delete_for_ever(store: SessionStore, retention_days: float) -> NoReturn:
    """Deletes, again and again, sessions that are saved and older than so many days; 0: none."""
    while True:
        if retention_days:
            _delete_old(store, time.time() - retention_days * DAY_SECONDS)
        time.sleep(INTERVAL_SECONDS)


def _delete_old(store: SessionStore, before: float) -> None:
    """before: seconds since 1970."""
    deleted = 0
    try:
        while batch := store.delete_saved(before, BATCH_ROWS):
            deleted += batch
            time.sleep(PAUSE_SECONDS)
    except SQLAlchemyError as error:
        _log.warning("old sessions are not deleted now, but in an hour: %s", describe(error))
    if deleted:
        _log.info("%d saved sessions were old enough to be deleted", deleted)
