"""Searches over a million decisions: the first page, the last one, and the count, for filters rare, common and in vain.

The tables are filled by the code that fills them in service, from made-up entries, in a folder that is thrown away.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from api import events, readmodels, search
from api.derived import DERIVED
from api.search import Where
from api.statements import Statement
from api.tables import DECISION, Row
from bench.machine import describe

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ROUNDS = 7
#: policy -> its outcomes, the common ones first
POLICIES = {
    "opening": ("approve", "reject", "refer", "verify", "incomplete"),
    "line_review": ("keep", "increase", "decrease", "suspend", "close"),
}
SHARES = (60, 25, 10, 4, 1)
DAY = {"since": "2026-01-05T00:00:00.000Z", "until": "2026-01-06T00:00:00.000Z"}
SEARCHES: dict[str, dict[str, Any]] = {
    "everything": {},
    "one subject": {"subject": "subject-77"},
    "a common outcome": {"outcome": "reject"},
    "a rare outcome": {"outcome": "close"},
    "a reason": {"reason": "reason-3"},
    "a rule": {"rule": "rule-7"},
    "a policy and version": {"policy": "opening", "version": 2},
    "an actor": {"actor": "key:3"},
    "a day long ago": DAY,
    "a rare outcome that day": {"outcome": "close", **DAY},
    "a rule and a reason": {"rule": "rule-7", "reason": "reason-3"},
    "all of it": {"subject": "subject-77", "outcome": "approve", "reason": "reason-3", "actor": "key:3", **DAY},
    "in vain: outcome of another policy": {"outcome": "approve", "policy": "line_review"},
    "in vain: a version nobody has": {"policy": "opening", "version": 9},
}


def main() -> None:
    """Fill the tables, then time every search."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--decisions", type=int, default=1_000_000)
    size = asked.parse_args().decisions
    print(describe())
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'tables.db'}")
        seconds = _fill(engine, size)
        per_row = (Path(folder) / "tables.db").stat().st_size / size
        print(f"{size:,} decisions in {seconds:.0f} s, {per_row:.0f} bytes each")
        print(f"{'best of ' + str(ROUNDS) + ', ms':<38}{'found':>10}{'first page':>12}{'last page':>12}{'count':>10}")
        with engine.connect() as connection:
            for name, filters in SEARCHES.items():
                _report(connection, name, Where(**filters), size)
        engine.dispose()


def _fill(engine: sa.Engine, size: int) -> float:
    started = time.perf_counter()
    with engine.begin() as connection:
        readmodels.create(connection, 0)
        insert = {table: Statement(table.insert()) for table in DERIVED}
        for _, stretch in groupby(readmodels.all_derived(_entries(size)), key=lambda each: each[0] // 10_000):
            rows: dict[sa.Table, list[Row]] = {}
            for _, table, found in stretch:
                rows.setdefault(table, []).extend(found)
            for table, found in rows.items():
                insert[table].run(connection, found)
    return time.perf_counter() - started


def _entries(size: int) -> Iterator[tuple[int, dict[str, Any]]]:
    chance = random.Random(1)  # made-up decisions
    for index in range(size):
        at = events.instant(BEGIN + dt.timedelta(seconds=10 * index))
        policy = chance.choice(tuple(POLICIES))
        yield (
            index,
            {
                "kind": events.DECISION_MADE,
                "id": f"{index:036x}",
                "at": at,
                "as_of": at,
                "actor": f"key:{chance.randrange(5)}",
                "subject": f"subject-{chance.randrange(size // 5)}",
                "request": f"{chance.getrandbits(256):064x}",
                "policy": {"name": policy, "version": chance.randint(1, 3), "digest": "d" * 64},
                "outcome": chance.choices(POLICIES[policy], SHARES)[0],
                "reasons": sorted({f"reason-{chance.randrange(40)}" for _ in range(chance.randrange(3))}),
                "rules": sorted({f"rule-{chance.randrange(300)}" for _ in range(3)}),
            },
        )


def _report(connection: sa.Connection, name: str, where: Where, size: int) -> None:
    def page(*, oldest_first: bool) -> None:
        found = search.decisions(where, search.stretch(connection, where, size))
        found.page(connection, *DECISION.c, oldest_first=oldest_first, limit=101)

    def count() -> int:
        found = search.decisions(where, search.stretch(connection, where, size))
        return found.count(connection)

    taken = _best(lambda: page(oldest_first=False)), _best(lambda: page(oldest_first=True)), _best(count)
    print(f"{name:<38}{count():>10,}" + f"{taken[0]:>12.1f}{taken[1]:>12.1f}{taken[2]:>10.1f}")


def _best(work: Callable[[], object]) -> float:
    """Give the quickest of some rounds, in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken) * 1_000


if __name__ == "__main__":
    main()
