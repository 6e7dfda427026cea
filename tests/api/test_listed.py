"""Listings are held against the log row by row, however long they are, and each row that differs is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from api import listed
from api.listed import Listed
from api.readmodels import all_derived
from api.tables import REASON, RULE
from tests.api.logbook import logbook, recorded

MADE = logbook(800, seed=11)


@pytest.fixture(params=["short pages", "one that is full"])
def tables(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Connection]:
    """Give tables whose listings are compared by pages of a few rows, or by as many as one code has."""
    with recorded(tmp_path, MADE) as connection:
        count = connection.execute(sa.select(sa.func.count()).where(RULE.c.code == "overdue")).scalar_one()
        monkeypatch.setattr(listed, "_AT_ONCE", 7 if request.param == "short pages" else count)
        yield connection


def differing(tables: sa.Connection) -> list[tuple[str, int, bool]]:
    """Name the rows of both listings that differ."""
    wanted = Listed()
    for _, table, rows in all_derived(enumerate(MADE)):
        if table in (REASON, RULE):
            wanted.add(table, rows)
    found = [each for table in (REASON, RULE) for each in wanted.differing(tables, table)]
    return [(row["code"], row["log_index"], missing) for row, missing in found]


def row(tables: sa.Connection, place: int) -> int:
    """Give the index of a decision in which a rule fired."""
    chosen = sa.select(RULE.c.log_index).where(RULE.c.code == "overdue").order_by(RULE.c.log_index)
    found: int = tables.execute(chosen).scalars().all()[place]
    return found


def test_nothing_differs_in_what_was_recorded(tables: sa.Connection) -> None:
    """Page by page both say the same."""
    assert differing(tables) == []


@pytest.mark.parametrize("place", [0, 7, 100, -1])
def test_a_row_that_is_missing(tables: sa.Connection, place: int) -> None:
    """The first, the last or any between is named, and none beside it."""
    index = row(tables, place)
    tables.execute(RULE.delete().where(RULE.c.code == "overdue", RULE.c.log_index == index))
    assert differing(tables) == [("overdue", index, True)]


@pytest.mark.parametrize(("code", "index"), [("overdue", -3), ("overdue", 10_000), ("aaa", 3), ("zzz", 4)])
def test_a_row_too_many(tables: sa.Connection, code: str, index: int) -> None:
    """Before all others, behind them, or of a code that nobody gave."""
    tables.execute(REASON.insert(), {"code": code, "log_index": index})
    assert differing(tables) == [(code, index, False)]


def test_a_row_that_was_changed(tables: sa.Connection) -> None:
    """It is missing where it was, and has no business where it is."""
    index = row(tables, 20)
    changed = RULE.update().where(RULE.c.code == "overdue", RULE.c.log_index == index)
    tables.execute(changed.values(log_index=5_000))
    assert differing(tables) == [("overdue", index, True), ("overdue", 5_000, False)]
    tables.execute(RULE.delete())
    assert all(missing for _, _, missing in differing(tables))
