"""Along which indexes cases are read: few are of cases that led to another decision, and those are found by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.casework import queries
from api.casework.tables import CASE
from api.statistics.overturns import _DECIDED_BEFORE
from tests.api.logbook import recorded


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[sa.Connection]:
    """Give the tables of an empty log."""
    with recorded(tmp_path, []) as connection:
        yield connection


def plan(connection: sa.Connection, chosen: sa.Select[tuple[str]]) -> list[str]:
    """Ask SQLite how it would go about a query whose values it does not know yet."""
    text = str(chosen.compile(connection))
    return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("x",) * text.count("?"))]


def test_what_took_the_place_of_a_decision_is_found_along_its_index(tables: sa.Connection) -> None:
    """The index holds only cases that led to another decision, and is known by the words of the query."""
    (step,) = plan(tables, queries._REPLACED_BY)
    assert "casework_by_new_decision (new_decision=?)" in step


def test_who_had_decided_is_found_along_the_same_index(tables: sa.Connection) -> None:
    """Of cases joined to those that led to what they are about, only the few that did are gone through."""
    steps = plan(tables, sa.select(CASE.c.id).select_from(_DECIDED_BEFORE))
    assert [step.split(" USING ")[1] for step in steps] == [
        "COVERING INDEX casework_by_new_decision",
        "INDEX casework_by_decision (decision=?)",
    ]


@pytest.mark.parametrize("oldest", [True, False])
def test_cases_in_the_order_of_their_opening_are_not_sorted(tables: sa.Connection, oldest: bool) -> None:
    """They stand in it."""
    order = CASE.c.opened_index.asc() if oldest else CASE.c.opened_index.desc()
    assert plan(tables, sa.select(CASE.c.id).order_by(order).limit(101)) == ["SCAN casework"]
