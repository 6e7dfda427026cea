"""Rows that works leave to be sent together: in order, visible to whoever asks, and refused in their owner's name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from audit import CommitUnknown, Keys, Log, Writer
from audit.database import driver_of
from audit.driver import padded
from audit.sqlite import bulk
from audit.verify import verify_database
from tests.audit.cases import plain, sealing, sqlite_only
from tests.audit.test_writer import busy

OTHER = "INSERT INTO other (a, b) VALUES (:a, :b)"


@pytest.fixture
def other(log: Log, writer: Writer) -> Log:
    """Give a log with a table of somebody else's beside it."""
    writer.submit(lambda connection: connection.exec_driver_sql("CREATE TABLE other (a PRIMARY KEY, b)")).result(30)
    return log


def adding(a: int, b: Any = None) -> Any:
    """Give a work that adds a row and leaves it to be sent."""

    def work(connection: sa.Connection) -> int:
        driver_of(connection).executemany(OTHER, [{"a": a, "b": b}])
        return a

    return work


def stored(log: Log) -> list[tuple[int, Any]]:
    """Give the rows of the other table."""
    with log.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT a, b FROM other ORDER BY a")]


@sqlite_only
def test_a_refused_row_fails_its_own_work(other: Log, writer: Writer, tmp_path: Path) -> None:
    """Of a batch one row cannot be stored: its work fails with the reason, and all others are recorded once."""
    with busy(writer):
        works = [adding(1), plain(other, 0), adding(1, "again"), sealing(other, 1, "person"), adding(2)]
        futures = [writer.submit(work) for work in works]

    assert [futures[each].result(30) for each in (0, 1, 3, 4)] == [1, 0, 1, 2]
    assert isinstance(futures[2].exception(30), sqlite3.IntegrityError)
    assert stored(other) == [(1, None), (2, None)]
    assert verify_database(tmp_path / "grounds.db", Keys.load(tmp_path)).findings == ()


@sqlite_only
def test_a_refused_row_that_another_work_brings_to_light_is_not_blamed_on_it(other: Log, writer: Writer) -> None:
    """Who only looks at a table that rows wait for is answered; the work that left the bad row fails."""

    def looking(connection: sa.Connection) -> int:
        return int(connection.exec_driver_sql("SELECT COUNT(*) FROM other").scalar_one())

    with busy(writer):
        futures = [writer.submit(work) for work in (adding(1), adding(1, "again"), looking, plain(other, 0))]

    assert isinstance(futures[1].exception(30), sqlite3.IntegrityError)
    assert [futures[each].result(30) for each in (0, 2, 3)] == [1, 1, 0]
    assert stored(other) == [(1, None)]


@sqlite_only
@pytest.mark.parametrize("alone", [True, False])
def test_rows_before_a_refused_one_do_not_stay(other: Log, writer: Writer, *, alone: bool) -> None:
    """Of rows that go together one is refused: none of them is there, whether or not others were in the batch."""

    def several(connection: sa.Connection) -> None:
        rows = [{"a": 5, "b": None}, {"a": 1, "b": "again"}, {"a": 6, "b": None}]
        driver_of(connection).executemany(OTHER, rows)

    writer.submit(adding(1)).result(30)
    with busy(writer):
        futures = [writer.submit(work) for work in ([several] if alone else [adding(2), several, adding(3)])]

    assert isinstance(futures[0 if alone else 1].exception(30), sqlite3.IntegrityError)
    assert [a for a, _ in stored(other)] == ([1] if alone else [1, 2, 3])


@sqlite_only
def test_a_refusal_cannot_be_hidden(other: Log, writer: Writer) -> None:
    """A work that catches the refusal of its rows and goes on is not recorded as if they were there."""

    def hiding(connection: sa.Connection) -> int:
        driver_of(connection).executemany(OTHER, [{"a": 5, "b": None}, {"a": 1, "b": "again"}])
        try:
            connection.exec_driver_sql("SELECT a FROM other").all()
        except sa.exc.IntegrityError:
            return 7
        return 8

    writer.submit(adding(1)).result(30)
    with pytest.raises(sqlite3.IntegrityError):
        writer.submit(hiding).result(30)
    assert stored(other) == [(1, None)]


@sqlite_only
def test_a_work_sees_what_those_before_it_left(other: Log, writer: Writer) -> None:
    """Whoever asks, by the driver or by the toolkit, sees rows of its own and of earlier works, sent or not."""

    def seeing(connection: sa.Connection) -> tuple[int, int]:
        adding(3)(connection)
        by_driver = driver_of(connection).execute("SELECT COUNT(*) FROM other").fetchone()[0]
        return by_driver, connection.exec_driver_sql("SELECT COUNT(*) FROM other").scalar_one()

    with busy(writer):
        futures = [writer.submit(work) for work in (adding(1), adding(2), seeing, adding(4))]

    assert futures[2].result(30) == (3, 3)
    assert [a for a, _ in stored(other)] == [1, 2, 3, 4]


@sqlite_only
def test_what_an_undone_work_left_is_not_sent(other: Log, writer: Writer) -> None:
    """Rows of a work that raised are dropped, whether they waited or had been sent."""

    def poisoned(connection: sa.Connection) -> None:
        adding(1)(connection)
        raise ZeroDivisionError

    def sent(connection: sa.Connection) -> None:
        adding(2)(connection)
        connection.exec_driver_sql("SELECT a FROM other").all()
        raise ZeroDivisionError

    with busy(writer):
        futures = [writer.submit(work) for work in (poisoned, adding(3), sent, adding(4))]

    assert [type(future.exception(30)) for future in futures] == [
        ZeroDivisionError, type(None), ZeroDivisionError, type(None)
    ]  # fmt: skip
    assert [a for a, _ in stored(other)] == [3, 4]


@sqlite_only
def test_a_full_disk_at_the_end_of_a_batch_is_nobodys_fault(other: Log, writer: Writer) -> None:
    """When what was left cannot be stored for lack of room, every caller learns that it must try again."""
    with other.write_engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with busy(writer):
        futures = [writer.submit(adding(number, "x" * 3000)) for number in range(8)]

    assert {type(future.exception(30)) for future in futures} == {CommitUnknown}
    assert stored(other) == []
    assert writer.submit(adding(1)).result(30) == 1


@pytest.fixture(scope="module")
def memory() -> Iterator[sqlite3.Connection]:
    """Keep a database in memory."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a PRIMARY KEY, b)")
    yield connection
    connection.close()


@given(rows=st.lists(st.tuples(st.integers(0, 400), st.text(max_size=3)), max_size=300), named=st.booleans())
def test_many_rows_at_once_are_as_one_by_one(memory: sqlite3.Connection, *, rows: list[Any], named: bool) -> None:
    """Any number of rows, by position or by name, in their order, and with what is said of those already there."""
    marks = ":a, :b" if named else "?, ?"
    text = f"INSERT INTO t (a, b) VALUES ({marks}) ON CONFLICT (a) DO UPDATE SET b = excluded.b"
    written = [{"a": a, "b": b} for a, b in rows] if named else rows
    found = []
    for way in (lambda: bulk.run(memory, text, written), lambda: memory.executemany(text, written)):
        memory.execute("DELETE FROM t")
        way()
        found.append(memory.execute("SELECT a, b FROM t ORDER BY rowid").fetchall())

    assert found[0] == found[1]


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t (a, b) SELECT 1, 2",
        "INSERT INTO t (a, b) VALUES (?, 1)",
        "INSERT INTO t (a, b) VALUES (:b, :a)",
        "INSERT OR REPLACE INTO t (a, b) VALUES (?, ?)",
        "UPDATE t SET a = ?",
    ],
)
def test_anything_else_is_run_as_it_stands(text: str) -> None:
    """Only plain rows are held back."""
    assert bulk.insert(text) is None


@given(values=st.lists(st.integers(), min_size=1, max_size=100))
def test_padding_adds_nothing_new(values: list[int]) -> None:
    """A list is filled up to a power of two with what is in it already."""
    marks, every = padded(values)

    assert every[: len(values)] == values
    assert set(every) == set(values)
    assert marks.count("?") == len(every) == 1 << (len(every) - 1).bit_length()
