"""A submitted work, and whoever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent import futures
from contextlib import suppress
from typing import Any

import msgspec
import sqlalchemy as sa


class Appended(msgspec.Struct, frozen=True, gc=False):
    """One new entry of the transaction that is open, remembered until it is known to have been committed."""

    event_id: str
    idx: int
    leaf: bytes


class Job:
    """A work and what became of it."""

    def __init__(
        self, work: Callable[[sa.Connection], Any], event_ids: Sequence[str] = (), hints: Sequence[Any] = ()
    ) -> None:
        """`event_ids` are events it will look for, `hints` what it will ask the database, as far as that is known."""
        self.work, self.event_ids, self.hints = work, event_ids, hints
        self.begin()

    def begin(self) -> None:
        """Begin, or begin anew: the work has done nothing yet."""
        self.result: Any = None
        self.error: BaseException | None = None
        self.appended: tuple[Appended, ...] = ()
        self.ran = False


class Awaited(Job):
    """A job somebody waits for: a thread for a future of its own, or a coroutine on an event loop."""

    def __init__(
        self,
        work: Callable[[sa.Connection], Any],
        event_id: str | None,
        loop: asyncio.AbstractEventLoop | None = None,
        hint: Any = None,
    ) -> None:
        """`loop` is where somebody awaits the future; without one it is a future that threads wait for."""
        super().__init__(work, () if event_id is None else (event_id,), () if hint is None else (hint,))
        self.loop = loop
        self.future: Any = futures.Future() if loop is None else loop.create_future()

    def wanted(self) -> bool:
        """Whether nobody withdrew the work while it waited; from now on a thread cannot withdraw it."""
        if self.loop is None:
            return bool(self.future.set_running_or_notify_cancel())
        return not self.future.cancelled()

    def resolve(self) -> None:
        """Tell whoever waits; to be called when the work is durable, or known to have failed."""
        if self.future.done():
            return  # a coroutine that left
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def answer(jobs: Iterable[Awaited]) -> None:
    """Resolve the futures of a batch: an event loop is woken once, and not once for each of its callers."""
    awaited: dict[asyncio.AbstractEventLoop, list[Awaited]] = {}
    for job in jobs:
        if job.loop is None:
            job.resolve()
        else:
            awaited.setdefault(job.loop, []).append(job)
    for loop, theirs in awaited.items():
        with suppress(RuntimeError):  # the loop was closed, so nobody waits there any more
            loop.call_soon_threadsafe(_resolve, theirs)


def _resolve(jobs: list[Awaited]) -> None:
    for job in jobs:
        job.resolve()
