"""Overturn rates: every figure worked out by hand."""

from __future__ import annotations

import pytest

from api.statistics import Share, Window, overturns
from api.statistics.overturns import By, OverturnRow
from tests.api.statistics.conftest import Board

NOVEMBER = Window("2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z")


def appeal(board: Board, number: int, result: str, decision: str, by: str = "key:rita", **said: object) -> None:
    """Add an appeal that was concluded in November."""
    said = {"opened": "2026-11-02T08:00:00", "concluded_at": f"2026-11-{number + 3:02}T08:00:00", **said}
    board.case(f"case-{number}", decision, ended_by=by, result=result, **said)  # type: ignore[arg-type]  # moments


@pytest.fixture
def november(board: Board) -> Board:
    """Have twelve appeals, one of them withdrawn: two of five against A overturn, three of six against B."""
    board.decided("A", "2026-10-01T08:00:00", reasons=["score_low", "file_thin"], rules=["low", "young"])
    board.decided("B", "2026-10-02T08:00:00", reasons=["score_low"], rules=["low"])
    for number, result in enumerate(("overturn", "overturn", "uphold", "uphold", "uphold")):
        appeal(board, number, result, "A")
    for number, result in enumerate(("overturn", "overturn", "overturn", "uphold", "uphold", "policy_defect"), 5):
        appeal(board, number, result, "B", "key:sam")
    appeal(board, 11, "withdrawn", "B", "key:channel")
    return board


def test_rates_by_rule(november: Board) -> None:
    """A case counts in the row of every rule that fired; eleven answers stand behind `low`, five behind `young`."""
    with november.connection() as connection:
        found = overturns(connection, By.RULE, Window())

    assert found.total == Share(5, 11, 4545)
    assert found.withdrawn == 1
    assert found.rows == (
        OverturnRow("low", "opening", None, Share(5, 11, 4545), upheld=5, policy_defects=1),
        OverturnRow("young", "opening", None, Share(2, 5, None), upheld=3, policy_defects=0),
    )


def test_rates_by_reason(november: Board) -> None:
    """Reasons are the same in all policies, so no policy stands in their rows."""
    with november.connection() as connection:
        found = overturns(connection, By.REASON, Window())

    assert [(row.key, row.policy, row.overturned.count, row.overturned.of) for row in found.rows] == [
        ("score_low", None, 5, 11),
        ("file_thin", None, 2, 5),
    ]


def test_rates_by_policy_version(november: Board) -> None:
    """Each version has a row of its own."""
    november.decided("C", "2026-10-03T08:00:00")
    appeal(november, 12, "uphold", "C", policy_version=2)
    appeal(november, 13, "overturn", "C", policy="drawdown")
    with november.connection() as connection:
        found = overturns(connection, By.POLICY, Window())

    assert [(row.key, row.version, row.overturned) for row in found.rows] == [
        ("opening", 1, Share(5, 11, 4545)),
        ("drawdown", 1, Share(1, 1, None)),
        ("opening", 2, Share(0, 1, None)),
    ]


def test_rates_by_who_concluded(november: Board) -> None:
    """Who withdrew an appeal concluded nothing."""
    with november.connection() as connection:
        found = overturns(connection, By.REVIEWER, Window())

    assert [(row.key, row.overturned.count, row.overturned.of) for row in found.rows] == [
        ("key:sam", 3, 6),
        ("key:rita", 2, 5),
    ]


def test_rates_by_who_had_decided(november: Board) -> None:
    """Only decisions of a person have a decider: who concluded the earlier case that led to them."""
    said = {"kind": "review", "result": "decide", "new_decision": "A", "concluded_at": "2026-10-01T08:00:00"}
    november.case("earlier", "referred", "2026-09-30T08:00:00", ended_by="key:tom", **said)
    with november.connection() as connection:
        found = overturns(connection, By.DECIDER, Window())

    assert [(row.key, row.overturned.count, row.overturned.of) for row in found.rows] == [("key:tom", 2, 5)]
    assert found.total.of == 11


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        (None, "2026-11-03T08:00:00.000Z", (0, 0)),  # `until` is not in it
        ("2026-11-03T08:00:00.000Z", "2026-11-03T08:00:00.001Z", (1, 1)),  # `since` is
        ("2026-11-05T08:00:00.000Z", "2026-11-09T08:00:00.000Z", (1, 4)),
        ("2026-11-14T00:00:00.000Z", None, (0, 0)),
    ],
)
def test_a_window_is_of_the_moment_of_the_answer(
    november: Board, since: str | None, until: str | None, counts: tuple[int, int]
) -> None:
    """From `since` on and before `until`, by when appeals were concluded."""
    with november.connection() as connection:
        found = overturns(connection, By.RULE, Window(since, until))

    assert (found.total.count, found.total.of) == counts


def test_one_policy_and_no_cases(november: Board) -> None:
    """Narrowed to a policy nobody appealed against, all is zero and no rate is told."""
    with november.connection() as connection:
        assert overturns(connection, By.RULE, Window(), "opening").total.of == 11
        found = overturns(connection, By.RULE, NOVEMBER, "drawdown")

    assert (found.total, found.withdrawn, found.rows) == (Share(0, 0, None), 0, ())
    assert "fewer than 10" in found.note.en


def test_cases_that_are_open_or_no_appeals_are_in_no_rate(november: Board) -> None:
    """Reviews of what was referred, and appeals without an answer, overturn nothing."""
    november.case("open", "A", "2026-11-03T08:00:00", state="claimed")
    said = {"kind": "review", "result": "decide", "concluded_at": "2026-11-04T08:00:00"}
    november.case("review", "A", "2026-11-03T08:00:00", ended_by="key:rita", **said)
    with november.connection() as connection:
        assert overturns(connection, By.RULE, Window()).total.of == 11


def test_a_rate_is_rounded_half_to_even() -> None:
    """In basis points, and only where ten stand behind it."""
    shares = [Share.among(1, 3_200), Share.among(3, 3_200), Share.among(0, 10), Share.among(10, 10), Share.among(9, 9)]
    assert [share.rate_bp for share in shares] == [3, 9, 0, 10_000, None]
    assert Share.among(1, 20_000).rate_bp == 0
    assert Share.among(3, 20_000).rate_bp == 2
