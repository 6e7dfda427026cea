"""The auditor: silent about a log in order, and finding each way to tamper with one."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from audit import Keys
from audit.entry import encode
from audit.errors import NoteInvalid
from audit.merkle import leaf_hash
from audit.verify import Report, verify_database
from tests.audit.cases import behind_the_guards, entry, event, one_by_one, opened, plain, run, sealing

ENTRIES = 263  # of the populated log


def audited(database: Path, keys: Keys | str) -> Report:
    """Audit a database."""
    return verify_database(database, keys)


def places(report: Report) -> set[str]:
    """Give where things are wrong."""
    return {finding.where for finding in report.findings}


def test_a_log_in_order_passes(database: Path, keys: Keys) -> None:
    """Everything is counted: entries, checkpoints, sealed parts, erasures; and nothing is found."""
    seen: list[tuple[int, int]] = []
    report = verify_database(database, keys, progress=lambda done, total: seen.append((done, total)))

    assert report.findings == ()
    assert (report.ok, report.entries, report.sealed, report.erased, report.uncovered) == (True, ENTRIES, 8, 4, 0)
    assert report.checkpoints >= 14
    assert str(report) == f"{ENTRIES} entries, root {report.root_hex}"
    assert seen[-1] == (ENTRIES, ENTRIES)


def test_a_stranger_needs_the_verifier_key_only(database: Path, keys: Keys) -> None:
    """With nothing but the public key the same log passes, and another key is a finding."""
    vkey = _vkey(database)
    report = verify_database(f"sqlite:///{database}", vkey)

    assert (report.ok, report.sealed) == (True, 8)
    other = str(keys.signer("other.example/log").vkey)
    assert {"audit_meta", "checkpoints"} <= places(audited(database, other))
    with pytest.raises(NoteInvalid):
        audited(database, "nonsense")


def test_sealed_parts_can_be_left_out(database: Path, keys: Keys) -> None:
    """Without sealed parts the tree is checked alone."""
    behind_the_guards(database, "UPDATE audit_sealed SET nonce = zeroblob(12)")

    assert verify_database(database, keys, sealed=False).ok
    assert not verify_database(database, keys).ok


def test_an_empty_log_passes(tmp_path: Path) -> None:
    """A log without entries is in order."""
    with opened(tmp_path) as log:
        report = audited(tmp_path / "grounds.db", str(log.vkey))

    assert (report.ok, report.entries, report.checkpoints) == (True, 0, 1)


def test_a_log_that_is_being_written_passes(tmp_path: Path) -> None:
    """An audit beside a live writer sees one consistent state, and what is not yet signed is no finding."""
    with opened(tmp_path) as log:
        run(log, [plain(log, number) for number in range(10)])
        with log.write_engine.begin() as connection:
            log.append(connection, event(10), entry(10))
        report = audited(tmp_path / "grounds.db", Keys.load(tmp_path))

    assert (report.ok, report.entries, report.uncovered) == (True, 11, 1)
    assert str(report).endswith("1 of them after the newest checkpoint")


def _vkey(database: Path) -> str:
    with closing(sqlite3.connect(database)) as driver:
        return str(driver.execute("SELECT value FROM audit_meta WHERE name = 'vkey'").fetchone()[0])


def rewritten(database: Path) -> None:
    """Exchange an entry and its leaf hash for others that fit each other: the work of one without the key."""
    forged = encode(entry(100, forged=True))
    behind_the_guards(
        database,
        f"UPDATE audit_entry SET entry = x'{forged.hex()}', leaf_hash = x'{leaf_hash(forged).hex()}' WHERE idx = 100",
    )


SWAP = (
    "UPDATE audit_entry SET idx = 1521 - idx WHERE idx IN (260, 261);"
    "UPDATE audit_entry SET idx = idx - 1000 WHERE idx > 999"
)
TAMPERING: dict[str, tuple[str | Callable[[Path], None], str]] = {
    "an entry's bytes": ("UPDATE audit_entry SET entry = CAST(entry || ' ' AS BLOB) WHERE idx = 100", "entry 100"),
    "a leaf hash": ("UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE idx = 100", "entry 100"),
    "an event id": (f"UPDATE audit_entry SET event_id = '{event(5000)}' WHERE idx = 100", "entry 100"),
    "an entry and its leaf hash": (rewritten, "tile 0/0"),
    "two entries swapped": (SWAP, "checkpoint of size 261"),
    "an entry in the middle gone": ("DELETE FROM audit_entry WHERE idx = 100", "entry 101"),
    "the last entry gone": ("DELETE FROM audit_entry WHERE idx = 262", "checkpoint of size 263"),
    "a tile's hashes": ("UPDATE audit_tile SET data = zeroblob(8192)", "tile 0/0"),
    "a tile's root": ("UPDATE audit_tile SET root = zeroblob(32)", "tile 0/0"),
    "a tile gone": ("DELETE FROM audit_tile", "tile 0/0"),
    "a tile too many": ("INSERT INTO audit_tile VALUES (0, 1, zeroblob(32), zeroblob(8192))", "tiles of level 0"),
    "a checkpoint's text": (
        "UPDATE audit_checkpoint SET note = replace(note, '263', '264') WHERE size = 263",
        "checkpoint of size 263",
    ),
    "a checkpoint's place": ("UPDATE audit_checkpoint SET size = 249 WHERE size = 250", "checkpoint of size 249"),
    "all checkpoints gone": ("DELETE FROM audit_checkpoint", "checkpoints"),
    "a sealed part's bytes": (
        "UPDATE audit_sealed SET ciphertext = zeroblob(30) WHERE idx = 250",
        "sealed part of entry 250",
    ),
    "a sealed part's key": (
        "UPDATE audit_sealed SET key_id = (SELECT key_id FROM audit_sealed WHERE idx = 252) WHERE idx = 250",
        "sealed part of entry 250",
    ),
    "a sealed part gone": ("DELETE FROM audit_sealed WHERE idx = 250", "sealed part of entry 250"),
    "a sealed part too many": (
        "INSERT INTO audit_sealed SELECT 7, key_id, nonce, ciphertext FROM audit_sealed WHERE idx = 250",
        "sealed part of entry 7",
    ),
    "a sealed part beside nothing": (
        "INSERT INTO audit_sealed SELECT 999, key_id, nonce, ciphertext FROM audit_sealed WHERE idx = 250",
        "sealed part of entry 999",
    ),
    "a subject's key gone": (
        "DELETE FROM audit_subject_key WHERE key_id = (SELECT key_id FROM audit_sealed WHERE idx = 250)",
        "sealed part of entry 250",
    ),
    "an erasure that was none": ("INSERT INTO audit_erased VALUES (250, 262)", "sealed part of entry 250"),
    "an erasure of nothing": ("INSERT INTO audit_erased VALUES (7, 262)", "sealed part of entry 7"),
    "an erasure by somebody else's entry": ("UPDATE audit_erased SET by_idx = 261", "erasure by entry 261"),
    "an erasure by no entry": ("UPDATE audit_erased SET by_idx = 5000", "erasure by entry 5000"),
    "an erasure that hides a theft": (
        "INSERT INTO audit_erased VALUES (250, 262); DELETE FROM audit_sealed WHERE idx = 250",
        "erasure by entry 262",
    ),
    "a subject gone": ("DELETE FROM audit_subject", "sealed part of entry 250"),
    "the origin": ("UPDATE audit_meta SET value = 'other.example/log' WHERE name = 'origin'", "audit_meta"),
    "the verifier key": ("UPDATE audit_meta SET value = value || 'x' WHERE name = 'vkey'", "audit_meta"),
    "a guard gone": ("DROP TRIGGER IF EXISTS audit_tile_guard_update", "schema"),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_found_where_it_was_done(database: Path, keys: Keys, name: str) -> None:
    """Each way to change the database behind the guards is a finding at its place."""
    harm, place = TAMPERING[name]
    if callable(harm):
        harm(database)
    elif harm.startswith("DROP"):
        with closing(sqlite3.connect(database)) as driver:
            driver.execute(harm)
    else:
        behind_the_guards(database, *harm.split(";"))
    report = audited(database, keys)

    assert not report.ok
    if name == "a subject gone":
        place = next(where for where in places(report) if where.startswith("key "))
    assert place in places(report)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_subject SET nonce = zeroblob(12)",
        "UPDATE audit_subject SET lookup = zeroblob(32) WHERE subject = (SELECT MIN(subject) FROM audit_subject)",
        "UPDATE audit_subject_key SET wrapped = zeroblob(48)",
        "UPDATE audit_subject_key SET nonce = zeroblob(12)",
        "UPDATE audit_subject_key SET vault_id = 'ffffffffffffffff'",
    ],
)
def test_with_the_vault_key_subjects_are_checked_too(database: Path, keys: Keys, statement: str) -> None:
    """Changes that no leaf commits to are found by opening what is sealed."""
    behind_the_guards(database, statement)

    assert not audited(database, keys).ok


def test_a_log_written_anew_is_found_by_a_checkpoint_kept_elsewhere(tmp_path: Path) -> None:
    """Even the owner of all keys cannot drop the tail or rewrite it past somebody who kept a checkpoint."""
    with opened(tmp_path) as log:
        run(log, [plain(log, number) for number in range(20)])
        kept = log.checkpoint().text
        keys, vkey = Keys.load(tmp_path), str(log.vkey)
    database = tmp_path / "grounds.db"
    assert verify_database(database, keys, known=[kept]).ok
    behind_the_guards(
        database, "DELETE FROM audit_entry WHERE idx >= 10", "DELETE FROM audit_checkpoint WHERE size > 0"
    )
    with opened(tmp_path):
        cut = verify_database(database, vkey), verify_database(database, vkey, known=[kept])
    with opened(tmp_path) as log:
        run(log, [plain(log, number) for number in range(30, 50)])
    rewritten_since = verify_database(database, vkey), verify_database(database, vkey, known=[kept])

    assert [report.ok for report in (*cut, *rewritten_since)] == [True, False, True, False]
    assert places(cut[1]) == places(rewritten_since[1]) == {"known checkpoint of size 20"}


def test_a_known_checkpoint_that_is_none_is_a_finding(database: Path, keys: Keys) -> None:
    """A note that is not this log's is told, not believed."""
    assert places(verify_database(database, keys, known=["nonsense"])) == {"known checkpoint"}


def test_one_change_gives_few_findings(database: Path, keys: Keys) -> None:
    """A changed entry is named once for itself, its tile and all later checkpoints, not once per checkpoint."""
    behind_the_guards(database, "UPDATE audit_entry SET entry = CAST(entry || ' ' AS BLOB) WHERE idx = 100")
    findings = [str(finding) for finding in audited(database, keys).findings]

    assert len(findings) <= 5
    assert any(re.search(r"and \d+ more", each) for each in findings)


@pytest.mark.parametrize("nonsense", [b"", b"nonsense" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_a_file_that_is_no_log_is_a_finding(keys: Keys, tmp_path: Path, nonsense: bytes) -> None:
    """An empty, foreign or broken file gives a finding, never a traceback; a missing one too."""
    (tmp_path / "file").write_bytes(nonsense)

    assert places(audited(tmp_path / "file", keys)) == {"database"}
    assert places(audited(tmp_path / "missing", keys)) == {"database"}
    assert places(audited(tmp_path, keys)) == {"database"}


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_a_finding(database: Path, keys: Keys, keep: float) -> None:
    """A database that lost its end is a finding wherever it was cut."""
    whole = database.read_bytes()
    database.write_bytes(whole[: int(len(whole) * keep)])

    assert not audited(database, keys).ok


def test_the_audit_changes_nothing(database: Path, keys: Keys) -> None:
    """The audited file is byte for byte what it was."""
    before = database.read_bytes()
    audited(database, keys)

    assert database.read_bytes() == before


def test_findings_are_counted_beyond_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log in ruins gives a bounded list and the number of the rest."""
    monkeypatch.setattr("audit.verify.report.MOST_FINDINGS", 3)
    with opened(tmp_path) as log:
        one_by_one(log, [sealing(log, number, "person") for number in range(9)])
    behind_the_guards(tmp_path / "grounds.db", "UPDATE audit_entry SET leaf_hash = zeroblob(32)")
    report = audited(tmp_path / "grounds.db", Keys.load(tmp_path))

    assert len(report.findings) == 4
    assert "further findings are not listed" in report.findings[-1].what
