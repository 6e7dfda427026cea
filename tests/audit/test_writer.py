"""The writer: many callers to a commit, each with its own fate, and nothing answered before it is durable."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from audit import CommitUnknown, EntryConflict, Keys, Log, QueueFull, Writer, WriterClosed
from audit.database import driver_of
from audit.entry import decode
from audit.errors import NoSuchEntry
from audit.log import REMEMBERED
from audit.merkle import leaf_hash
from audit.note import Signer
from audit.verify import verify_database
from tests.audit.cases import NOW, clock, entry, event, plain, sealing, sqlite_only


@contextmanager
def busy(writer: Writer) -> Iterator[None]:
    """Keep the writer at work inside the block, so that what is submitted gathers into one batch."""
    started, go = threading.Event(), threading.Event()

    def wait(_: sa.Connection) -> None:
        started.set()
        go.wait(30)

    blocked = writer.submit(wait)
    started.wait(30)
    try:
        yield
    finally:
        go.set()
    blocked.result(30)


@contextmanager
def commits(log: Log, *fates: str) -> Iterator[None]:
    """Let the next commits go `well`, fail `before` anything is durable, or fail `after` all is."""
    left = list(fates)
    original = log.write_engine.dialect.do_commit
    failure: type[Exception] = log.write_engine.dialect.loaded_dbapi.OperationalError

    def do_commit(connection: Any) -> None:
        fate = left.pop(0) if left else "well"
        if fate != "before":
            original(connection)
        if fate != "well":
            raise failure("disk I/O error")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log.write_engine.dialect, "do_commit", do_commit)
        yield


def test_many_callers_share_a_commit(log: Log, writer: Writer) -> None:
    """Works that wait together are committed together: one checkpoint for all of them."""
    with busy(writer):
        futures = [writer.submit(plain(log, number)) for number in range(64)]

    assert [future.result(30) for future in futures] == list(range(64))
    assert {log.checkpoint_covering(index).size for index in range(64)} == {64}
    assert writer.committed_at == NOW


def test_announced_events_are_found_all_the_same(log: Log, writer: Writer) -> None:
    """Naming the event with the work changes nothing: first, repeated, in one batch or a later one, same and other."""
    with busy(writer):
        works = [(1, plain(log, 1)), (1, plain(log, 1)), (2, plain(log, 2)), (2, plain(log, 2, more=True))]
        futures = [writer.submit(work, event(number)) for number, work in works]
    later = writer.submit(plain(log, 2), event(2)), writer.submit(plain(log, 3), event(4))

    assert [future.result(30) for future in futures[:3]] == [0, 0, 1]
    assert isinstance(futures[3].exception(30), EntryConflict)
    assert [future.result(30) for future in later] == [1, 2]
    assert writer.submit(plain(log, 3)).result(30) == 2


def test_what_covers_an_entry_is_known_without_asking(log: Log, writer: Writer) -> None:
    """The size of the covering checkpoint is the stored one's, from memory or not, for recent and old entries."""
    for number in range(REMEMBERED + 5):
        writer.submit(plain(log, number)).result(30)
    remembered = [log.covering_size(index) for index in range(REMEMBERED + 5)]

    assert remembered == [log.checkpoint_covering(index).size for index in range(REMEMBERED + 5)]
    with pytest.raises(NoSuchEntry):
        log.covering_size(REMEMBERED + 5)


def test_an_answer_means_it_is_durable_and_covered(log: Log, writer: Writer) -> None:
    """When a future resolves, another connection sees the entry and a checkpoint that covers it."""
    for number in range(20):
        index = writer.submit(plain(log, number)).result(30)
        assert log.entry(index)
        assert log.checkpoint().size == index + 1


def test_a_poisoned_work_fails_alone(log: Log, writer: Writer) -> None:
    """A work that raises after writing is undone; its neighbours in the batch commit without a gap."""

    def poisoned(connection: sa.Connection) -> int:
        log.append(connection, event(99), entry(99))
        raise ZeroDivisionError("on purpose")

    def refused(connection: sa.Connection) -> int:
        log.append(connection, event(98), entry(98))
        connection.exec_driver_sql("DELETE FROM audit_entry")
        return 0

    with busy(writer):
        works = [plain(log, 0), poisoned, plain(log, 1), refused, plain(log, 2)]
        futures = [writer.submit(work) for work in works]

    assert [futures[each].result(30) for each in (0, 2, 4)] == [0, 1, 2]
    assert isinstance(futures[1].exception(30), ZeroDivisionError)
    assert isinstance(futures[3].exception(30), sa.exc.DBAPIError)  # a guard, or the lack of the right
    assert log.checkpoint().size == log.size() == 3


def test_a_poisoned_work_at_a_tile_edge_takes_its_tile_along(log: Log, writer: Writer) -> None:
    """An undone entry that filled a tile leaves no tile behind; the next entry fills it rightly."""

    def poisoned(connection: sa.Connection) -> int:
        log.append(connection, event(999), entry(999))
        raise ZeroDivisionError

    with busy(writer):
        futures = [writer.submit(plain(log, number)) for number in range(255)]
        bad, good = writer.submit(poisoned), writer.submit(plain(log, 255))
    assert [future.result(30) for future in futures] == list(range(255))

    assert isinstance(bad.exception(30), ZeroDivisionError)
    assert good.result(30) == 255
    assert log.inclusion_proof(0, 256)


def test_the_same_event_from_64_callers_at_once(log: Log, writer: Writer) -> None:
    """64 threads that append the same event get the same index, and there is one entry."""
    start = threading.Barrier(64)

    def caller(_: int) -> int:
        start.wait(30)
        return writer.submit(plain(log, 7)).result(30)

    with ThreadPoolExecutor(64) as pool:
        found = set(pool.map(caller, range(64)))

    assert found == {0}
    assert log.size() == 1


def test_a_conflict_inside_one_batch(log: Log, writer: Writer) -> None:
    """Of two different entries with one event id in a batch, the first is recorded and the second refused."""
    with busy(writer):
        first, second = writer.submit(plain(log, 1)), writer.submit(plain(log, 1, more=True))

    assert first.result(30) == 0
    assert isinstance(second.exception(30), EntryConflict)


def test_a_commit_that_failed_is_told_as_unknown(log: Log, writer: Writer) -> None:
    """When nothing became durable every caller learns its event must be retried, and the retry is recorded."""
    with commits(log, "well", "before"):  # the first is that of the work that keeps the writer busy
        with busy(writer):
            futures = [writer.submit(plain(log, number)) for number in range(3)]
            futures.append(writer.submit(lambda _: 0))
        errors = [future.exception(30) for future in futures]

    assert [type(error) for error in errors] == [CommitUnknown] * 4
    assert [getattr(error, "event_ids", None) for error in errors] == [(event(0),), (event(1),), (event(2),), ()]
    assert log.size() == 0
    assert [writer.submit(plain(log, number)).result(30) for number in (2, 0)] == [0, 1]
    assert log.checkpoint().size == 2


def test_a_commit_that_failed_after_all_is_found(log: Log, writer: Writer) -> None:
    """When the disk took the commit but the answer was an error, the entries are found and the callers get them."""
    writer.submit(plain(log, 0)).result(30)
    with commits(log, "after"):
        assert writer.submit(plain(log, 1)).result(30) == 1

    assert log.checkpoint().size == log.size() == 2
    assert writer.submit(plain(log, 1)).result(30) == 1


def test_what_cannot_be_signed_is_not_recorded(log: Log, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a signature there is no entry either: the callers must try again, and then it is there and covered."""

    def fail(_signer: Signer, _text: str) -> str:
        raise OSError("the key is out of reach")

    with monkeypatch.context() as patch:
        patch.setattr(Signer, "sign", fail)
        error = writer.submit(plain(log, 0)).exception(30)

    assert isinstance(error, CommitUnknown)
    assert (log.size(), log.checkpoint().size) == (0, 0)
    assert writer.submit(plain(log, 0)).result(30) == 0
    assert log.checkpoint().size == log.size() == 1


def test_a_signature_dies_with_the_commit_it_was_for(log: Log, writer: Writer) -> None:
    """After a failed commit other entries take the same places, and the one checkpoint of that size is over those."""
    with commits(log, "before"), pytest.raises(CommitUnknown):
        writer.submit(plain(log, 0)).result(30)
    assert log.checkpoint().size == 0

    assert writer.submit(plain(log, 1)).result(30) == 0
    assert log.checkpoint_covering(0).root == leaf_hash(log.entry(0))
    assert decode(log.entry(0))["id"] == event(1)
    assert log.covering_size(0) == 1


def test_coroutines_are_answered_like_threads(log: Log, writer: Writer) -> None:
    """Works asked for on an event loop share a commit, fail alone, and one whose caller left is not run."""

    def poisoned(_: sa.Connection) -> int:
        raise ZeroDivisionError

    async def callers() -> list[int | BaseException]:
        with busy(writer):
            futures = [writer.ask(plain(log, number)) for number in range(8)]
            futures.append(writer.ask(poisoned))
            futures[3].cancel()
        return await asyncio.gather(*futures, return_exceptions=True)

    found = asyncio.run(callers())

    assert found[:3] + found[4:8] == list(range(7))
    assert [type(each) for each in (found[3], found[8])] == [asyncio.CancelledError, ZeroDivisionError]
    assert log.checkpoint_covering(0).size == log.size() == 7


def test_a_loop_that_is_gone_keeps_nobody_waiting(log: Log, writer: Writer) -> None:
    """When an event loop ends before the answer, its works are recorded and the writer goes on."""

    async def leaving() -> None:
        writer.ask(plain(log, 0))

    with busy(writer):
        asyncio.run(leaving())
    assert writer.submit(plain(log, 1)).result(30) == 1
    assert log.size() == 2


def test_a_transaction_that_ends_under_a_work_fails_the_batch_safely(log: Log, writer: Writer) -> None:
    """When the database rolls back by itself, as on a full disk, no caller of the batch is told it was recorded."""

    def full(connection: sa.Connection) -> int:
        driver_of(connection).execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    with busy(writer):
        before, during, after = (writer.submit(work) for work in (plain(log, 0), full, plain(log, 1)))

    assert isinstance(before.exception(30), CommitUnknown)
    assert isinstance(during.exception(30), sqlite3.OperationalError)
    assert isinstance(after.exception(30), CommitUnknown)
    assert log.size() == 0
    assert writer.submit(plain(log, 1)).result(30) == 0


def test_a_work_that_commits_by_itself_fails_the_batch_safely(log: Log, writer: Writer) -> None:
    """Against the rules a work ends the transaction: nobody is told of a success that was none, and retries work."""

    def committing(connection: sa.Connection) -> int:
        connection.commit()
        return 0

    with busy(writer):
        futures = [writer.submit(work) for work in (plain(log, 0), committing, plain(log, 1))]

    assert [type(future.exception(30)) for future in futures] == [CommitUnknown] * 3
    assert sorted(writer.submit(plain(log, number)).result(30) for number in (1, 0)) == [0, 1]
    assert log.checkpoint().size == log.size() == 2


@sqlite_only
def test_a_full_disk_loses_nothing_that_was_answered(log: Log, writer: Writer, tmp_path: Path) -> None:
    """When the database cannot grow, callers get errors, what was answered stays, and with space the log goes on."""
    with log.write_engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 12}")
    futures = [writer.submit(sealing(log, number, f"person-{number}")) for number in range(200)]
    fates = [future.exception(30) for future in futures]
    answered = {number: futures[number].result(0) for number in range(200) if fates[number] is None}
    with log.write_engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    assert sum(fate is not None for fate in fates) > 0
    assert {number: decode(log.entry(index))["id"] for number, index in answered.items()} == {
        number: event(number) for number in answered
    }
    assert writer.submit(sealing(log, 500, "person-1")).result(30) == len(answered)
    assert verify_database(tmp_path / "grounds.db", Keys.load(tmp_path)).findings == ()


def test_a_full_queue_refuses_at_once(log: Log) -> None:
    """The work beyond the bound is refused without being run; those that wait are done."""
    with Writer(log, clock, bound=2) as writer:
        with busy(writer):
            futures = [writer.submit(plain(log, number)) for number in range(2)]
            with pytest.raises(QueueFull) as caught:
                writer.submit(plain(log, 2))

        assert caught.value.bound == 2
        assert [future.result(30) for future in futures] == [0, 1]
    assert log.size() == 2


def test_closing_finishes_what_waits(log: Log) -> None:
    """Close returns when all submitted work is durable; then new work is refused."""
    writer = Writer(log, clock)
    futures = [writer.submit(plain(log, number)) for number in range(100)]
    alive = [writer.alive]
    writer.close()
    writer.close()
    alive.append(writer.alive)

    assert alive == [True, False]
    assert [future.result(0) for future in futures] == list(range(100))
    with pytest.raises(WriterClosed):
        writer.submit(plain(log, 100))


def test_a_cancelled_work_is_not_run(log: Log, writer: Writer) -> None:
    """A future cancelled while it waits takes no index; the others do."""
    with busy(writer):
        futures = [writer.submit(plain(log, number)) for number in range(3)]
        assert futures[1].cancel()

    assert [futures[each].result(30) for each in (0, 2)] == [0, 1]
    with pytest.raises(CancelledError):
        futures[1].result(30)
    assert log.size() == 2


@sqlite_only
def test_work_without_an_entry_is_committed(log: Log, writer: Writer) -> None:
    """A work may write other tables of the database only; it is durable when its future resolves."""
    writer.submit(lambda connection: connection.exec_driver_sql("CREATE TABLE other (a)")).result(30)
    writer.submit(lambda connection: connection.exec_driver_sql("INSERT INTO other VALUES (1)")).result(30)

    with log.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT a FROM other").scalar() == 1
