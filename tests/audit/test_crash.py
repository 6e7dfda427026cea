"""Killing processes at any moment, ours or the database's: nothing acknowledged is lost, no gap, the log goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from audit import CheckpointMissing, CommitUnknown, EntryConflict, Keys, Log, Writer
from audit.entry import decode
from audit.verify import verify_database
from tests.audit.cases import ELSEWHERE, clock, event, opened, place, plain, run, sealing
from tests.audit.crashing import THREADS
from tests.postgres import CommandRefused, Server, prepare, server
from tests.repository import ROOT

ROUNDS = 3


class Left(NamedTuple):
    """What a log holds after it was disturbed."""

    entries: int
    lost: int  #: acknowledged, and not there
    unacknowledged: int  #: there, and not acknowledged
    gaps: int
    findings: tuple[object, ...]


@contextmanager
def writing(folder: Path, turn: int, *most: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that appends, from the moment it begins to."""
    command = [sys.executable, "-m", "tests.audit.crashing", str(folder), str(turn), *map(str, most)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        yield process


def acknowledged_by(process: subprocess.Popen[bytes], begun: bytes = b"") -> dict[str, int]:
    """Read what a process that has ended was told, after what was read before: events and their indexes."""
    assert process.stdout is not None
    lines = (begun + process.stdout.read()).split(b"\n")[:-1]  # the last line may be cut
    return {event.decode(): int(index) for event, index in (line.split() for line in lines)}


def crash(folder: Path, turn: int, after_seconds: float) -> dict[str, int]:
    """Kill a writing process a while after its first entry and give what it was acknowledged."""
    with writing(folder, turn) as process:
        assert process.stdout is not None
        first = process.stdout.readline()  # on a busy machine that may take longer than the while
        time.sleep(after_seconds)
        process.send_signal(signal.SIGKILL)
        return acknowledged_by(process, first)


def what_is_left(folder: Path, acknowledged: dict[str, int]) -> Left:
    """Open the log as after a restart and hold it against what was acknowledged."""
    with opened(folder) as log, log.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT event_id, idx FROM audit_entry").all()
        stored = {str(event_id): int(idx) for event_id, idx in rows}
        signed = log.checkpoint().size
    lost = sum(stored.get(event_id) != index for event_id, index in acknowledged.items())
    gaps = sum(index != place for place, index in enumerate(sorted(stored.values()))) + (signed != len(stored))
    report = verify_database(place(folder), Keys.load(folder))
    return Left(len(stored), lost, len(stored) - len(acknowledged), gaps, report.findings)


def test_a_killed_writer_loses_nothing_it_acknowledged(store: str, tmp_path: Path) -> None:
    """After each of several kills at random moments every acknowledged event stands at its index, and all verifies."""
    chance = random.Random(1)
    acknowledged: dict[str, int] = {}
    for turn in range(ROUNDS):
        new = crash(tmp_path, turn, chance.uniform(0.05, 0.4))
        acknowledged |= new
        left = what_is_left(tmp_path, acknowledged)

        assert new
        assert (left.lost, left.gaps, left.findings) == (0, 0, ())


def test_two_processes_write_one_order(store: str, tmp_path: Path) -> None:
    """Two processes of eight callers each append to one log at once: every index once, none left out."""
    most = 20
    with opened(tmp_path):
        pass
    with writing(tmp_path, 0, most) as one, writing(tmp_path, 1, most) as other:
        acknowledged = acknowledged_by(one) | acknowledged_by(other)
    left = what_is_left(tmp_path, acknowledged)

    assert len(acknowledged) == 2 * THREADS * most
    assert left == Left(len(acknowledged), 0, 0, 0, ())


@pytest.fixture(scope="module")
def own_server(postgres: Server) -> Iterator[Server]:
    """Give a server that may be killed."""
    with server() as made:
        prepare(made)
        yield made


def kill(made: Server) -> None:
    """Kill the server as a crash would, and start it again once its children are gone."""
    os.kill(made.pid(), signal.SIGKILL)
    for _ in range(100):
        try:
            made.control("start")
        except CommandRefused:  # the children still hold what they share
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not come back")


def persistent(log: Log, writer: Writer, start: int, stop: threading.Event, acknowledged: dict[str, int]) -> None:
    """Append as a caller that repeats each event until it is acknowledged."""
    number = start
    while event(number) not in acknowledged:
        # Nothing else may come: not the driver's own errors, whose meaning a caller cannot know.
        try:
            work = sealing(log, number, f"person-{number % 50}")
            acknowledged[event(number)] = writer.submit(work, event(number)).result(60)
            number += 0 if stop.is_set() else THREADS
        except EntryConflict as error:  # recorded after all; sealed anew it has other bytes
            acknowledged[event(number)] = error.index
        except (CommitUnknown, CheckpointMissing):
            time.sleep(0.02)


def disturb(made: Server, folder: Path, rounds: int, chance: random.Random) -> tuple[dict[str, int], float]:
    """Kill the server again and again under eight callers; give what they were told and the longest return."""
    acknowledged: dict[str, int] = {}
    stop, longest = threading.Event(), 0.0
    with opened(folder) as log, Writer(log, clock) as writer:
        given = ((log, writer, each, stop, acknowledged) for each in range(THREADS))
        threads = [threading.Thread(target=persistent, args=arguments) for arguments in given]
        for thread in threads:
            thread.start()
        for _ in range(rounds):
            time.sleep(chance.uniform(0.1, 0.5))
            began = time.perf_counter()
            kill(made)
            before = len(acknowledged)
            while len(acknowledged) == before and time.perf_counter() - began < 60:
                time.sleep(0.01)
            longest = max(longest, time.perf_counter() - began)
        stop.set()
        for thread in threads:
            thread.join()
    return acknowledged, longest


def test_a_killed_server_loses_nothing_it_acknowledged(own_server: Server, tmp_path: Path) -> None:
    """While PostgreSQL is killed and started under load, callers who repeat an event get it recorded, once."""
    (tmp_path / ELSEWHERE).write_text(own_server.url(own_server.copy()))
    acknowledged, _ = disturb(own_server, tmp_path, ROUNDS, random.Random(1))
    left = what_is_left(tmp_path, acknowledged)

    assert len(acknowledged) > ROUNDS
    assert left == Left(len(acknowledged), 0, 0, 0, ())


def test_a_full_disk_under_postgres_loses_nothing(own_server: Server, tmp_path: Path) -> None:
    """When the tables cannot grow, callers hear so, what was answered stays, and with space the log goes on."""
    (tmp_path / ELSEWHERE).write_text(own_server.url(own_server.copy()))
    own_server.control("stop", "-m", "fast")
    own_server.control("start", most_file_bytes=17 * 2**20)  # a segment of the write-ahead log still fits
    chance = random.Random(1)
    secrets = [chance.randbytes(1_000_000) for _ in range(24)]
    fates: list[object] = []
    with opened(tmp_path) as log, Writer(log, clock) as writer:
        for number, secret in enumerate(secrets):
            future = writer.submit(sealing(log, number, "person", secret))
            fates.append(future.exception(60) or future.result())
        own_server.control("stop", "-m", "fast")
        own_server.control("start")
        after = writer.submit(plain(log, 1_000)).result(60)
        stored = [str(decode(log.entry(index))["id"]) for index in range(log.size())]
    done = [fate for fate in fates if isinstance(fate, int)]

    assert len(done) < len(fates)
    assert done == list(range(len(done)))
    assert after == len(done)
    assert stored == [event(number) for number in range(len(done))] + [event(1_000)]
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_a_server_that_is_away_is_told_as_unknown(own_server: Server, tmp_path: Path) -> None:
    """While the server is down callers get an error at once, not a wait; after its return the log goes on."""
    (tmp_path / ELSEWHERE).write_text(own_server.url(own_server.copy()))
    with opened(tmp_path) as log, Writer(log, clock) as writer:
        run_one = writer.submit(plain(log, 0)).result(30)
        own_server.control("stop", "-m", "immediate")
        refused = writer.submit(plain(log, 1)).exception(30)
        own_server.control("start")

        assert run_one == 0
        assert isinstance(refused, CommitUnknown)
        assert writer.submit(plain(log, 1)).result(30) == 1
    with opened(tmp_path) as log:
        assert run(log, [plain(log, 1), plain(log, 2)]) == [1, 2]
