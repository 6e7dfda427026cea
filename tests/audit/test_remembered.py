"""What the writer remembers of subjects: only as long as the database agrees."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from audit import Keys, Log, Writer
from audit.remembered import MOST, Remembered
from audit.seal import OpenKey
from audit.verify import verify_database
from tests.audit.cases import NOW, erasing, event, one_by_one, opened, place, run, sealing


def opens(log: Log, index: int) -> bool:
    """Whether what is sealed beside an entry opens."""
    with log.engine.connect() as connection:
        return bool(log.vault.open(connection, index))


def test_a_subject_that_comes_again_costs_no_reads(log: Log, writer: Writer) -> None:
    """The second part is sealed for the same subject under the same key, without asking the database for either."""
    writer.submit(sealing(log, 0, "person")).result(30)
    asked: list[str] = []
    sa.event.listen(log.write_engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with log.write_engine.begin() as connection:
        subject = log.vault.subject(connection, "person", NOW)
        sealed = log.vault.seal(connection, subject, event(1), "noted", b"secret")

    assert opens(log, 0)
    assert sealed.subject == subject
    assert not [text for text in asked if "audit_subject" in text]


def test_another_process_that_erases_is_noticed(log: Log, tmp_path: Path) -> None:
    """Who was erased elsewhere since is a new subject with a new key, and nothing is sealed under the old one."""
    one_by_one(log, [sealing(log, 0, "person"), sealing(log, 1, "person")])
    with opened(tmp_path) as other:
        assert one_by_one(other, [erasing(other, 2, "person")]) == [2]
    one_by_one(log, [sealing(log, 3, "person")])

    assert opens(log, 3)
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_who_is_erased_here_begins_anew(log: Log, tmp_path: Path) -> None:
    """In one batch: sealed for, erased, and sealed for again under a new key."""
    run(log, [sealing(log, 0, "person"), erasing(log, 1, "person"), sealing(log, 2, "person")])

    assert opens(log, 2)
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_what_was_undone_is_not_remembered(log: Log, writer: Writer, tmp_path: Path) -> None:
    """A subject made by a work that failed afterwards is made again by the next one."""

    def poisoned(connection: sa.Connection) -> int:
        sealing(log, 0, "person")(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        writer.submit(poisoned).result(30)
    writer.submit(sealing(log, 1, "person")).result(30)

    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_the_oldest_is_forgotten_first() -> None:
    """Memory has a bound: the subject that came first goes when there are too many."""
    remembered = Remembered()
    for number in (*range(MOST), 1, 1, MOST):  # who comes again pushes nobody out
        remembered.keys.keep(str(number), OpenKey(str(number), bytes(32)))

    assert remembered.keys.get("0") is None
    assert remembered.keys.get("1") is not None
    assert remembered.keys.get(str(MOST)) is not None
