"""Works of several events and hints: looked up with those of the whole batch, and told of together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from audit import Committer, CommitUnknown, Job, Log
from audit.database import driver_of
from tests.audit.cases import clock, event, plain, run
from tests.audit.test_together import Several, together
from tests.audit.test_writer import commits


class Listening:
    """An `Ahead` that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[list[Any]] = []

    def look(self, connection: sa.Connection, hints: Sequence[Any]) -> None:
        """Begin with these hints."""
        self.told.append([*hints])

    def forget(self) -> None:
        """Drop what was found."""
        self.told.append([])


def appending(log: Log, numbers: Iterable[int]) -> Several:
    """Give a work that appends entries, each of which may be there."""
    return lambda connection: [plain(log, number)(connection) for number in numbers]


def test_all_events_and_hints_of_a_batch_are_looked_up_together(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A work may name several events and hints: the driver and `ahead` get those of all works at once, in order."""
    asked, listening = list[list[str]](), Listening()
    with log.write_engine.connect() as connection:
        driver = type(driver_of(connection))
    expect = driver.expect

    def expecting(self: Any, event_ids: Sequence[str], **options: Any) -> None:
        asked.append([*event_ids])
        expect(self, event_ids, **options)

    monkeypatch.setattr(driver, "expect", expecting)
    works = [range(3), range(3, 4), range(2, 6)]
    jobs = [Job(appending(log, each), [event(number) for number in each], [*each]) for each in works]
    Committer(log, clock, listening).run(jobs)

    assert [job.result for job in jobs] == [[0, 1, 2], [3], [2, 3, 4, 5]]
    assert asked == [[event(number) for each in works for number in each]]
    assert listening.told == [[0, 1, 2, 3, 2, 3, 4, 5]]


def test_a_failed_commit_names_every_event_of_a_work(log: Log) -> None:
    """When nothing became durable a work learns all events it must try again, and trying again records them."""
    run(log, [plain(log, 0)])
    jobs = [Job(appending(log, [0, 1, 2]), [event(number) for number in range(3)]), Job(plain(log, 3), [event(3)])]
    committer = Committer(log, clock)
    with commits(log, "before"):
        committer.run(jobs)
    errors = [job.error for job in jobs]

    assert [type(error) for error in errors] == [CommitUnknown] * 2
    assert [getattr(error, "event_ids", None) for error in errors] == [(event(1), event(2)), (event(3),)]
    assert log.size() == 1
    again = [Job(job.work, job.event_ids) for job in reversed(jobs)]
    committer.run(again)
    assert [job.result for job in again] == [1, [0, 2, 3]]


def test_a_work_of_many_is_found_after_a_commit_that_failed_after_all(log: Log) -> None:
    """When all became durable and the answer was an error, the work is answered with its indexes."""
    job = Job(together(log, range(3)), [event(number) for number in range(3)])
    with commits(log, "after"):
        Committer(log, clock).run([job])

    assert (job.error, job.result) == (None, [0, 1, 2])
    assert log.checkpoint().size == log.size() == 3
