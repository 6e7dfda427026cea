"""Subjects entered many at a time: each has an id and a key of its own, and is known no longer than it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from audit import CommitUnknown, Keys, Log, Writer
from audit.database import driver_of
from audit.errors import NoSuchSubject
from audit.rows import key_of
from audit.seal import Sealed, bound_to, decrypt
from audit.unseal import unwrap
from audit.vault import Entered
from audit.verify import verify_database
from tests.audit.cases import NOW, entry, erasing, event, one_by_one, opened, place, plain, sealing
from tests.audit.test_writer import busy, commits

REFERENCES = ["", "a", "a\n", "á", "上海", *(f"person-{number}" for number in range(40))]

Entering = Callable[[sa.Connection], list[str]]


def entering(log: Log, references: Sequence[str] = REFERENCES) -> Entering:
    """Give a work that enters people whom nobody knows, and appends an entry with a sealed part about each."""

    def work(connection: sa.Connection) -> list[str]:
        log.vault.expect(connection, references)
        assert all(map(log.vault.unheard_of, references))
        subjects = log.vault.enter_all(connection, [(each, moment(each)) for each in references])
        parts = [(subject, event(number), "noted", secret(subject)) for number, subject in enumerate(subjects)]
        sealed = log.vault.seal_all(connection, parts)
        log.append_all(connection, [(part.event_id, about(at, part), part) for at, part in enumerate(sealed)])
        return subjects

    return work


def moment(reference: str) -> dt.datetime:
    """Give a moment for a reference."""
    return NOW + dt.timedelta(minutes=REFERENCES.index(reference))


def secret(subject: str) -> bytes:
    """Give what is sealed about a subject."""
    return f"about {subject}".encode()


def about(number: int, part: Sealed) -> dict[str, object]:
    """Give an entry that a part goes with."""
    return entry(number, subject=part.subject, sealed=part.commitment)


def unheard_of(log: Log, references: Sequence[str]) -> list[bool]:
    """Tell of whom it is known that nobody knows them."""
    return [log.vault.unheard_of(each) for each in references]


def find(log: Log, reference: str) -> str | None:
    """Find a subject."""
    with log.engine.connect() as connection:
        return log.vault.find_subject(connection, reference)


@pytest.mark.parametrize("remembered", [True, False])
def test_nobody_is_unheard_of_who_was_not_looked_for(log: Log, tmp_path: Path, remembered: bool) -> None:
    """Who was looked for in vain is unheard of; who is known, or nobody looked for, is not, nor in a transaction on."""
    one_by_one(log, [sealing(log, 0, "known"), sealing(log, 1, "erased"), erasing(log, 2, "erased")])
    asked = ["known", "erased", "new", "newer", "not looked for"]
    with opened(tmp_path) as other:
        mine = log if remembered else other
        with mine.write_engine.begin() as connection:
            before = unheard_of(mine, asked)
            mine.vault.expect(connection, asked[:-1])
            after = unheard_of(mine, asked)
            mine.vault.subject(connection, "newer", NOW)
            entered = unheard_of(mine, asked)
        with mine.write_engine.begin():
            later = unheard_of(mine, asked)

    assert before == later == [False] * 5
    assert after == [False, True, True, True, False]
    assert entered == [False, True, True, False, False]


def test_people_entered_together_are_as_those_entered_one_by_one(log: Log, writer: Writer, tmp_path: Path) -> None:
    """What each is called, since when, and what is sealed about them open again; each has an id and key of its own."""
    subjects = writer.submit(entering(log)).result(30)
    keys = Keys.load(tmp_path)
    with log.engine.connect() as connection:
        opened_parts = [log.vault.open(connection, index) for index in range(len(REFERENCES))]
        called = [log.vault.reference(connection, subject) for subject in subjects]
        wrapped = [key_of(driver_of(connection), subject) for subject in subjects]
        known = connection.exec_driver_sql("SELECT subject, nonce, ciphertext FROM audit_subject").all()
    own = {key.subject: unwrap(log.origin, keys, key) for key in wrapped if key is not None}
    contexts = {subject: bound_to("subject", log.origin, subject) for subject in subjects}
    texts = {row[0]: decrypt(own[row[0]], row[1], row[2], contexts[row[0]]) for row in known}

    assert called == REFERENCES
    assert [find(log, reference) for reference in REFERENCES] == subjects
    assert opened_parts == [f"about {subject}".encode() for subject in subjects]
    assert [msgspec.json.decode(texts[subject] or b"null") for subject in subjects] == [
        [each, moment(each).isoformat()] for each in REFERENCES
    ]
    assert len({*subjects, *(key.key_id for key in wrapped if key)}) == 2 * len(REFERENCES)
    assert len({*own.values()}) == len(REFERENCES)
    assert len({*(key.nonce for key in wrapped if key), *(row[1] for row in known)}) == 2 * len(REFERENCES)
    assert verify_database(place(tmp_path), keys).findings == ()


def test_who_was_entered_with_others_is_known_from_then_on(log: Log, writer: Writer, tmp_path: Path) -> None:
    """The next work and the next process find the same subject, and seal under the same key."""
    with busy(writer):
        subjects = writer.submit(entering(log, REFERENCES[:3]))
        same = writer.submit(lambda connection: log.vault.enter(connection, REFERENCES[1], NOW))
        writer.submit(sealing(log, 10, REFERENCES[1]))
    with opened(tmp_path) as other:
        one_by_one(other, [sealing(other, 11, REFERENCES[1])])

    assert same.result(30) == Entered(subjects.result(30)[1], new=False)
    assert find(log, REFERENCES[1]) == subjects.result(30)[1]
    with log.engine.connect() as connection:
        statement = "SELECT COUNT(*), COUNT(DISTINCT key_id) FROM audit_sealed WHERE idx IN (1, 3, 4)"
        assert connection.exec_driver_sql(statement).one() == (3, 1)
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_who_is_entered_elsewhere_is_unheard_of_no_more(log: Log, tmp_path: Path) -> None:
    """Whom one transaction looked for in vain, and another process entered since, is found by the next."""
    with opened(tmp_path) as other:
        one_by_one(log, [plain(log, 0)])
        with log.write_engine.begin() as connection:
            log.vault.expect(connection, ["person"])
        one_by_one(other, [sealing(other, 1, "person")])
        one_by_one(log, [sealing(log, 2, "person")])

    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


@pytest.mark.parametrize("alone", [True, False])
def test_people_of_an_undone_work_are_entered_anew(log: Log, writer: Writer, tmp_path: Path, alone: bool) -> None:
    """Who was entered by a work that failed is nobody, to the rest of its batch and later: ids and keys are new."""
    undone = list[str]()
    writer.submit(plain(log, 20)).result(30)

    def poisoned(connection: sa.Connection) -> None:
        undone.extend(entering(log, REFERENCES[:4])(connection))
        raise ZeroDivisionError

    with busy(writer):
        bad = writer.submit(poisoned)
        meanwhile = [] if alone else [writer.submit(sealing(log, 10, REFERENCES[3]))]
    left = REFERENCES[: 4 if alone else 3]
    found = [find(log, each) for each in left]
    subjects = writer.submit(entering(log, left)).result(30)

    assert isinstance(bad.exception(30), ZeroDivisionError)
    assert [future.result(30) for future in meanwhile] == ([] if alone else [1])
    assert found == [None] * len(left)
    assert [find(log, each) for each in left] == subjects
    assert not {*undone} & {*subjects, find(log, REFERENCES[3])}
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_people_of_a_commit_that_failed_are_entered_anew(log: Log, writer: Writer, tmp_path: Path) -> None:
    """When nothing became durable nobody was entered either, and trying again makes other subjects."""
    undone = list[str]()

    def remembering(connection: sa.Connection) -> list[str]:
        undone[:] = entering(log, REFERENCES[:4])(connection)
        return undone

    with commits(log, "before"), pytest.raises(CommitUnknown):
        writer.submit(remembering).result(30)
    subjects = writer.submit(entering(log, REFERENCES[:4])).result(30)

    assert len({*undone, *subjects}) == 8
    assert [find(log, each) for each in REFERENCES[:4]] == subjects
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_nothing_is_sealed_together_for_nobody(log: Log, writer: Writer) -> None:
    """Among parts for many, one for a subject that was never made is refused."""

    def work(connection: sa.Connection) -> list[Sealed]:
        subject = log.vault.subject(connection, "person", NOW)
        parts = [(each, event(1), "noted", b"") for each in (subject, "nobody")]
        return log.vault.seal_all(connection, parts)

    with pytest.raises(NoSuchSubject) as caught:
        writer.submit(work).result(30)
    assert caught.value.subject == "nobody"
