"""The one thread that writes: it takes whatever waits, signs and commits it in one transaction, and only then answers.

There is no timer. While one batch is on its way to the disk the next one gathers, so a lone caller waits for nobody
and 64 callers share one flush.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from threading import Condition, Thread
from typing import Any, Self, TypeVar

import sqlalchemy as sa

from audit.committing import Ahead, Committer
from audit.errors import QueueFull, WriterClosed
from audit.job import Awaited, answer
from audit.log import Log

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

MOST_AT_ONCE = 1024
"""Works in one transaction."""


class Writer:
    """Runs works in the log's write transaction, many callers to a commit."""

    def __init__(
        self,
        log: Log,
        clock: Callable[[], datetime],
        bound: int = 4096,
        ahead: Ahead | None = None,
        most: int = MOST_AT_ONCE,
    ) -> None:
        """`bound` works may wait, `most` share a transaction.

        `clock` dates `committed_at`; `ahead` is told the hints of each batch.
        """
        self._committer = Committer(log, clock, ahead)
        self._bound, self._most = bound, most
        self._waiting: list[Awaited] = []
        self._wake = Condition()
        self._closed = False
        self._thread = Thread(target=self._run, name="audit-writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs that does the work, for health checks."""
        return self._thread.is_alive()

    @property
    def committed_at(self) -> datetime | None:
        """When the newest batch became durable, for health checks."""
        return self._committer.committed_at

    @property
    def batches(self) -> int:
        """Transactions so far."""
        return self._committer.batches

    @property
    def works(self) -> int:
        """The works in them."""
        return self._committer.works

    @property
    def waiting(self) -> int:
        """How many works wait for the transaction after this one."""
        return len(self._waiting)

    def submit(self, work: Work[T], event_id: str | None = None, hint: Any = None) -> Future[T]:
        """Queue `work`; it is called with the writing connection inside a savepoint, and must not end the transaction.

        The future resolves to what it returned once that is durable and covered by a stored checkpoint. An exception it
        raises undoes its own changes only; CommitUnknown when nobody knows. Raises QueueFull or WriterClosed. It may be
        called again, after all it did was undone, and only what it does in the transaction may depend on that.
        `event_id` is the event it will append, if that is known already: those of a batch are looked up together. So is
        what `hint` says to the writer's `ahead`.
        """
        future: Future[T] = self._queue(Awaited(work, event_id, hint=hint)).future
        return future

    def ask(self, work: Work[T], event_id: str | None = None, hint: Any = None) -> asyncio.Future[T]:
        """Queue `work` as `submit` does, for a coroutine: the future is of the running event loop."""
        future: asyncio.Future[T] = self._queue(Awaited(work, event_id, asyncio.get_running_loop(), hint)).future
        return future

    def close(self) -> None:
        """Take no more work, finish what waits, and return when it is durable."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _queue(self, job: Awaited) -> Awaited:
        with self._wake:
            if self._closed:
                raise WriterClosed("the writer is closed and takes no more work")
            if len(self._waiting) >= self._bound:
                raise QueueFull(self._bound)
            self._waiting.append(job)
            self._wake.notify()
        return job

    def _run(self) -> None:
        while jobs := self._take():
            running = [job for job in jobs if job.wanted()]
            if running:
                self._committer.run(running)
            answer(running)

    def _take(self) -> list[Awaited]:
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._closed)
            jobs, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            return jobs
