"""Each in a process of its own, since `server.py` makes the standard library green."""

from __future__ import annotations

import pytest

from own_process import what_prints

FACTS = {
    "is set once and for all": """
event.set()
event.set()
assert event.is_set() and event.wait() and event.wait(0.0)
""",
    "is waited for no longer than it may take": """
assert not event.wait(0.0)
assert not event.wait(0.01)
assert not event.is_set()
""",
    "wakes all who wait": """
woken = []
for timeout in (None, 60.0, 60.0):
    GREEN.spawn(lambda timeout=timeout: woken.append(event.wait(timeout)))
GREEN.sleep(0)
event.set()
assert not woken
GREEN.sleep(0)
assert woken == [True, True, True]
""",
    "is set while somebody who waited has given up": """
assert not event.wait(0.01)
GREEN.later(0.01, event.set)
assert event.wait(60.0)
""",
}


@pytest.mark.parametrize("fact", FACTS.values(), ids=list(FACTS))
def test_an_event(fact: str) -> None:
    what_prints(f"from eyelearn.server import GREEN\nevent = GREEN.event()\n{fact}")
