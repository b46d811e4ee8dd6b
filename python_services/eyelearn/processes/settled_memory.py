"""What a process has made by the end of its start, it keeps to its end."""

from __future__ import annotations

import gc


def settle_memory() -> None:
    """The garbage collector need not walk through what stands now each time.

    A full collection stopped the event loop for 45 ms otherwise, and took a worker 2 % of its time.
    """
    gc.collect()
    gc.freeze()
