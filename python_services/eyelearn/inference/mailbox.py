"""Waiting places: one per session, the newest frame in it, served in turn."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Under any overload every session waits with its newest frame, and none waits twice.

    So the answer is about now, memory is bounded by the number of sessions, and learners share the
    worker evenly, whatever their frame rates.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Item] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._waiting

    def put(self, session_id: str, item: Item) -> Item | None:
        """Leaves an item; the session keeps its turn. Gives the one it replaces, if any."""
        replaced = self._waiting.get(session_id)
        self._waiting[session_id] = item
        return replaced

    def take(self) -> tuple[str, Item] | None:
        """The item of the session whose turn it is, or None where nobody waits."""
        return self._waiting.popitem(last=False) if self._waiting else None

    def remove(self, session_id: str) -> Item | None:
        """Takes one session's item out of turn."""
        return self._waiting.pop(session_id, None)

    def items(self) -> list[tuple[str, Item]]:
        """All that wait, in turn."""
        return list(self._waiting.items())
