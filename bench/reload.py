"""Reloads of the shipped policies under decisions on four threads: how long one takes, and what memory it leaves.

Each reload does what the service does, less the log: load, compile, replace. One trial in a process of its own is
timed beside it.
"""

from __future__ import annotations

import datetime as dt
import gc
import threading
import time
from pathlib import Path

from api.trial import try_policies
from bench.applications import applications, shipped
from bench.machine import describe, spread
from engine import Engine, load_policies
from engine.reload import LiveEngine

POLICIES = Path(__file__).resolve().parent.parent / "policies"
POLICY = "opening"
WARM_UP, ROUNDS, RELOADS, THREADS = 50, 6, 50, 4
AS_OF = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def main() -> None:
    """Reload again and again, and print the resident memory after each round."""
    live, stop = LiveEngine(Engine(shipped())), threading.Event()
    facts = applications(live.policies, POLICY)
    decided = [0] * THREADS

    def decide(number: int) -> None:
        while not stop.is_set():
            live.decide(POLICY, facts[decided[number] % len(facts)], AS_OF)
            decided[number] += 1
            time.sleep(0.001)

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    print(describe())
    started = time.perf_counter()
    try_policies(POLICIES, 1_024, 60)
    print(f"trial in a process of its own   {(time.perf_counter() - started) * 1e3:8.0f} ms")
    reload(live, WARM_UP)
    print(f"after {WARM_UP:4} reloads (warm-up)    {resident_kib():8,} KiB")
    taken: list[float] = []
    for number in range(ROUNDS):
        taken += reload(live, RELOADS)
        print(f"after {WARM_UP + (number + 1) * RELOADS:4} reloads              {resident_kib():8,} KiB")
    stop.set()
    for thread in threads:
        thread.join()
    print(f"one reload, ms                  {spread(taken, 1e-3)}")
    print(f"{sum(decided):,} decisions meanwhile, {live.faults.executor} faults")
    live.close()


def reload(live: LiveEngine, times: int) -> list[float]:
    """Load, compile and replace so many times; give the seconds each took."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        live.replace(Engine(load_policies(POLICIES)))
        taken.append(time.perf_counter() - started)
    return taken


def resident_kib() -> int:
    """The memory this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * 4


if __name__ == "__main__":
    main()
