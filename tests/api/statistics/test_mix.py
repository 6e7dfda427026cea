"""Outcomes and reasons over time: every figure worked out by hand."""

from __future__ import annotations

import pytest

from api.search import Stretch, Where
from api.statistics import Share, mix
from api.statistics.mix import MixRow, Period, ReasonShare
from tests.api.statistics.conftest import Board

ALL = Stretch(0, 1_000_000)


@pytest.fixture
def decided(board: Board) -> Board:
    """Have decisions on either side of midnight, of a week's end and of a year's."""
    board.decided("a", "2026-11-22T23:59:59", outcome="reject", reasons=["score_low", "file_thin"])  # Sunday, W47
    board.decided("b", "2026-11-22T00:00:00", outcome="reject", reasons=["score_low"])
    board.decided("c", "2026-11-22T12:00:00", outcome="approve")
    board.decided("d", "2026-11-23T00:00:00", outcome="reject", reasons=["score_low"], policy="drawdown")  # Monday, W48
    board.decided("e", "2027-01-01T08:00:00", outcome="refer", reasons=["file_thin"])  # of 2026-W53
    return board


def test_day_by_day(decided: Board) -> None:
    """Days are those of UTC; a decision counts once for every reason, a day without decisions has no row."""
    with decided.connection() as connection:
        found = mix(connection, Period.DAY, Where(), ALL)

    assert found.rows == (
        MixRow(
            "2026-11-22",
            3,
            {"approve": 1, "reject": 2},
            (ReasonShare("score_low", Share(2, 3, None)), ReasonShare("file_thin", Share(1, 3, None))),
        ),
        MixRow("2026-11-23", 1, {"reject": 1}, (ReasonShare("score_low", Share(1, 1, None)),)),
        MixRow("2027-01-01", 1, {"refer": 1}, (ReasonShare("file_thin", Share(1, 1, None)),)),
    )


@pytest.mark.parametrize(
    ("by", "periods"),
    [
        (Period.WEEK, [("2026-W47", 3), ("2026-W48", 1), ("2026-W53", 1)]),
        (Period.MONTH, [("2026-11", 4), ("2027-01", 1)]),
    ],
)
def test_longer_periods(decided: Board, by: Period, periods: list[tuple[str, int]]) -> None:
    """Weeks are those of ISO 8601 and begin on Monday; months are the calendar's."""
    with decided.connection() as connection:
        found = mix(connection, by, Where(), ALL)

    assert [(row.period, row.decisions) for row in found.rows] == periods


@pytest.mark.parametrize(
    ("where", "count"),
    [
        (Where(policy="drawdown"), 1),
        (Where(outcome="reject"), 3),
        (Where(outcome="reject", policy="opening"), 2),
        (Where(since="2026-11-22T12:00:00.000Z", until="2026-11-23T00:00:00.000Z"), 2),
        (Where(policy="nobody's"), 0),
    ],
)
def test_a_narrowed_mix(decided: Board, where: Where, count: int) -> None:
    """Policy, outcome and window narrow together, and say so in the answer."""
    with decided.connection() as connection:
        found = mix(connection, Period.MONTH, where, ALL)

    assert sum(row.decisions for row in found.rows) == count
    assert (found.policy, found.outcome, found.window.since) == (where.policy, where.outcome, where.since)


def test_a_share_of_ten_has_a_rate(board: Board) -> None:
    """Of ten decisions three gave a reason: 30 %."""
    for number in range(10):
        board.decided(str(number), "2026-11-22T08:00:00", reasons=["score_low"] if number < 3 else [])
    with board.connection() as connection:
        found = mix(connection, Period.DAY, Where(), ALL)

    assert found.rows[0].reasons == (ReasonShare("score_low", Share(3, 10, 3000)),)
