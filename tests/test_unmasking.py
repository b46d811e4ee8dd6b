"""Each in a process of its own, since `server.py` makes the standard library green."""

from __future__ import annotations

from own_process import what_prints

COMPARE = """
import random
from eventlet.websocket import RFC6455WebSocket
slow = RFC6455WebSocket._apply_mask
from eyelearn.server import replace_unmasking, unmask
chance = random.Random(20)
for n in range(3000):
    data = chance.randbytes(chance.choice([0, 1, 2, 3, 4, 5, 7, 125, 126, 1000, 4099]))
    mask = tuple(chance.randbytes(4))
    offset = chance.randrange(0, 70000)
    length = chance.choice([None, len(data), chance.randrange(0, len(data) + 1)])
    expected = slow(data, mask, length=length, offset=offset)
    assert unmask(data, mask, length=length, offset=offset) == expected, (len(data), length, offset)
replace_unmasking()
assert RFC6455WebSocket._apply_mask is unmask
"""

GONE = """
from eventlet.websocket import RFC6455WebSocket
from eyelearn.server import replace_unmasking
{change}
try:
    replace_unmasking()
except RuntimeError as error:
    assert "eventlet" in str(error)
else:
    raise SystemExit("nothing was said")
"""


def test_it_gives_what_the_slow_one_gives() -> None:
    what_prints(COMPARE)


def test_a_seam_that_is_gone_is_told_at_start() -> None:
    what_prints(GONE.format(change="del RFC6455WebSocket._apply_mask"))


def test_a_seam_of_another_form_is_told_at_start() -> None:
    change = "RFC6455WebSocket._apply_mask = staticmethod(lambda data, mask: data)"
    what_prints(GONE.format(change=change))
