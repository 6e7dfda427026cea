"""Killing the process at any moment: nothing that was acknowledged is lost, no gap, and the log goes on."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from audit import Keys
from audit.verify import verify_database
from tests.audit.cases import opened

ROOT = Path(__file__).parents[2]
ROUNDS = 4


def crash(folder: Path, turn: int, after_seconds: float) -> dict[str, int]:
    """Start a writing process, kill it `after_seconds` of writing, and give the acknowledged events and indexes."""
    command = [sys.executable, "-m", "tests.audit.crashing", str(folder), str(turn)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        time.sleep(after_seconds)
        process.send_signal(signal.SIGKILL)
        lines = process.stdout.read().split(b"\n")[:-1]  # the last line may be cut
    return {event.decode(): int(index) for event, index in (line.split() for line in lines)}


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    """After each of several kills at random moments every acknowledged event stands at its index, and all verifies."""
    chance = random.Random(1)
    acknowledged: dict[str, int] = {}
    for turn in range(ROUNDS):
        new = crash(tmp_path, turn, chance.uniform(0.05, 0.4))
        acknowledged |= new
        with closing(sqlite3.connect(tmp_path / "grounds.db")) as driver:
            stored = dict(driver.execute("SELECT event_id, idx FROM audit_entry").fetchall())
        report = verify_database(tmp_path / "grounds.db", Keys.load(tmp_path))

        assert new, "the process was killed before it did anything"
        assert acknowledged.items() <= stored.items()
        assert sorted(stored.values()) == list(range(len(stored)))
        assert report.findings == ()
    with opened(tmp_path) as log:
        assert log.checkpoint().size == log.size() >= len(acknowledged)
