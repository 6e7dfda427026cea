"""A log that moves: from SQLite to PostgreSQL, and through a dump and back, with the same entries and the same root."""

from __future__ import annotations

import subprocess
from pathlib import Path

from audit import Keys, Log
from audit.export import export
from audit.importing import import_export
from audit.verify import verify_database
from tests.audit.cases import NOW, fill, opened
from tests.postgres import SUPERUSER, Server


def test_an_export_from_sqlite_becomes_a_log_in_postgres(populated: Path, empty_database: str, tmp_path: Path) -> None:
    """Entries, tree, origin and checkpoint are the same; what stood sealed is in no export and is missed."""
    with opened(populated) as log:
        export(log, tmp_path / "out")
        before = log.checkpoint(), [log.entry(index) for index in range(log.size())]
    import_export(tmp_path / "out", empty_database, Keys.load(populated))
    moved = Log.open(empty_database, Keys.load(populated))
    after = moved.checkpoint(), [moved.entry(index) for index in range(moved.size())]
    moved.close()

    assert after == before
    assert {finding.what for finding in verify_database(empty_database, Keys.load(populated)).findings} == {
        "is gone and no erasure is recorded"
    }


def test_a_dump_and_its_restore_keep_everything(postgres: Server, empty_database: str, tmp_path: Path) -> None:
    """After pg_dump and pg_restore the log is served: tables, guards, rights, sealed parts, root are as they were."""
    keys = Keys.open(tmp_path, NOW)
    log = Log.open(empty_database, keys)
    fill(log)
    before = log.checkpoint()
    log.close()
    name = empty_database.split("@/")[1].partition("?")[0]
    postgres.run("postgres", f"CREATE DATABASE {name}_restored")
    dump = tmp_path / "dump"
    place = ["-h", str(postgres.folder), "-U", SUPERUSER]
    subprocess.run([postgres.binaries / "pg_dump", *place, "-Fc", "-f", dump, name], check=True)
    subprocess.run([postgres.binaries / "pg_restore", *place, "-d", f"{name}_restored", dump], check=True)
    restored = postgres.url(f"{name}_restored")
    again = Log.open(restored, keys)
    after = again.checkpoint()
    again.close()

    assert after == before
    assert verify_database(restored, keys).findings == ()
