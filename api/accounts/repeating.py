"""A decision about a line others are changing: decided again on what is true now, until nothing comes between.

The engine has one thread, the caller's; so it is the caller who begins again, and not the writer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from api.accounts.account import Account
from api.accounts.errors import LineBusy, LineMoved

T = TypeVar("T")
Begin = Callable[[Account | None], "Future[T]"]  #: decide and record, the line being taken to stand so
Ask = Callable[[Account | None], "asyncio.Future[T]"]  #: the same for a coroutine

MOST_ATTEMPTS = 100
"""Of as many who change one line at the same moment each attempt lets one through, so this many get an answer."""


async def settled(begin: Begin[T] | Ask[T]) -> T:
    """Give what a decision came to; raise LineBusy if the line moves without end.

    Shielded: a caller who leaves must not withdraw what the writer may already have recorded.
    """
    line: Account | None = None
    for _ in range(MOST_ATTEMPTS):
        try:
            return await asyncio.shield(asyncio.wrap_future(begin(line)))
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
