"""A fault at every write, flush and truncation of an append: EIO, a full disk, or the end of the process, by strace.

`python -m bench.log_faults FOLDER` counts those system calls of one run that opens a log, appends and closes it, then
runs it again once for each call and fault, and audits what is left. Nothing acknowledged may be lost, no index may be
missing, and every audit must be without a finding. It needs strace, and the right to attach it to a process.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

import sqlalchemy as sa

from audit import AuditError, Keys, Log, Writer, writer
from audit.verify import verify_database
from bench.log_corpus import append, event, now, opened
from bench.machine import describe

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate")
FAULTS = ("error=EIO", "error=ENOSPC", "signal=KILL")
BEFORE, WORKS = 254, 3  #: entries that are there; entries appended, over the edge of a tile


class Point(NamedTuple):
    """One call of one run, and what happens to it."""

    call: str
    number: int
    fault: str


class Outcome(NamedTuple):
    """What was left after a run."""

    lost: int  #: acknowledged, and not there
    committed_unacknowledged: int
    findings: tuple[str, ...]


def main(folder: Path) -> None:
    """Build a log, count the calls, put a fault at each, and print what came of it."""
    shutil.rmtree(folder, ignore_errors=True)
    prepare(folder)
    counts = count(folder)
    print(describe())
    print(f"one run: {', '.join(f'{number} {call}' for call, number in counts.items())}")
    outcomes = {point: attempt(folder, point) for point in points(counts)}
    report(outcomes)
    if any(outcome.lost or outcome.findings for outcome in outcomes.values()):
        sys.exit(1)


def prepare(folder: Path) -> None:
    """Build the log that every run starts from."""
    with opened(folder / "log") as log, log.write_engine.begin() as connection:
        for number in range(BEFORE):
            append(log, connection, number)


class Here:
    """Stands in for the writer's thread and does its work in this one: strace counts the calls of each thread apart."""

    def __init__(self, target: Callable[[], None], **_: object) -> None:
        self.join = target

    def start(self) -> None:
        """Wait until somebody wants it done."""


def run(log: Log, numbers: range) -> None:
    """Append five at a time and write each event that was acknowledged to standard output."""
    for start in range(numbers.start, numbers.stop, 5):
        batch = range(start, min(start + 5, numbers.stop))
        with Writer(log, now) as taking:
            futures = [taking.submit(partial(_append, log, number)) for number in batch]
        for number, future in zip(batch, futures, strict=True):
            try:
                os.write(1, f"{event(number)} {future.result()}\n".encode())
            except AuditError as error:
                os.write(2, f"{number}: {error}\n".encode())


def _append(log: Log, number: int, connection: sa.Connection) -> int:
    return append(log, connection, number)


def child(folder: Path) -> None:
    """Be the process that meets a fault."""
    vars(writer)["Thread"] = Here
    with opened(folder) as log:
        run(log, range(BEFORE, BEFORE + WORKS))


def count(folder: Path) -> Counter[str]:
    """Count the calls of a run without faults."""
    traced(folder, ["-e", f"trace={','.join(CALLS)}"])
    calls = re.findall(r"^(\w+)\(", (folder / "trace").read_text("utf-8"), re.MULTILINE)
    return Counter(call for call in calls if call in CALLS)


def points(counts: Counter[str]) -> Iterator[Point]:
    """Yield every call of a run with every fault."""
    for call, number in counts.items():
        for each in range(1, number + 1):
            for fault in FAULTS:
                yield Point(call, each, fault)


def attempt(folder: Path, point: Point) -> Outcome:
    """Run once with a fault, then look at what is there."""
    inject = f"inject={point.call}:{point.fault}:when={point.number}"
    acknowledged = traced(folder, ["-e", f"trace={point.call}", "-e", inject])
    return outcome_of(folder / "run", acknowledged)


def traced(folder: Path, options: list[str]) -> dict[str, int]:
    """Run the child on a fresh copy with strace upon it; give the events it acknowledged with their indexes."""
    shutil.rmtree(folder / "run", ignore_errors=True)
    shutil.copytree(folder / "log", folder / "run")
    go, wait = os.pipe()[::-1]
    said, say = os.pipe()
    if not (process := os.fork()):  # no other thread is there, and a fresh interpreter would take most of the time
        os.dup2(say, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.close(say)
        os.read(wait, 1)
        _then_exit(partial(child, folder / "run"))
    os.close(say)
    command = ["strace", "-o", str(folder / "trace"), *options, "-p", str(process)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace, os.fdopen(said, "rb") as output:
        assert strace.stderr is not None
        if "attached" not in (first := strace.stderr.readline()):
            raise RuntimeError(f"strace cannot attach: {first}")
        os.write(go, b".")
        lines = output.read().decode().splitlines()
        os.waitpid(process, 0)
    os.close(go)
    os.close(wait)
    return {event_id: int(index) for event_id, index in map(str.split, lines)}


def _then_exit(work: Callable[[], None]) -> NoReturn:
    try:
        work()
    except BaseException as error:  # noqa: BLE001  # this process is a copy of its parent and must not go on as that
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    os._exit(0)


def outcome_of(folder: Path, acknowledged: dict[str, int]) -> Outcome:
    """Open the log again, as a restart would, and audit it."""
    keys = Keys.load(folder)
    try:
        stored = indexes(folder)
    except AuditError as error:
        return Outcome(0, 0, (str(error),))
    lost = sum(stored.get(event_id) != index for event_id, index in acknowledged.items())
    report_ = verify_database(folder / "grounds.db", keys)
    findings = [str(each) for each in report_.findings]
    if sorted(stored.values()) != list(range(len(stored))):
        findings.append("the indexes have a gap")
    return Outcome(lost, len(stored) - BEFORE - len(acknowledged), tuple(findings))


def indexes(folder: Path) -> dict[str, int]:
    """Give the index of each event that is stored."""
    log = Log.open(folder / "grounds.db", Keys.load(folder))
    try:
        with log.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT event_id, idx FROM audit_entry")
            return {row.event_id: row.idx for row in rows}
    finally:
        log.close()


def report(outcomes: dict[Point, Outcome]) -> None:
    """Print a line per call and fault, and every finding."""
    for call in CALLS:
        for fault in FAULTS:
            these = [outcome for point, outcome in outcomes.items() if (point.call, point.fault) == (call, fault)]
            if these:
                beyond = sum(outcome.committed_unacknowledged > 0 for outcome in these)
                print(
                    f"{call:<10} {fault:<13} {len(these):4} points   lost {sum(each.lost for each in these)}   "
                    f"with findings {sum(bool(each.findings) for each in these)}   committed, not acknowledged {beyond}"
                )
    for point, outcome in outcomes.items():
        for finding in outcome.findings:
            print(f"{point.call} {point.number} {point.fault}: {finding}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
