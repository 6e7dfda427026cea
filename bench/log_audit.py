"""Auditing a whole log offline: the database without and with its keys, and an export; bytes per leaf."""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from audit import Keys
from audit.export import export
from audit.verify import Report, cores, verify_database, verify_export
from bench.log_corpus import opened


def measure(folder: Path) -> None:
    """Print how long each audit takes in all processes and in one, as time on the wall and of the processors."""
    keys, database, out = Keys.load(folder), folder / "grounds.db", folder / "export"
    with opened(folder) as log:
        vkey = str(log.vkey)
        if not out.exists():
            export(log, out)
    for processes in sorted({1, cores()}, reverse=True):
        print(f"  with {processes} processes")
        _print("export, by a stranger", partial(verify_export, out, vkey, processes=processes))
        _print("database, tree", partial(verify_database, database, vkey, sealed=False, processes=processes))
        _print("database, sealed parts hashed", partial(verify_database, database, vkey, processes=processes))
        _print("database, sealed parts opened", partial(verify_database, database, keys, processes=processes))


def sizes(folder: Path) -> None:
    """Print what a leaf takes on disk."""
    with closing(sqlite3.connect(folder / "grounds.db")) as driver:
        entries = driver.execute("SELECT COUNT(*) FROM audit_entry").fetchone()[0]
        parts = {
            "entry": "SELECT SUM(LENGTH(entry)) FROM audit_entry",
            "leaf hash": "SELECT SUM(LENGTH(leaf_hash)) FROM audit_entry",
            "tiles": "SELECT SUM(LENGTH(data) + LENGTH(root)) FROM audit_tile",
            "checkpoints": "SELECT SUM(LENGTH(note)) FROM audit_checkpoint",
            "sealed part": "SELECT SUM(LENGTH(nonce) + LENGTH(ciphertext)) FROM audit_sealed",
        }
        for what, statement in parts.items():
            print(f"  {what:<31} {driver.execute(statement).fetchone()[0] / entries:8.1f} bytes per leaf")
    print(f"  {'the file':<31} {(folder / 'grounds.db').stat().st_size / entries:8.1f} bytes per leaf")


def _print(what: str, audit: Callable[[], Report]) -> None:
    audit()  # the pages of the file are in memory after this, as they are in every later audit
    before, start = _processor_seconds(), time.perf_counter()
    report = audit()
    taken = time.perf_counter() - start
    found = "" if report.ok else f"   {len(report.findings)} FINDINGS, first: {report.findings[0]}"
    print(
        f"    {what:<29} {taken:6.1f} s, {_processor_seconds() - before:6.1f} s of processors, "
        f"{report.entries} entries, {report.checkpoints} checkpoints, {report.sealed} sealed{found}"
    )


def _processor_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)
