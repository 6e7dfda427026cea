"""What the writer remembers of subjects: only as long as the database agrees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit import Keys, Log, Writer
from audit.errors import EntryRefused
from audit.remembered import MOST, Remembered
from audit.seal import OpenKey
from audit.verify import verify_database
from tests.audit.cases import NOW, erasing, event, one_by_one, opened, place, plain, run, sealing


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
        remembered.keep(number.to_bytes(32), str(number))
        remembered.keep_key(str(number), OpenKey(str(number), bytes(32)))

    assert [bool(remembered.key(str(number))) for number in (0, 1, MOST)] == [False, True, True]
    assert [remembered.subject(number.to_bytes(32)) for number in (0, 1, MOST)] == [None, "1", str(MOST)]


def test_a_key_is_dropped_with_its_subject() -> None:
    """Who came again under another random id, and who is pushed out, leaves nothing to be found by."""
    remembered = Remembered()
    remembered.keep(b"reference", "before")
    remembered.keep_key("before", OpenKey("one", bytes(32)))
    remembered.keep(b"reference", "after")
    remembered.drop(["before"])

    assert remembered.subject(b"reference") == "after"
    assert remembered.key("before") is None
    for number in range(MOST):
        remembered.keep(number.to_bytes(32), str(number))
    remembered.drop(["after", "0"])
    assert [remembered.subject(each) for each in (b"reference", bytes(32))] == [None, None]


@contextmanager
def two_logs(folder: Path) -> Iterator[tuple[Log, Log]]:
    """Open one database twice, as two processes do."""
    with opened(folder) as one, opened(folder) as other:
        yield one, other


@pytest.mark.parametrize("meanwhile", [0, 1, 700], ids=["alone", "with another", "with a full tile"])
def test_no_process_seals_under_a_key_that_another_destroyed(log: Log, tmp_path: Path, meanwhile: int) -> None:
    """Of two that know a person's key one erases, whatever it appends beside that; the other makes a new key."""
    with two_logs(tmp_path) as (one, other):
        one_by_one(one, [sealing(one, 0, "person"), sealing(one, 1, "neighbour")])
        one_by_one(other, [sealing(other, 2, "person"), sealing(other, 3, "neighbour")])
        one_by_one(one, [sealing(one, 4, "person")])
        erased, neighbour = (_key_id(one, reference) for reference in ("person", "neighbour"))
        run(other, [plain(other, 1_000 + number) for number in range(meanwhile)])
        one_by_one(other, [erasing(other, 5, "person")])
        run(other, [plain(other, 2_000 + number) for number in range(meanwhile)])
        one_by_one(one, [sealing(one, 6, "person"), sealing(one, 7, "neighbour")])

        assert _key_id(one, "person") != erased
        assert _key_id(one, "neighbour") == neighbour
    assert opens(log, 6 + 2 * meanwhile)
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_what_another_process_appends_costs_no_reads_of_subjects(log: Log, tmp_path: Path) -> None:
    """Who is known stays known while others append about somebody else, or about the same person."""
    with two_logs(tmp_path) as (one, other):
        one_by_one(one, [sealing(one, 0, "person")])
        one_by_one(other, [sealing(other, 1, "person"), plain(other, 2), sealing(other, 3, "other")])
        known = one.vault._remembered
        subject, key = known.subject(one.vault._lookup("person")), list(known._keys.values())
        one_by_one(one, [sealing(one, 4, "person")])

        assert subject is not None
        assert list(known._keys.values()) == key  # the same object: not unwrapped again
    assert opens(log, 4)


@pytest.mark.parametrize("sealed", [True, False])
def test_an_erasure_is_recorded_where_it_happens(log: Log, writer: Writer, sealed: bool) -> None:
    """An entry of an earlier transaction, or one with something sealed beside it, would go unnoticed by others."""

    def work(connection: sa.Connection) -> int:
        subject = log.vault.subject(connection, "person", NOW)
        return log.vault.erase(connection, subject, sealing(log, 1, "person")(connection) if sealed else 0)

    def naming(connection: sa.Connection) -> int:
        return plain(log, 0, subject=log.vault.subject(connection, "person", NOW))(connection)

    writer.submit(naming).result(30)
    with pytest.raises(EntryRefused, match="cannot record an erasure"):
        writer.submit(work).result(30)


def _key_id(log: Log, reference: str) -> str:
    with log.engine.connect() as connection:
        subject = log.vault.find_subject(connection, reference)
        found = sa.text("SELECT key_id FROM audit_subject_key WHERE subject = :subject")
        return str(connection.execute(found, {"subject": subject}).scalar_one())
