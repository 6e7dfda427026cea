"""Flushing a database ahead: by a descriptor SQLite holds, so that its locks stay, and with the disk's word for it."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from audit.sqlite.flushing import flush

TRY = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    connection.execute("BEGIN EXCLUSIVE")
except sqlite3.OperationalError as error:
    print(error)
"""


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give what was flushed."""
    told, plain = list[str](), os.fdatasync

    def flush(descriptor: int) -> None:
        told.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        plain(descriptor)

    monkeypatch.setattr(os, "fdatasync", flush)
    return told


def test_an_open_database_is_flushed_and_stays_locked(tmp_path: Path, flushed: list[str]) -> None:
    """It is that file and no other, nothing stays open, and another process still finds SQLite's locks."""
    database = tmp_path / "log.db"
    with closing(sqlite3.connect(tmp_path / "other.db")), closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("BEGIN IMMEDIATE")
        before = sorted(Path("/dev/fd").iterdir())

        assert flush(database)

        assert flushed == [str(database)]
        assert sorted(Path("/dev/fd").iterdir()) == before
        tried = subprocess.run([sys.executable, "-c", TRY, database], capture_output=True, text=True, check=True)
        assert tried.stdout == "database is locked\n"


def test_without_a_descriptor_nothing_is_done(tmp_path: Path, flushed: list[str]) -> None:
    """Neither where nobody has it open nor where there is no such file; it is only work done ahead."""
    (tmp_path / "log.db").touch()

    assert flush(tmp_path / "log.db")
    assert flush(tmp_path / "none.db")
    assert flushed == []


@pytest.mark.parametrize(
    ("error", "sound"), [(errno.EIO, False), (errno.ENOSPC, False), (errno.EBADF, True), (errno.EINVAL, True)]
)
def test_only_the_disk_makes_it_doubtful(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, sound: bool
) -> None:
    """A descriptor that was closed meanwhile is nobody's fault; a disk that does not take it is told."""

    def fail(_descriptor: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fdatasync", fail)
    with closing(sqlite3.connect(tmp_path / "log.db")):
        assert flush(tmp_path / "log.db") is sound
