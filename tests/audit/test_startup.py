"""Start-up: a database that does not match its keys, its guards or its own checkpoints is not served."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from audit import Keys, Log
from audit.database import refusal
from audit.errors import LogRefused, NoteInvalid
from tests.audit.cases import NOW, behind_the_guards, content, entry, event, opened, plain, run


def test_a_locked_database_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that another process keeps locked is not called damaged."""
    monkeypatch.setattr("audit.sqlite.connections.BUSY_SECONDS", 0.01)
    refused = pytest.raises(LogRefused, match="stop what else writes")
    with opened(tmp_path) as log, log.write_engine.begin(), refused:
        Log.open(tmp_path / "grounds.db", Keys.load(tmp_path))


def drop_tail(database: Path) -> None:
    """Cut the last entry off."""
    behind_the_guards(
        database,
        "DELETE FROM audit_sealed WHERE idx = (SELECT MAX(idx) FROM audit_entry)",
        "DELETE FROM audit_entry WHERE idx = (SELECT MAX(idx) FROM audit_entry)",
    )


def change_edge(database: Path) -> None:
    """Change an entry at the right edge, leaving its stored hash."""
    behind_the_guards(database, "UPDATE audit_entry SET entry = CAST(entry || ' ' AS BLOB) WHERE idx = 260")


def change_leaf(database: Path) -> None:
    """Change a stored leaf hash at the right edge."""
    behind_the_guards(database, "UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE idx = 260")


def change_tile(database: Path) -> None:
    """Change a tile's root and hashes."""
    behind_the_guards(database, "UPDATE audit_tile SET data = zeroblob(8192), root = zeroblob(32)")


def drop_checkpoints(database: Path) -> None:
    """Leave no checkpoint at all."""
    behind_the_guards(database, "DELETE FROM audit_checkpoint")


def damage_checkpoint(database: Path) -> None:
    """Change a letter in the newest checkpoint."""
    behind_the_guards(database, "UPDATE audit_checkpoint SET note = replace(note, 'grounds', 'groands')")


def drop_trigger(database: Path) -> None:
    """Take one guard away."""
    with closing(sqlite3.connect(database)) as driver:
        driver.execute("DROP TRIGGER audit_entry_guard_delete")


def rename_log(database: Path) -> None:
    """Give the log another origin."""
    behind_the_guards(database, "UPDATE audit_meta SET value = 'other.example/log' WHERE name = 'origin'")


def damage_file(database: Path) -> None:
    """Write nonsense over the first page."""
    with database.open("r+b") as file:
        file.write(os.urandom(4096))


@pytest.mark.parametrize(
    "harm",
    [
        drop_tail,
        change_edge,
        change_leaf,
        change_tile,
        drop_checkpoints,
        damage_checkpoint,
        drop_trigger,
        rename_log,
        damage_file,
    ],
)
def test_a_harmed_log_is_not_served(database: Path, keys: Keys, harm: Callable[[Path], None]) -> None:
    """Start-up refuses a database whose newest checkpoint, guards, names or file are not what they should be."""
    harm(database)

    with pytest.raises((LogRefused, NoteInvalid)):
        Log.open(database, keys)


def test_other_keys_are_refused(database: Path, tmp_path: Path) -> None:
    """A log opened with keys that are not its own says which of them differ."""
    with pytest.raises(LogRefused, match="lookup_key, vault_key, vkey"):
        Log.open(database, Keys.open(tmp_path / "new", NOW))


def test_a_whole_log_opens_unchanged(database: Path, keys: Keys) -> None:
    """Opening and closing a log that is in order changes no row of it."""
    before = content(database)
    log = Log.open(database, keys)
    log.close()

    assert log.adopted == 0
    assert content(database) == before


def test_entries_after_the_newest_checkpoint_are_signed_at_start(tmp_path: Path) -> None:
    """A crash between commit and checkpoint leaves entries that the next start covers, and counts."""
    with opened(tmp_path) as log:
        run(log, [plain(log, 0)])
        with log.write_engine.begin() as connection:
            log.append(connection, event(1), entry(1))
    with opened(tmp_path) as log:
        assert log.adopted == 1
        assert log.checkpoint().size == 2


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        ("database or disk is full", "make room on its disk"),
        ("disk I/O error", "look after its disk"),
        ("database is locked", "stop what else writes to it"),
        ("file is not a database", "restore it from a backup"),
    ],
)
def test_a_log_that_cannot_be_opened_names_the_remedy_for_its_cause(tmp_path: Path, cause: str, remedy: str) -> None:
    """A full disk, a failing one, another writer and a harmed file are not cured alike."""
    said = refusal(tmp_path / "grounds.db", sqlite3.OperationalError(cause))

    assert f"{cause}; {remedy}" in said
