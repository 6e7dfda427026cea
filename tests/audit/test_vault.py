"""Sealing and erasure: what is personal stands in no leaf, opens only under its own key, and is gone when erased."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import assume, given
from hypothesis import strategies as st

from audit import Erased, Keys, Log, Writer
from audit.entry import decode
from audit.errors import EntryRefused, KeyLost, NoSuchEntry, NoSuchSubject, NotSealed, Tampered
from audit.receipt import Receipt
from audit.seal import bound_to, commit, decrypt, encrypt, lookup_hash, reference_text
from audit.verify import verify_database
from tests.audit.cases import (
    NOW,
    SECRET,
    behind_the_guards,
    entry,
    erasing,
    event,
    one_by_one,
    opened,
    plain,
    sealing,
    sqlite_only,
)


def read(log: Log, index: int) -> bytes:
    """Open the sealed part of an entry."""
    with log.engine.connect() as connection:
        return log.vault.open(connection, index)


def find(log: Log, reference: str) -> str | None:
    """Find a subject."""
    with log.engine.connect() as connection:
        return log.vault.find_subject(connection, reference)


def test_what_is_sealed_opens_again(log: Log, writer: Writer) -> None:
    """A sealed part comes back byte for byte; an entry without one says so, and so does one that is not there."""
    writer.submit(sealing(log, 0, "person")).result(30)
    writer.submit(plain(log, 1)).result(30)

    assert read(log, 0) == SECRET
    with pytest.raises(NotSealed):
        read(log, 1)
    for index in (2, -1, 2**70):
        with pytest.raises(NoSuchEntry):
            read(log, index)


@given(
    reference=st.text(),
    moment=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), ZoneInfo("Asia/Shanghai")])),
)
def test_a_moment_is_sealed_as_it_always_was(reference: str, moment: datetime) -> None:
    """The short way to write a moment gives what `isoformat` gives, to the microsecond."""
    assume(all(not 0xD800 <= ord(each) <= 0xDFFF for each in reference))

    assert reference_text(reference, moment) == msgspec.json.encode([reference, moment.isoformat()])


@sqlite_only
def test_nothing_personal_stands_in_the_open(log: Log, writer: Writer, tmp_path: Path) -> None:
    """Neither the secret nor the reference can be found in any file of the log."""
    writer.submit(sealing(log, 0, "person@example.com")).result(30)
    files = b"".join(path.read_bytes() for path in tmp_path.glob("grounds.db*"))

    assert b"person@example.com" not in files
    assert SECRET not in files
    assert event(0).encode() in files


def test_a_reference_is_one_subject(log: Log, writer: Writer) -> None:
    """The same reference is always the same random id, another reference another one; only known ones are found."""
    for number, reference in enumerate(["a", "b", "a", "a\n", "á"]):
        writer.submit(sealing(log, number, reference)).result(30)
    subjects = [decode(log.entry(index))["subject"] for index in range(5)]

    assert subjects[0] == subjects[2] == find(log, "a")
    assert len(set(subjects)) == 4
    assert find(log, "c") is None
    with log.engine.connect() as connection:
        assert log.vault.reference(connection, str(subjects[3])) == "a\n"
        with pytest.raises(NoSuchSubject):
            log.vault.reference(connection, "nobody")


def test_a_sealed_part_goes_with_its_own_entry_only(log: Log, writer: Writer) -> None:
    """A part sealed for one event is refused beside another, and an entry that commits to a part is refused without."""

    def swapped(connection: sa.Connection) -> int:
        subject = log.vault.subject(connection, "person", NOW)
        sealed = log.vault.seal(connection, subject, event(1), "noted", SECRET)
        return log.append(connection, event(2), entry(2, subject=subject, sealed=sealed.commitment), sealed)

    def missing(connection: sa.Connection) -> int:
        subject = log.vault.subject(connection, "person", NOW)
        sealed = log.vault.seal(connection, subject, event(1), "noted", SECRET)
        return log.append(connection, event(1), entry(1, subject=subject, sealed=sealed.commitment))

    for work in (swapped, missing):
        with pytest.raises(EntryRefused):
            writer.submit(work).result(30)
    assert log.size() == 0


def test_sealing_for_nobody_is_refused(log: Log, writer: Writer) -> None:
    """A subject that was never made has no key to seal under."""
    with pytest.raises(NoSuchSubject):
        writer.submit(lambda connection: log.vault.seal(connection, "nobody", event(1), "noted", SECRET)).result(30)


@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(0, 10**6))
def test_a_changed_ciphertext_does_not_open(plaintext: bytes, context: bytes, position: int) -> None:
    """Encryption round-trips in its context; another bit, key, nonce or context gives nothing."""
    key, nonce = bytes(range(32)), bytes(12)
    ciphertext = encrypt(key, nonce, plaintext, context)
    bent = bytearray(ciphertext)
    bent[position % len(bent)] ^= 1

    assert decrypt(key, nonce, ciphertext, context) == plaintext
    assert decrypt(key, nonce, bytes(bent), context) is None
    assert decrypt(bytes(32), nonce, ciphertext, context) is None
    assert decrypt(key, bytes(11) + b"1", ciphertext, context) is None
    assert decrypt(key, nonce, ciphertext, context + b"x") is None
    assert decrypt(key, nonce, ciphertext[:15], context) is None


def test_commitments_and_lookups_are_the_documented_ones() -> None:
    """Key commitments, lookups and contexts are made of the documented bytes; openssl gave the values."""
    key = bytes(range(32))

    assert bound_to("seal", "log", event(1), "noted") == f"grounds/seal/v1\nlog\n{event(1)}\nnoted".encode()
    assert commit(key, event(1)) == "5ae234e7a46be39fbfc9d92d6978f412db7cea554d165b29439e5d0602606693"
    assert lookup_hash(key, "person").hex() == "4a2efa5c02d2c0ebfdb8ed0773290f80c28e7d3f2be2fd7813fb2fe27b1e17b5"


def test_a_part_that_opens_under_another_key_is_refused(database: Path, keys: Keys) -> None:
    """A key that was exchanged together with its ciphertext is told from the one the entry committed to."""
    behind_the_guards(
        database,
        "UPDATE audit_sealed SET key_id = (SELECT key_id FROM audit_sealed WHERE idx = 252) WHERE idx = 250",
    )
    log = Log.open(database, keys)
    with pytest.raises(Tampered, match="sealed part of entry 250"):
        read(log, 250)
    log.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_sealed SET ciphertext = zeroblob(40) WHERE idx = 250",
        "UPDATE audit_sealed SET nonce = zeroblob(12) WHERE idx = 250",
        "DELETE FROM audit_sealed WHERE idx = 250",
        "DELETE FROM audit_subject_key",
        "UPDATE audit_subject_key SET wrapped = zeroblob(48)",
        "UPDATE audit_subject_key SET vault_id = 'other'",
    ],
)
def test_what_does_not_match_the_leaf_is_tampered(database: Path, keys: Keys, statement: str) -> None:
    """Reading a part whose bytes or key were changed is Tampered, one whose key is gone KeyLost, never a wrong text."""
    behind_the_guards(database, statement)
    log = Log.open(database, keys)
    with pytest.raises(KeyLost if "subject_key" in statement and "zeroblob" not in statement else Tampered):
        read(log, 250)
    log.close()


def test_erasing_removes_one_person_and_changes_no_proof(log: Log, writer: Writer) -> None:
    """After an erasure the person's parts are Erased, everyone else's open, and every old proof is the same bytes."""
    references = ["one", "two", "one", "two"]
    for number, reference in enumerate(references):
        writer.submit(sealing(log, number, reference)).result(30)
    old_head, receipts = log.checkpoint(), [log.receipt(index) for index in range(4)]
    entries = [log.entry(index) for index in range(4)]
    assert writer.submit(erasing(log, 4, "one")).result(30) == 2

    assert [log.receipt(index) for index in range(4)] == receipts
    assert [log.entry(index) for index in range(4)] == entries
    assert log.checkpoint_covering(3) == old_head
    for index, receipt in enumerate(receipts):
        Receipt.parse(receipt).check(entries[index], log.vkey)
    assert [read(log, index) for index in (1, 3)] == [SECRET, SECRET]
    for index in (0, 2):
        with pytest.raises(Erased):
            read(log, index)
    assert find(log, "one") is None


def test_an_erased_person_who_returns_is_somebody_new(log: Log, writer: Writer) -> None:
    """The same reference after an erasure gets another random id, unlinked to the first; erasing twice is refused."""
    writer.submit(sealing(log, 0, "one")).result(30)
    first = find(log, "one")
    writer.submit(erasing(log, 1, "one")).result(30)
    assert first is not None
    with pytest.raises(NoSuchSubject):
        writer.submit(lambda connection: log.vault.erase(connection, first, 1)).result(30)
    writer.submit(sealing(log, 2, "one")).result(30)

    assert find(log, "one") not in (None, first)
    assert read(log, 2) == SECRET


@pytest.mark.parametrize("by", [0, 1, 99])
def test_an_erasure_needs_its_record(log: Log, writer: Writer, by: int) -> None:
    """Nothing is erased on an entry that is missing or speaks of somebody else."""
    one_by_one(log, [sealing(log, 0, "other"), plain(log, 1), sealing(log, 2, "one")])
    subject = find(log, "one")
    assert subject is not None
    with pytest.raises((EntryRefused, NoSuchEntry)):
        writer.submit(lambda connection: log.vault.erase(connection, subject, by)).result(30)

    assert read(log, 2) == SECRET


def test_erased_bytes_are_gone_from_the_disk(tmp_path: Path) -> None:
    """After an erasure neither ciphertext, wrapped key nor lookup is left in the database or its write-ahead log."""
    with opened(tmp_path) as log, Writer(log, lambda: NOW) as writer:
        secret = secrets.token_bytes(3000)
        for number in range(5):
            writer.submit(sealing(log, number, f"person-{number % 2}", secret)).result(30)
        traces = _traces(log, "person-0")
        kept = _traces(log, "person-1")
        assert all(trace in _files(tmp_path) for trace in traces + kept)
        writer.submit(erasing(log, 5, "person-0")).result(30)
        files = _files(tmp_path)

        assert [trace for trace in traces if trace in files] == []
        assert all(trace in files for trace in kept)


def test_a_reader_of_an_erased_part_sees_it_whole_or_not_at_all(log: Log, writer: Writer) -> None:
    """A read that began before the erasure still opens the part; one that begins after is told it was erased."""
    writer.submit(sealing(log, 0, "one")).result(30)
    with log.engine.connect() as reader:
        reader.exec_driver_sql("SELECT COUNT(*) FROM audit_entry").scalar()
        writer.submit(erasing(log, 1, "one")).result(30)

        assert log.vault.open(reader, 0) == SECRET
    with pytest.raises(Erased):
        read(log, 0)


def test_an_erasure_is_no_finding_and_a_loss_is(tmp_path: Path) -> None:
    """The auditor counts a recorded erasure; without its record the same absence is a finding."""
    with opened(tmp_path) as log:
        one_by_one(log, [sealing(log, 0, "one"), sealing(log, 1, "two"), erasing(log, 2, "one")])
    report = verify_database(tmp_path / "grounds.db", Keys.load(tmp_path))
    behind_the_guards(tmp_path / "grounds.db", "DELETE FROM audit_erased")
    without = verify_database(tmp_path / "grounds.db", Keys.load(tmp_path))

    assert (report.ok, report.sealed, report.erased) == (True, 1, 1)
    assert [str(finding) for finding in without.findings] == [
        "sealed part of entry 0: is gone and no erasure is recorded"
    ]


def _files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("grounds.db*"))


def _traces(log: Log, reference: str) -> list[bytes]:
    subject = find(log, reference)
    with log.engine.connect() as connection:
        keys = connection.execute(
            sa.text("SELECT key_id, wrapped FROM audit_subject_key WHERE subject = :subject"), {"subject": subject}
        ).one()
        known = connection.execute(
            sa.text("SELECT lookup, ciphertext FROM audit_subject WHERE subject = :subject"), {"subject": subject}
        ).one()
        parts = connection.execute(
            sa.text("SELECT ciphertext FROM audit_sealed WHERE key_id = :key_id"), {"key_id": keys.key_id}
        ).scalars()
        return [keys.wrapped, known.lookup, known.ciphertext, *(part[:100] for part in parts)]
