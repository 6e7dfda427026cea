"""A batch of works in one transaction: each in its own savepoint, all under one signed checkpoint and one flush."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from audit.database import driver_of
from audit.driver import Driver, Found, HeldBackRefused
from audit.errors import CommitUnknown
from audit.job import Job
from audit.log import Log
from audit.removal import SCRUB


class Ahead(Protocol):
    """Looks up together what the works of a batch are about to ask for one by one."""

    def look(self, connection: sa.Connection, hints: Sequence[Any]) -> None:
        """Begin a transaction whose works gave these hints; whatever it knew of another one does not hold."""

    def forget(self) -> None:
        """Drop what was found: something was undone, or written by a work that gave no hint."""


class _Nothing:
    """An `Ahead` for those who give no hints."""

    def look(self, connection: sa.Connection, hints: Sequence[Any]) -> None:
        pass

    def forget(self) -> None:
        pass


class Committer:
    """Does works on the log's writing connection; belongs to one thread."""

    def __init__(
        self, log: Log, clock: Callable[[], datetime], ahead: Ahead | None = None, *, keep: bool = False
    ) -> None:
        """`clock` dates `committed_at`; `ahead` is told the hints of each batch.

        `keep` holds the writing connection to an SQLite file from batch to batch until `close`; nobody else has it
        meanwhile.
        """
        self._log, self._clock, self._ahead = log, clock, ahead or _Nothing()
        # A server may have hung up meanwhile, which is found out where a connection is taken from the pool.
        self._keep = keep and log.write_engine.dialect.name == "sqlite"
        self._kept: sa.Connection | None = None
        self.committed_at: datetime | None = None  #: when the newest batch became durable, for health checks
        self.batches = self.works = 0  #: transactions so far, and the works in them

    def run(self, jobs: Sequence[Job]) -> None:
        """Do the works of a batch; each job has its result by then, and that is durable, or its error.

        An exception a work raises undoes its own changes only; CommitUnknown when nobody knows.
        """
        self.batches, self.works = self.batches + 1, self.works + len(jobs)
        try:
            self._record(jobs)
            self.committed_at = self._clock()
        except BaseException as error:  # noqa: BLE001  # whatever it was, callers wait for an answer
            if not self._was_committed(jobs):
                _fail(jobs, error)

    def _record(self, jobs: Sequence[Job]) -> None:
        try:
            self._commit(jobs)
        except HeldBackRefused:
            # Nothing was committed. One by one, each work answers for what it wrote itself.
            for job in jobs:
                job.begin()
            self._commit(jobs, one_by_one=True)

    def _commit(self, jobs: Sequence[Job], *, one_by_one: bool = False) -> None:
        with self._connected() as connection:
            connection.begin()
            driver = driver_of(connection)
            if one_by_one:
                driver.judge_each()
            driver.expect([each for job in jobs for each in job.event_ids])
            hints = [] if one_by_one else [hint for job in jobs for hint in job.hints]
            self._ahead.look(connection, hints)
            for job in jobs:
                self._attempt(connection, driver, job)
            if any(job.appended for job in jobs):
                # In the same transaction, so that no entry is ever there without its checkpoint. The signature goes
                # nowhere but into the database before the commit, and is lost with it.
                self._log.sign(connection)
            connection.commit()
            self._log.remember()
            # Readers may keep what was deleted from going; then the next batch tries again.
            if SCRUB in connection.info and driver.scrub():
                del connection.info[SCRUB]

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        connection, self._kept = self._kept or self._log.write_engine.connect(), None
        try:
            yield connection
        except BaseException:
            # The state of this connection is unknown now, and so is the edge of the tree it left behind.
            connection.invalidate()
            self._log.forget()
            connection.close()
            raise
        if self._keep:
            self._kept = connection
        else:
            connection.close()

    def close(self) -> None:
        """Give back the connection that was kept."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _attempt(self, connection: sa.Connection, driver: Driver, job: Job) -> None:
        self._log.appended.clear()
        driver.begin_work()
        try:
            job.result = job.work(connection)
            driver.settle()
        except BaseException as error:
            if driver.lost(error):
                raise  # no fault of this work: the fate of the whole batch is unknown
            job.error = error
            self._log.take_back()
            self._ahead.forget()
            driver.undo_work()
        else:
            job.appended = tuple(self._log.appended)
            driver.keep_work()
            if not job.hints:
                self._ahead.forget()
        job.ran = True

    def _was_committed(self, jobs: Sequence[Job]) -> bool:
        # A failed commit means "unknown". A batch is atomic: all its new entries are there, or none of its work is.
        # A commit whose flush failed can be seen and yet be lost, so it counts only after a flush that went well.
        new = [each for job in jobs for each in job.appended]
        try:
            self.close()  # if the batch went well and only its end did not, the connection is still kept
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
