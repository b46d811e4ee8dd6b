"""Waiting places: one per session, the newest frame in it, served in turn."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Item = TypeVar("Item")

# Turns of learners before a guest's, where both wait. A guest's picture takes a worker two to four
# times as long, so that learners have at least a third of its time.
LEARNER_TURNS = 2


class Mailbox(Generic[Item]):
    """Under any overload every session waits with its newest frame, and none waits twice.

    So the answer is about now, memory is bounded by the number of sessions, and learners share the
    worker evenly, whatever their frame rates. Guests are sessions that ask for something else than
    attention: they share what learners leave them.
    """

    def __init__(self) -> None:
        self._learners: OrderedDict[str, Item] = OrderedDict()
        self._guests: OrderedDict[str, Item] = OrderedDict()
        self._turns = 0

    def __len__(self) -> int:
        return len(self._learners) + len(self._guests)

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._learners or session_id in self._guests

    def put(self, session_id: str, item: Item, guest: bool = False) -> Item | None:
        """Leaves an item; the session keeps its turn. Gives the one it replaces, if any."""
        waiting = self._guests if guest else self._learners
        replaced = waiting.get(session_id)
        waiting[session_id] = item
        return replaced

    def take(self) -> tuple[str, Item] | None:
        """The item of the session whose turn it is, or None where nobody waits."""
        if self._learners and (self._turns < LEARNER_TURNS or not self._guests):
            self._turns += 1
            return self._learners.popitem(last=False)
        self._turns = 0
        return self._guests.popitem(last=False) if self._guests else None

    def remove(self, session_id: str) -> Item | None:
        """Takes one session's item out of turn."""
        waiting = self._guests if session_id in self._guests else self._learners
        return waiting.pop(session_id, None)

    def items(self) -> list[tuple[str, Item]]:
        """All that wait, learners first, each in turn."""
        return [*self._learners.items(), *self._guests.items()]
