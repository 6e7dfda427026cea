"""A decision about a line others are changing: decided again on what is true now, until nothing comes between.

The engine has one thread, the caller's; so it is the caller who begins again, and not the writer. Callers of one
process take turns at a line, so that each decides again once or twice and not as often as there are others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar
from weakref import WeakValueDictionary

from api.accounts.account import Account
from api.accounts.errors import LineBusy, LineMoved

T = TypeVar("T")
Begin = Callable[[Account | None], "Future[T]"]  #: decide and record, the line being taken to stand so
Ask = Callable[[Account | None], "asyncio.Future[T]"]  #: the same for a coroutine, which withdraws nothing by leaving

MOST_ATTEMPTS = 100
"""Of other processes one gets its change in before each attempt, so this many may come between."""

_TURNS: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by subject, while somebody waits


async def settled(begin: Begin[T] | Ask[T]) -> T:
    """Give what a decision came to; raise LineBusy if the line moves without end.

    A caller who leaves cancels the future at hand, which must not withdraw what may be recorded already.
    """
    try:
        return await asyncio.wrap_future(begin(None))
    except LineMoved as moved:
        subject, line = moved.subject, moved.account
    async with _TURNS.setdefault(subject, asyncio.Lock()):
        for _ in range(MOST_ATTEMPTS):
            try:
                return await asyncio.wrap_future(begin(line))
            except LineMoved as moved:
                line = moved.account
    raise _busy()


def settle(begin: Begin[T], first: Future[T] | None = None) -> T:
    """Do the same on a thread that may wait; `first` is an attempt that is under way."""
    line: Account | None = None
    for _ in range(MOST_ATTEMPTS):
        try:
            return (first or begin(line)).result()
        except LineMoved as moved:
            first, line = None, moved.account
    raise _busy()


def _busy() -> LineBusy:
    return LineBusy("too many are changing this line: try again with the same Idempotency-Key")
