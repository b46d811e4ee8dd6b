"""What is asked of whoever comes in, by whichever door: made once, and shared by all of them."""

from __future__ import annotations

from ..concurrency import Concurrency
from ..settings import Settings
from .connections import Connections
from .handshakes import Handshakes
from .newcomers import Newcomers
from .origins import Origins
from .pace import Pace


class Entry:
    """all_strangers: the pace of all who have no session, together."""

    def __init__(self, settings: Settings, concurrency: Concurrency) -> None:
        self._settings = settings
        self.origins = Origins(settings)
        self.connections = Connections(settings)
        self.handshakes = Handshakes(concurrency.sleep)
        self.all_strangers = Pace.of_all_strangers()
        self.newcomers = Newcomers(self.all_strangers, self.handshakes, concurrency.sleep)

    def new_pace(self) -> Pace:
        """Of a connection before its session."""
        return Pace.of_stranger(self._settings, self.all_strangers)
