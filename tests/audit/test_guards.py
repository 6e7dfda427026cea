"""The guard triggers: whatever an application could do to the tables by mistake or malice is refused by them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit import guards
from tests.audit.cases import TABLES, content

ENTRY = "(idx, event_id, leaf_hash, entry)"
SEALED = "(idx, key_id, nonce, ciphertext)"
UPSERT = "ON CONFLICT DO UPDATE SET entry = excluded.entry"
UUID = "'00000000-0000-0000-0000-ffffffffffff'"

REFUSED = [
    *(
        f"UPDATE {table} SET {column} = {column}"
        for table, column in zip(
            TABLES[:-1], ("value", "entry", "ciphertext", "by_idx", "data", "note", "ciphertext"), strict=True
        )
    ),
    "UPDATE audit_subject_key SET key_id = key_id || 'x'",
    "UPDATE audit_subject_key SET subject = 'another'",
    *(f"DELETE FROM {table}" for table in TABLES),
    *(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" for table in TABLES),
    # an entry: replaced by its key, by its event id, out of order
    f"INSERT OR REPLACE INTO audit_entry SELECT idx, {UUID}, leaf_hash, entry FROM audit_entry WHERE idx = 0",
    "INSERT OR REPLACE INTO audit_entry SELECT 263, event_id, leaf_hash, entry FROM audit_entry WHERE idx = 0",
    "REPLACE INTO audit_entry SELECT 263, event_id, leaf_hash, entry FROM audit_entry WHERE idx = 262",
    f"INSERT INTO audit_entry {ENTRY} VALUES (264, {UUID}, zeroblob(32), zeroblob(9))",
    f"INSERT INTO audit_entry {ENTRY} VALUES (1000000, {UUID}, zeroblob(32), zeroblob(9))",
    f"INSERT INTO audit_entry {ENTRY} VALUES (-1, {UUID}, zeroblob(32), zeroblob(9))",
    f"INSERT INTO audit_entry {ENTRY} VALUES (NULL, {UUID}, zeroblob(32), zeroblob(9))",
    f"INSERT OR IGNORE INTO audit_entry {ENTRY} VALUES (5, {UUID}, zeroblob(32), zeroblob(9))",
    f"INSERT INTO audit_entry {ENTRY} VALUES (0, {UUID}, zeroblob(32), zeroblob(9)) {UPSERT}",
    f"INSERT INTO audit_entry SELECT 263, event_id, leaf_hash, entry FROM audit_entry WHERE idx = 0 {UPSERT}",
    "UPDATE OR REPLACE audit_entry SET idx = 0 WHERE idx = 1",
    # an entry of the wrong shape
    f"INSERT INTO audit_entry {ENTRY} VALUES (263, {UUID}, zeroblob(31), zeroblob(9))",
    f"INSERT INTO audit_entry {ENTRY} VALUES (263, {UUID}, zeroblob(32), zeroblob(65536))",
    f"INSERT INTO audit_entry {ENTRY} VALUES (263, {UUID}, zeroblob(32), 'text')",
    f"INSERT INTO audit_entry {ENTRY} VALUES (263, 'short', zeroblob(32), zeroblob(9))",
    # sealed parts: beside no entry, again, after an erasure, deleted without one
    f"INSERT INTO audit_sealed {SEALED} VALUES (900, 'k', zeroblob(12), zeroblob(20))",
    "INSERT OR REPLACE INTO audit_sealed SELECT 250, key_id, nonce, ciphertext FROM audit_sealed WHERE idx = 252",
    f"INSERT INTO audit_sealed {SEALED} VALUES (251, 'k', zeroblob(12), zeroblob(20))",
    "DELETE FROM audit_sealed WHERE idx = 250",
    # keys and subjects: gone before what they sealed
    "DELETE FROM audit_subject_key WHERE key_id = (SELECT key_id FROM audit_sealed WHERE idx = 250)",
    "DELETE FROM audit_subject WHERE subject = (SELECT subject FROM audit_subject_key LIMIT 1)",
    "INSERT OR REPLACE INTO audit_subject SELECT 'other', lookup, nonce, ciphertext FROM audit_subject LIMIT 1",
    # erasures: of nothing, by nothing, by what came before
    "INSERT INTO audit_erased VALUES (10, 262)",
    "INSERT INTO audit_erased VALUES (250, 900)",
    "INSERT INTO audit_erased VALUES (250, 249)",
    # tiles and checkpoints: out of order, beyond what is there
    "INSERT INTO audit_tile VALUES (0, 5, zeroblob(32), zeroblob(8192))",
    "INSERT INTO audit_tile VALUES (0, 1, zeroblob(32), zeroblob(100))",
    "INSERT INTO audit_tile VALUES (9, 0, zeroblob(32), zeroblob(8192))",
    "INSERT INTO audit_checkpoint VALUES (255, 'a note')",
    "INSERT INTO audit_checkpoint VALUES (264, 'a note')",
    "INSERT INTO audit_checkpoint VALUES (NULL, 'a note')",
    "INSERT INTO audit_meta VALUES ('origin', 'another')",
]


@pytest.fixture
def driver(database: Path) -> Iterator[sqlite3.Connection]:
    """Give a plain connection to a populated log, as any program on the machine could make."""
    with closing(sqlite3.connect(database, isolation_level=None)) as made:
        yield made


@pytest.mark.parametrize("statement", REFUSED)
def test_the_guards_refuse(driver: sqlite3.Connection, database: Path, statement: str) -> None:
    """An attempt to change, delete, replace, or insert out of order raises and leaves every row as it was."""
    before = content(database)
    with pytest.raises(sqlite3.IntegrityError):
        driver.execute(statement)
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    assert content(database) == before


def test_the_right_next_entry_passes_the_guards(driver: sqlite3.Connection) -> None:
    """The guards refuse what is wrong, not everything."""
    driver.execute(f"INSERT INTO audit_entry {ENTRY} VALUES (263, {UUID}, zeroblob(32), zeroblob(9))")
    driver.execute("INSERT INTO audit_checkpoint VALUES (264, 'a note')")

    assert driver.execute("SELECT MAX(idx) FROM audit_entry").fetchone() == (263,)


def test_the_pinned_schema_is_the_one_that_is_made() -> None:
    """A fresh database has the pinned tables, indexes and triggers; the pin is changed on purpose or not at all."""
    with sa.create_engine("sqlite://", poolclass=sa.NullPool).begin() as memory:
        guards.create(memory)
        differences = guards.differences(memory)

    assert differences == []


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("DROP TRIGGER audit_entry_guard_update", "trigger `audit_entry_guard_update` of `audit_entry` is missing"),
        ("DROP INDEX audit_tile_root", "index `audit_tile_root` of `audit_tile` is missing"),
        ("DROP TABLE audit_erased", "table `audit_erased` of `audit_erased` is missing"),
        ("ALTER TABLE audit_entry ADD COLUMN note TEXT", "table `audit_entry` of `audit_entry` was changed"),
        (
            "CREATE TRIGGER swallow BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(IGNORE); END",
            "trigger `swallow` of `audit_entry` does not belong to the log",
        ),
        ("CREATE TABLE audit_more (a)", "table `audit_more` of `audit_more` does not belong to the log"),
    ],
)
def test_an_altered_schema_is_named(statement: str, difference: str) -> None:
    """A trigger, index, table or column that is gone, changed or new is told by name."""
    with sa.create_engine("sqlite://", poolclass=sa.NullPool).begin() as memory:
        guards.create(memory)
        memory.exec_driver_sql(statement)
        differences = guards.differences(memory)

    assert difference in differences
