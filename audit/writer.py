"""The one thread that writes: it takes whatever waits, signs and commits it in one transaction, and only then answers.

There is no timer. While one batch is on its way to the disk the next one gathers, so a lone caller waits for nobody
and 64 callers share one flush.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from threading import Condition, Thread
from typing import Self, TypeVar

import sqlalchemy as sa

from audit.database import driver_of
from audit.driver import Found
from audit.errors import CommitUnknown, QueueFull, WriterClosed
from audit.job import Job, answer
from audit.log import Log
from audit.removal import SCRUB

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

MOST_AT_ONCE = 1024
"""Works in one transaction."""


class Writer:
    """Runs works in the log's write transaction, many callers to a commit."""

    def __init__(self, log: Log, clock: Callable[[], datetime], bound: int = 4096) -> None:
        """`bound` is how many works may wait; `clock` dates `committed_at`."""
        self._log, self._clock, self._bound = log, clock, bound
        self._waiting: list[Job] = []
        self._wake = Condition()
        self._closed = False
        self.committed_at: datetime | None = None  #: when the newest batch became durable, for health checks
        self.batches = self.works = 0  #: transactions so far, and the works in them
        self._thread = Thread(target=self._run, name="audit-writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs that does the work, for health checks."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """How many works wait for the transaction after this one."""
        return len(self._waiting)

    def submit(self, work: Work[T], event_id: str | None = None) -> Future[T]:
        """Queue `work`; it is called with the writing connection inside a savepoint, and must not end the transaction.

        The future resolves to what it returned once that is durable and covered by a stored checkpoint. An exception it
        raises undoes its own changes only; CommitUnknown when nobody knows. Raises QueueFull or WriterClosed.
        `event_id` is the event it will append, if that is known already: those of a batch are looked up together.
        """
        future: Future[T] = self._queue(Job(work, event_id)).future
        return future

    def ask(self, work: Work[T], event_id: str | None = None) -> asyncio.Future[T]:
        """Queue `work` as `submit` does, for a coroutine: the future is of the running event loop."""
        future: asyncio.Future[T] = self._queue(Job(work, event_id, asyncio.get_running_loop())).future
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

    def _queue(self, job: Job) -> Job:
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
                self.batches, self.works = self.batches + 1, self.works + len(running)
                self._serve(running)
            answer(running)

    def _take(self) -> list[Job]:
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._closed)
            jobs, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            return jobs

    def _serve(self, jobs: Sequence[Job]) -> None:
        try:
            self._commit(jobs)
            self.committed_at = self._clock()
        except BaseException as error:  # noqa: BLE001  # whatever it was, callers wait for an answer
            if not self._was_committed(jobs):
                _fail(jobs, error)

    def _commit(self, jobs: Sequence[Job]) -> None:
        with self._log.write_engine.connect() as connection:
            try:
                connection.begin()
                driver_of(connection).expect([job.event_id for job in jobs if job.event_id is not None])
                for job in jobs:
                    self._attempt(connection, job)
                if any(job.appended for job in jobs):
                    # In the same transaction, so that no entry is ever there without its checkpoint. The signature
                    # goes nowhere but into the database before the commit, and is lost with it.
                    self._log.sign(connection)
                connection.commit()
                self._log.remember()
                # Readers may keep what was deleted from going; then the next batch tries again.
                if SCRUB in connection.info and driver_of(connection).scrub():
                    del connection.info[SCRUB]
            except BaseException:
                # The state of this connection is unknown now, and so is the edge of the tree it left behind.
                connection.invalidate()
                self._log.forget()
                raise

    def _attempt(self, connection: sa.Connection, job: Job) -> None:
        driver = driver_of(connection)
        self._log.appended.clear()
        driver.begin_work()
        try:
            job.result = job.work(connection)
            driver.settle()
        except BaseException as error:
            if driver.lost(error):
                raise  # no fault of this work: the fate of the whole batch is unknown
            job.error = error
            self._log.forget()
            driver.undo_work()
        else:
            job.appended = tuple(self._log.appended)
            driver.keep_work()
        job.ran = True

    def _was_committed(self, jobs: Sequence[Job]) -> bool:
        # A failed commit means "unknown". A batch is atomic: all its new entries are there, or none of its work is.
        # A commit whose flush failed can be seen and yet be lost, so it counts only after a flush that went well.
        new = [each for job in jobs for each in job.appended]
        try:
            with self._log.write_engine.connect() as connection:
                driver = driver_of(connection)
                found = (driver.find(each.event_id) == Found(each.idx, each.leaf) for each in new)
                return bool(new) and all(found) and all(job.ran for job in jobs) and driver.secure()
        except Exception:  # noqa: BLE001  # still unknown; the callers are told so
            return False


def _fail(jobs: Sequence[Job], cause: BaseException) -> None:
    for job in jobs:
        if job.error is None:
            job.error = CommitUnknown(tuple(each.event_id for each in job.appended))
            job.error.__cause__ = cause
