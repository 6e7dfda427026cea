"""A committer that keeps its connection: one from batch to batch, never one in doubt, and given back at the end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from audit import Committer, CommitUnknown, Job, Keys, Log
from audit.database import driver_of
from audit.verify import verify_database
from tests.audit.cases import clock, erasing, opened, place, plain, run, sealing, sqlite_only
from tests.audit.test_writer import commits


@pytest.fixture
def committer(log: Log) -> Iterator[Committer]:
    """Give a committer that keeps its connection."""
    made = Committer(log, clock, keep=True)
    yield made
    made.close()


@pytest.fixture
def moves(log: Log) -> list[str]:
    """Write down when the writing connection is taken and when it is given back."""
    seen: list[str] = []
    sa.event.listen(log.write_engine, "checkout", lambda *_: seen.append("taken"))
    sa.event.listen(log.write_engine, "checkin", lambda *_: seen.append("given"))
    return seen


def done(committer: Committer, *works: Callable[[sa.Connection], Any]) -> list[Any]:
    """Run works as a batch; give what they returned, or raised."""
    jobs = [Job(work) for work in works]
    committer.run(jobs)
    return [job.result if job.error is None else job.error for job in jobs]


def failing(_connection: sa.Connection) -> int:
    """Do nothing but fail."""
    raise ZeroDivisionError


def test_one_connection_serves_all_batches(log: Log, committer: Committer, store: str, moves: list[str]) -> None:
    """Of an SQLite file the connection is taken once, whatever works do; a server's is taken for each batch."""
    found = [done(committer, plain(log, number), failing)[0] for number in range(3)]
    drivers = [done(committer, driver_of)[0] for _ in range(2)]

    assert found == [0, 1, 2]
    assert drivers[0] is drivers[1]
    assert moves == (["taken"] if store == "sqlite" else ["taken", "given"] * 5)
    assert log.checkpoint().size == log.size() == 3


def test_nothing_is_kept_unasked(log: Log, moves: list[str]) -> None:
    """Without a word about it each batch takes the connection and gives it back."""
    unasked = Committer(log, clock)
    assert [done(unasked, plain(log, number)) for number in range(2)] == [[0], [1]]
    assert moves == ["taken", "given"] * 2


@pytest.mark.parametrize(("fate", "found"), [("before", None), ("after", 1)])
def test_a_connection_in_doubt_is_not_kept(log: Log, committer: Committer, fate: str, found: int | None) -> None:
    """After a commit that failed, durable or not, another connection is used from then on, and the log goes on."""
    before, first = done(committer, driver_of, plain(log, 0))
    with commits(log, fate):
        answer = done(committer, plain(log, 1))[0]
    after = [done(committer, driver_of, plain(log, number)) for number in (1, 2)]

    assert first == 0
    assert isinstance(answer, CommitUnknown) if found is None else answer == found
    assert before is not after[0][0] is after[1][0]
    assert [index for _, index in after] == [1, 2]
    assert log.checkpoint().size == log.size() == 3
    with pytest.raises(log.write_engine.dialect.loaded_dbapi.Error, match="closed"):
        before.execute("SELECT 1")


def test_a_fault_after_the_commit_is_no_doubt(log: Log, clock_that_stops: Committer) -> None:
    """What is durable is answered, though the end of its batch failed, and no connection is waited for."""
    assert done(clock_that_stops, plain(log, 0)) == [0]
    assert done(clock_that_stops, plain(log, 1)) == [1]


@pytest.fixture
def clock_that_stops(log: Log) -> Iterator[Committer]:
    """Give a committer that cannot date what it committed."""

    def stopped() -> dt.datetime:
        raise ZeroDivisionError

    made = Committer(log, stopped, keep=True)
    yield made
    made.close()


def test_closing_gives_the_connection_back(log: Log, committer: Committer, tmp_path: Path, moves: list[str]) -> None:
    """After `close`, once or twice, others of the process write; a later batch takes the connection again."""
    index, connection = done(committer, plain(log, 0), lambda connection: connection)
    committer.close()
    committer.close()

    assert (index, connection.closed, moves) == (0, True, ["taken", "given"])
    assert run(log, [plain(log, 1)]) == [1]
    assert done(committer, plain(log, 2)) == [2]
    committer.close()
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_who_keeps_a_connection_keeps_no_other_process_out(log: Log, committer: Committer, tmp_path: Path) -> None:
    """Between batches another process may write, and what it wrote is under the next checkpoint."""
    with opened(tmp_path) as other:
        for turn in range(3):
            assert done(committer, plain(log, 10 * turn)) == [2 * turn]
            assert run(other, [plain(other, 10 * turn + 1)]) == [2 * turn + 1]
        assert log.checkpoint() == other.checkpoint()
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


@sqlite_only
def test_a_refused_row_costs_the_others_nothing(log: Log, committer: Committer) -> None:
    """When rows that were held back are refused, the batch is done again on another connection, and once only."""

    def adding(connection: sa.Connection) -> int:
        driver_of(connection).executemany("INSERT INTO other (a) VALUES (?)", [(1,)])
        return 1

    done(committer, lambda connection: connection.exec_driver_sql("CREATE TABLE other (a PRIMARY KEY)"))
    answers = done(committer, adding, plain(log, 0), adding, plain(log, 1))

    assert [answers[each] for each in (0, 1, 3)] == [1, 0, 1]
    assert isinstance(answers[2], log.write_engine.dialect.loaded_dbapi.IntegrityError)
    assert done(committer, plain(log, 1), plain(log, 2)) == [1, 2]


@sqlite_only
def test_what_was_erased_leaves_the_disk_under_a_kept_connection(
    log: Log, committer: Committer, tmp_path: Path
) -> None:
    """The batch that erases empties the write-ahead log, though nobody gives the connection back; the next need not."""
    done(committer, sealing(log, 0, "person"), sealing(log, 1, "other"))
    assert done(committer, erasing(log, 2, "person")) == [1]
    sizes = [(tmp_path / "grounds.db-wal").stat().st_size]
    done(committer, plain(log, 3))
    sizes.append((tmp_path / "grounds.db-wal").stat().st_size)

    assert sizes[0] == 0 < sizes[1]
