"""What waits, and what was concluded: every figure worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from api.statistics import Share, Window, backlog, conclusions
from api.statistics.backlog import AgeBucket, BacklogRow
from api.statistics.conclusions import ConclusionRow
from tests.api.statistics.conftest import Board

NOW = dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC)


def ago(**since: float) -> str:
    """Write the moment so long before now."""
    return (NOW - dt.timedelta(**since)).strftime("%Y-%m-%dT%H:%M:%S")


def test_what_waits_by_kind_state_and_age(board: Board) -> None:
    """Whole days since the opening, the last bucket without an end; late is late from the very instant."""
    cases: list[tuple[str, dict[str, Any]]] = [
        (ago(hours=1), {"state": "open", "due_at": ago(days=-3)}),
        (ago(hours=23, minutes=59), {"state": "open", "due_at": ago(days=-2)}),
        (ago(days=1), {"state": "open", "due_at": ago(seconds=-1), "escalated": True}),
        (ago(days=31), {"state": "open", "due_at": ago()}),
        (ago(days=2), {"state": "claimed", "lease_until": ago(hours=-1), "due_at": ago(days=-9)}),
        (ago(days=3), {"state": "claimed", "lease_until": ago(), "due_at": ago(days=-9)}),
        (ago(days=15), {"state": "waiting", "due_at": ago(days=5), "kind": "review"}),
        (ago(days=15), {"state": "concluded", "due_at": ago(days=5), "concluded_at": ago(days=1)}),
    ]
    for number, (opened, said) in enumerate(cases):
        board.case(str(number), "A", opened, **said)
    with board.connection() as connection:
        found = backlog(connection, NOW)

    assert (found.at, found.count, found.overdue) == ("2026-11-22T08:00:00.000Z", 7, 2)
    assert found.rows == (
        row("appeal", "claimed", 1, (0, 0, 0), [0, 1, 0, 0, 0, 0]),
        row("appeal", "open", 5, (1, 2, 1), [2, 1, 1, 0, 0, 1]),  # with the claim whose lease is over
        row("review", "waiting", 1, (1, 0, 0), [0, 0, 0, 0, 1, 0]),
    )


def row(kind: str, state: str, count: int, flags: tuple[int, int, int], counts: list[int]) -> BacklogRow:
    """Write a row by its figures."""
    edges = [(0, 1), (1, 3), (3, 7), (7, 15), (15, 30), (30, None)]
    ages = tuple(AgeBucket(*edge, number) for edge, number in zip(edges, counts, strict=True))
    return BacklogRow(kind, state, count, *flags, ages)  # type: ignore[arg-type]  # words equal their enums


def test_nothing_waits(board: Board) -> None:
    """Without cases there are no rows."""
    with board.connection() as connection:
        assert backlog(connection, NOW).rows == ()
        assert conclusions(connection, Window()).rows == ()


@pytest.fixture
def concluded(board: Board) -> Board:
    """Have ten appeals that took 1, 2, .. 10 hours, the last two too late, and a review of 49 hours 59."""
    for number in range(1, 11):
        opened = f"2026-11-02T{8 + number:02}:00:00"
        due = (
            f"2026-11-02T{8 + 2 * number + (0 if number > 8 else 1):02}:00:00" if number < 8 else "2026-11-03T02:00:00"
        )
        ended = dt.datetime.fromisoformat(opened) + dt.timedelta(hours=number)
        result = "overturn" if number in {3, 4} else "uphold"
        said = {"result": result, "due_at": due if number < 9 else opened, "concluded_at": ended.isoformat()}
        board.case(str(number), "A", opened, ended_by="key:rita", **said)
    said = {"kind": "review", "result": "decide", "due_at": "2026-11-09T00:00:00"}
    board.case("review", "A", "2026-11-02T08:00:00", concluded_at="2026-11-04T09:59:59", **said)
    return board


def test_what_cases_came_to(concluded: Board) -> None:
    """Results are counted, hours are whole and ranked, and too few cases have neither rate nor rank."""
    with concluded.connection() as connection:
        found = conclusions(connection, Window())

    assert found.rows == (
        ConclusionRow("review", 1, {"decide": 1}, Share(1, 1, None), None, None),  # type: ignore[arg-type]  # as above
        ConclusionRow("appeal", 10, {"overturn": 2, "uphold": 8}, Share(8, 10, 8000), 5, 9),  # type: ignore[arg-type]  # as above
    )


def test_conclusions_in_a_window(concluded: Board) -> None:
    """By the moment of the answer, and of one policy."""
    with concluded.connection() as connection:
        found = conclusions(connection, Window("2026-11-02T12:00:00.000Z", "2026-11-02T16:00:00.001Z"))
        none = conclusions(connection, Window(), "drawdown")

    # opened at 10, 11 and 12 with 2, 3 and 4 hours: answered at 12, 14 and 16
    assert [(each.kind, each.count) for each in found.rows] == [("appeal", 3)]
    assert none.rows == ()
