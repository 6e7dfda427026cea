"""A million decisions in one process: the resident memory after every hundred thousand, and the decisions per second.

Run as `python -m bench.engines.memory [DECISIONS]`.
"""

from __future__ import annotations

import sys
import time
from itertools import cycle, islice
from pathlib import Path

from bench.engines.applicants import AS_OF, POLICY, applicants, load
from bench.machine import describe
from engine import Engine

DECISIONS = 1_000_000
PARTS = 10


def main(decisions: int = DECISIONS) -> None:
    """Decide applicants in turn and print what the process holds."""
    engine, people = Engine(load()), cycle(applicants())
    print(describe())
    print(f"{'decisions':>10} {'MiB':>8} {'per second':>12}")
    print(f"{0:>10,} {resident():>8.1f}")
    for part in range(1, PARTS + 1):
        count = decisions // PARTS
        start = time.perf_counter()
        for facts in islice(people, count):
            engine.decide(POLICY, facts, AS_OF)
        seconds = time.perf_counter() - start
        print(f"{part * count:>10,} {resident():>8.1f} {count / seconds:>12,.0f}", flush=True)


def resident() -> float:
    """Memory of this process in MiB, as the kernel counts it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
