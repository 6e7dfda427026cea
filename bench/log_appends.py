"""Durable appends per second: acknowledged once committed, flushed and covered by a signed, stored checkpoint."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import sqlalchemy as sa
import uvloop

from audit import Keys, Log, Writer
from audit.database import Database
from audit.writer import MOST_AT_ONCE
from bench.log_corpus import NOW, append, event, now
from bench.machine import spread

CALLERS = (1, 8, 64)
APART = 1_000_000_000  #: between the first numbers of two runs, so that no event comes twice


def compare(folder: Path, database: Database, seconds: float) -> None:
    """Print group commit against a commit per row, at 1, 8 and 64 callers in turn on one log."""
    log = Log.open(database, Keys.open(folder, NOW))
    try:
        for turn, callers in enumerate(CALLERS):
            grouped = rate(log, callers, seconds, (2 * turn + 1) * APART)
            alone = rate(log, callers, seconds, (2 * turn + 2) * APART, at_once=1)
            times = len(grouped) / len(alone)
            print(f"  {callers:3} callers {len(grouped) / seconds:8.0f} /s   ms {spread(grouped, 1e-3)}")
            print(f"      a commit per row {len(alone) / seconds:6.0f} /s   ms {spread(alone, 1e-3)}   x {times:.1f}")
    finally:
        log.close()


def rate(log: Log, callers: int, seconds: float, first: int, at_once: int = MOST_AT_ONCE) -> list[float]:
    """Append from so many callers until the time is up; give the seconds each append took."""
    numbers = count(first)
    with Writer(log, now, most=at_once) as taking:
        uvloop.run(_load(log, taking, callers, 0.5, numbers))
        return uvloop.run(_load(log, taking, callers, seconds, numbers))


async def _load(log: Log, taking: Writer, callers: int, seconds: float, numbers: Iterator[int]) -> list[float]:
    taken: list[float] = []
    until = time.perf_counter() + seconds

    async def caller() -> None:
        while (start := time.perf_counter()) < until:
            number = next(numbers)
            await taking.ask(partial(_append, log, number), event(number))
            taken.append(time.perf_counter() - start)

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(caller())
    return taken


def _append(log: Log, number: int, connection: sa.Connection) -> int:
    return append(log, connection, number)


def processes(folder: Path, database: str, seconds: float, callers: int = 32) -> None:
    """Print what two processes append together to one log."""
    Log.open(database, Keys.open(folder, NOW)).close()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        taken = pool.starmap(_process, [(folder, database, seconds, callers, 50 + number) for number in range(2)])
    both = [each for one in taken for each in one]
    print(f"  2 processes x {callers} callers {len(both) / seconds:8.0f} /s   ms {spread(both, 1e-3)}")


def _process(folder: Path, database: str, seconds: float, callers: int, number: int) -> list[float]:
    log = Log.open(database, Keys.load(folder))
    try:
        return rate(log, callers, seconds, number * APART)
    finally:
        log.close()
