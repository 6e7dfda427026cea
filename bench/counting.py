"""Statistics over a hundred thousand decisions and five thousand cases, each counted anew, in processor time.

The rows are made up; the tables are those of the service, in a folder that is thrown away.
"""

from __future__ import annotations

import datetime as dt
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from api import listings, readmodels
from api.casework.tables import CASE, CASE_EVENT
from api.events import instant
from api.search import Stretch, Where
from api.statistics import Window, backlog, conclusions, mix, overturns
from api.statistics.mix import Period
from api.statistics.overturns import By
from api.tables import DECISION, Row
from bench.machine import describe

DECISIONS, CASES, ROUNDS = 100_000, 5_000, 7
KINDS = 200  #: decisions of one kind give the same reasons and fire the same rules
BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
APART = 280  #: seconds between decisions: a year of them
ALL = Stretch(0, DECISIONS)
POLICIES = ("opening", "drawdown", "line_review")
Counted = Callable[[sa.Connection], object]


def main() -> None:
    """Fill the tables, then time every statistic."""
    print(describe())
    print(f"{DECISIONS:,} decisions, {CASES:,} cases; best of {ROUNDS}, ms of processor time")
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'tables.db'}")
        with engine.begin() as connection:
            readmodels.create(connection, 0)
            for table, rows in _rows(random.Random(1)):
                connection.execute(table.insert(), rows)
        with engine.connect() as connection:
            for name, counted in _statistics():
                print(f"{name:<28}{_best(connection, counted):8.1f}")
        engine.dispose()


def _statistics() -> Iterator[tuple[str, Counted]]:
    for by in By:
        yield f"overturns by {by}", partial(overturns, by=by, window=Window())
    yield "backlog", lambda on: backlog(on, BEGIN + dt.timedelta(days=330))
    yield "conclusions", lambda on: conclusions(on, Window())
    for period in Period:
        yield f"reasons by {period}", partial(mix, by=period, where=Where(), within=ALL)
    late = Where(since=_at(DECISIONS * 9 // 10))
    yield "reasons of the last tenth", lambda on: mix(on, Period.DAY, late, Stretch(DECISIONS * 9 // 10, DECISIONS))


def _best(connection: sa.Connection, counted: Counted) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        counted(connection)
        taken.append(time.process_time() - started)
    return min(taken) * 1e3


def _at(place: int, days: float = 0) -> str:
    return instant(BEGIN + dt.timedelta(seconds=APART * place, days=days))


def _rows(chance: random.Random) -> Iterator[tuple[sa.Table, list[Row]]]:
    yield DECISION, [_row(DECISION, **_decision(chance, place)) for place in range(DECISIONS)]
    cases = [_case(chance, number) for number in range(CASES)]
    yield CASE, [_row(CASE, **case) for case in cases]
    yield CASE_EVENT, [_row(CASE_EVENT, **_step(chance, case, version)) for case in cases for version in range(1, 5)]


def _decision(chance: random.Random, place: int) -> Row:
    said = {"policy": chance.choice(POLICIES), "outcome": chance.choice(("approve", "reject", "refer"))}
    said |= _why(random.Random(chance.randrange(KINDS)))
    return {**said, "log_index": place, "id": f"decision-{place}", "version": 1, "decided_at": _at(place)}


def _why(kind: random.Random) -> Row:
    reasons, rules = kind.sample(range(60), 2), kind.sample(range(90), 3)
    written = listings.written
    return {
        "reasons": written([f"code-{each}" for each in reasons]),
        "rules": written([f"rule-{each}" for each in rules]),
    }


def _case(chance: random.Random, number: int) -> Row:
    place = chance.randrange(DECISIONS)
    said: Row = {"kind": chance.choice(("appeal", "appeal", "review")), "policy": chance.choice(POLICIES)}
    said |= {
        "id": f"case-{number}",
        "opened_index": number,
        "decision": f"decision-{place}",
        "policy_version": chance.randrange(1, 4),
    }
    said |= {"opened_at": _at(place), "due_at": _at(place, 15), "lease_until": _at(place, 1)}
    if chance.random() < 0.2:
        return {**said, "state": chance.choice(("open", "claimed", "waiting"))}
    result = chance.choice(("overturn", "uphold", "uphold"))
    return {**said, "state": "concluded", "result": result, "concluded_at": _at(place, chance.random() * 20)}


def _step(chance: random.Random, case: Row, version: int) -> Row:
    kind = "review_concluded" if version == 4 and case["state"] == "concluded" else "review_noted"
    who = {"case_id": case["id"], "actor": f"key:{chance.randrange(20)}"}
    return {**who, "version": version, "kind": kind, "at": case["opened_at"]}


def _row(table: sa.Table, **said: Any) -> Row:
    """Fill what is not said with nothing."""
    blank: Row = {column.name: 0 if isinstance(column.type, sa.Integer) else "" for column in table.columns}
    return {**blank, **{each.name: False for each in table.columns if isinstance(each.type, sa.Boolean)}, **said}


if __name__ == "__main__":
    main()
