"""Kills the writer and the database under load, again and again, and breaks the disk at every call of an append.

`python -m bench.faults [ROUNDS]` prints what was acknowledged, what was lost (must be nothing), what was recorded
without the caller knowing (must be found again by its event id), gaps, and findings of a full verification. The tests
run the same few times (tests/audit/test_crash.py, test_faults.py).
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.machine import describe
from tests.audit.cases import ELSEWHERE, opened, populate
from tests.audit.crashing import THREADS
from tests.audit.test_crash import Left, acknowledged_by, crash, disturb, what_is_left, writing
from tests.audit.test_faults import sweep
from tests.postgres import Server, prepare, server

ROUNDS = 20


def main(rounds: int) -> None:
    """Run everything and print a line for each."""
    print(describe())
    print(f"{THREADS} callers who seal and append; {rounds} rounds; a kill after 0.05 to 0.5 s of work")
    with ExitStack() as stack:
        made = stack.enter_context(server())
        prepare(made)
        for store in ("SQLite", "PostgreSQL"):
            with folder(made if store == "PostgreSQL" else None) as place:
                report(f"{store}: kill -9 of the writing process", *killed_writer(place, rounds))
        with folder(made) as place:
            acknowledged, longest = disturb(made, place, rounds, random.Random(2))
            report("PostgreSQL: kill -9 of the server", acknowledged, what_is_left(place, acknowledged))
            print(f"  back under load after at most {longest:.1f} s")
        with folder(made) as place:
            report(*two_processes(place))
    with folder(None) as place:
        populate(place / "log")
        for kind in sweep(place / "log", 1, place):
            print(f"SQLite, a fault at each of {kind.pop('calls')} calls: {kind}")


@contextmanager
def folder(made: Server | None) -> Iterator[Path]:
    """Give an empty folder whose log is kept in SQLite, or in a database of the server."""
    with tempfile.TemporaryDirectory() as name:
        if made is not None:
            (Path(name) / ELSEWHERE).write_text(made.url(made.copy()))
        yield Path(name)


def killed_writer(place: Path, rounds: int) -> tuple[dict[str, int], Left]:
    """Kill a writing process in each round and go on with the next."""
    chance, acknowledged = random.Random(1), dict[str, int]()
    for turn in range(rounds):
        acknowledged |= crash(place, turn, chance.uniform(0.05, 0.5))
    return acknowledged, what_is_left(place, acknowledged)


def two_processes(place: Path, most: int = 500) -> tuple[str, dict[str, int], Left]:
    """Have two processes append to one log at once."""
    with opened(place):
        pass
    began = time.perf_counter()
    with writing(place, 0, most) as one, writing(place, 1, most) as other:
        acknowledged = acknowledged_by(one) | acknowledged_by(other)
    seconds = time.perf_counter() - began
    title = f"PostgreSQL: two processes at once, {len(acknowledged) / seconds:.0f} /s with the start of both"
    return title, acknowledged, what_is_left(place, acknowledged)


def report(title: str, acknowledged: dict[str, int], left: Left) -> None:
    """Print one scenario, and stop at the first that is not sound."""
    print(
        f"{title}: {len(acknowledged)} acknowledged, {left.lost} lost, {left.gaps} gaps,"
        f" {left.unacknowledged} recorded without an answer, {len(left.findings)} findings"
    )
    if left.lost or left.gaps or left.findings:
        sys.exit("not sound")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
