"""How a long-running service keeps its memory: when it collects garbage, and from how many heaps it takes it.

What it was started with is for ever, and requests leave few cycles.

With Python's own thresholds the oldest objects are looked through now and then while every caller waits: at 64 callers
that is all of the 99th percentile of an append (34 ms with them, 17 ms without, docs/performance.md).

glibc gives threads heaps of their own, up to eight for each core, and what is freed in one is of no use to another:
what is in use stays the same under mixed load while holes add up. Two heaps are enough for one process whose threads
take turns at the interpreter.
"""

from __future__ import annotations

import ctypes
import gc

_THRESHOLDS = 50_000, 20, 100
_ARENA_MAX, _HEAPS = -8, 2  #: of mallopt(3)


def settle() -> None:
    """Leave alone what is there by now, and look at what comes more seldom; call it when all is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    # Other C libraries have no mallopt, or take no notice of it: then memory is as they keep it.
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_ARENA_MAX, _HEAPS)
