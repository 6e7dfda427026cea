"""Made-up entries of a log, as varied as a seed makes them, and the tables they lead to; no service needed."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from api import events, readmodels
from tests.api.conftest import START

Logbook = list[dict[str, Any]]

OUTCOMES = ("approve", "reject", "refer")
POLICIES = ("opening", "drawdown")
REASONS = ("score_low", "overdue_now", "income_limits")
RULES = ("low-score", "overdue", "open", "income-cap")
ACTORS = ("cli", "key:1", "key:2")
SUBJECTS = tuple("abcdefgh")


def logbook(size: int, seed: int, jumps: float = 0.01) -> Logbook:
    """Write entries of a log: mostly decisions; the clock runs, stands, and goes back at `jumps`."""
    chance, moment = random.Random(seed), START
    made = []
    for index in range(size):
        moment += dt.timedelta(seconds=chance.choice((0, 1, 30, -3_600 if chance.random() < jumps else 5)))
        head = {"v": 1, "id": f"id-{index}", "at": events.instant(moment), "actor": chance.choice(ACTORS)}
        made.append(head | (_decision(chance, index) if chance.random() < 0.9 else _other(chance)))
    return made


def _decision(chance: random.Random, index: int) -> dict[str, Any]:
    policy = {"name": chance.choice(POLICIES), "version": chance.randint(1, 2), "digest": "d"}
    return {
        "kind": events.DECISION_MADE,
        "subject": chance.choice(SUBJECTS),
        "request": f"{index:064x}",
        "policy": policy,
        "outcome": chance.choice(OUTCOMES),
        "reasons": chance.sample(REASONS, chance.randint(0, 2)),
        "rules": chance.sample(RULES, chance.randint(0, 3)),
        "as_of": events.instant(START),
    }


def _other(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.5:
        return {"kind": "sealed_read"}
    return {
        "kind": events.KEY_CREATED,
        "key": str(chance.getrandbits(64)),
        "role": "admin",
        "secret_sha256": "x",
    }


def record(connection: sa.Connection, made: Logbook, first: int = 0) -> None:
    """Bring the tables up to entries of a log, one by one."""
    for index, entry in enumerate(made, start=first):
        readmodels.apply(connection, index, entry)


@contextmanager
def recorded(folder: Path, made: Logbook) -> Iterator[sa.Connection]:
    """Give a database whose tables hold what entries lead to."""
    engine = sa.create_engine(f"sqlite:///{folder / 'tables.db'}")
    with engine.begin() as connection:
        readmodels.create(connection, 0)
        record(connection, made)
        yield connection
    engine.dispose()
