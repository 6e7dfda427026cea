"""Appends on a disk that fails at a chosen call, in a child that may die of it; run with the preloaded `faults.c`.

`python -m tests.audit.faulting FOLDER EVERY` takes a log and, for each kind of fault and each EVERY-th call, appends to
a copy, then checks the copy. It prints one JSON object a kind.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import traceback
from collections import Counter
from pathlib import Path

from audit import CheckpointMissing, CommitUnknown, Keys, Writer
from audit.entry import decode
from audit.sqlite import moving
from audit.verify import verify_database
from tests.audit.cases import clock, event, opened, sealing

KINDS = ("error", "full", "late error", "kill", "late kill", "torn")
FIRST, WORKS = 5_000, 4
DISK = ctypes.CDLL(None)


def main(folder: Path, every: int) -> None:
    """Sweep all kinds over all calls."""
    calls = in_child(lambda told: append(copy(folder), 0, -1, told))["calls"][0]
    for kind, name in enumerate(KINDS):
        counted: Counter[str] = Counter(points=0)
        for at in range(1, int(calls) + 1, every):
            counted.update(one(folder, kind, at))
        os.write(1, json.dumps({"kind": name, "calls": int(calls), **counted}).encode() + b"\n")


def one(folder: Path, kind: int, at: int) -> dict[str, int]:
    """Append with one fault, and check what is left in a process that knows nothing of it."""
    made = copy(folder)
    told = in_child(lambda tell: append(made, kind, at, tell))
    acknowledged = {number: int(index) for number, index in (pair.split(":") for pair in told.get("acknowledged", []))}
    seen = in_child(lambda tell: check(made, acknowledged, tell))
    return {
        "points": 1,
        "acknowledged": len(acknowledged),
        "lost": int(seen["lost"][0]) if "lost" in seen else WORKS,
        "unsound": int(seen["unsound"][0]) if "unsound" in seen else 1,
        "recorded unacknowledged": int(seen["stored"][0]) - len(acknowledged) if "stored" in seen else 0,
    }


def copy(folder: Path) -> Path:
    """Copy the log."""
    to = folder.with_name(f"{folder.name}-copy")
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to)
    return to


def append(folder: Path, kind: int, at: int, tell: int) -> None:
    """Append some entries, each repeated with its event id if its fate is unknown, and tell what was acknowledged."""
    moving.PAGES_AHEAD = 20  # so that faults meet who moves the write-ahead log too
    with opened(folder) as log, Writer(log, clock) as writer:
        DISK.arm(at, kind)
        for number in range(FIRST, FIRST + WORKS):
            for _ in range(2):
                try:
                    index = writer.submit(sealing(log, number, f"person-{number % 3}")).result()
                    os.write(tell, f"acknowledged {number}:{index}\n".encode())
                    break
                except (CommitUnknown, CheckpointMissing):
                    continue
                except Exception:  # noqa: BLE001  # refused, for whatever reason: not acknowledged
                    break
        os.write(tell, f"calls {DISK.calls()}\n".encode())
        DISK.arm(-1, 0)


def check(folder: Path, acknowledged: dict[str, int], tell: int) -> None:
    """Open the log as after a restart, hold it against what was acknowledged, and verify all of it."""
    with opened(folder) as log:
        size = log.size()
        entries = {str(decode(log.entry(index))["id"]): index for index in range(size)}
        log.checkpoint()
    lost = sum(entries.get(event(int(number))) != index for number, index in acknowledged.items())
    stored = sum(event(number) in entries for number in range(FIRST, FIRST + WORKS))
    unsound = len(verify_database(folder / "grounds.db", Keys.load(folder)).findings)
    os.write(tell, f"lost {lost}\nstored {stored}\nunsound {unsound}\n".encode())


def in_child(work: object) -> dict[str, list[str]]:
    """Run `work` in a child, which may die, and give the lines it told: first word, and the others under it."""
    reads, writes = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.close(reads)
            assert callable(work)
            work(writes)
        except BaseException:  # noqa: BLE001  # said aloud; the parent sees that nothing was told
            traceback.print_exc()
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as lines:
        told: dict[str, list[str]] = {}
        for line in lines:
            word, _, rest = line.strip().partition(" ")
            told.setdefault(word, []).append(rest)
    os.waitpid(child, 0)
    return told


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
