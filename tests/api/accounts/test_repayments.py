"""Repayments: principal that comes back, once per key, never more than is owed."""

from __future__ import annotations

import pytest
from httpx import Client

from tests.api.accounts.conftest import LIMIT, activated, decide, draw, line, opened, outcome, problem, repay


def test_a_repayment_can_be_drawn_again(http: Client) -> None:
    """What came back is available at once, and the answer says what changed."""
    activated(http)
    draw(http, LIMIT)
    outcome(draw(http, 100), "reject")
    answer = repay(http, 40_000)

    assert answer.status_code == 201
    assert answer.json()["after"] == {
        "limit_fen": LIMIT,
        "apr_bp": 1200,
        "drawn_fen": LIMIT - 40_000,
        "available_fen": 40_000,
    }
    assert answer.json()["statement"]["zh"] == "归还本金 400.00 元，可用额度恢复至 400.00 元。"
    outcome(draw(http, 40_000), "approve")


def test_a_repetition_repays_once(http: Client) -> None:
    """The same key gives the same answer and lowers the balance once; with another amount or subject it is refused."""
    activated(http)
    activated(http, "bob")
    draw(http, 1_000)
    draw(http, 1_000, "bob")
    first, again = repay(http, 300, key="k"), repay(http, 300, key="k")

    assert again.content == first.content
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert problem(repay(http, 301, key="k")) == (422, "idempotency-key-reused")
    assert problem(repay(http, 300, "bob", key="k")) == (422, "idempotency-key-reused")
    assert line(http)["amounts"]["drawn_fen"] == 700


def test_keys_of_repayments_and_decisions_never_meet(http: Client) -> None:
    """A key that was used for a drawdown can be used for its repayment."""
    activated(http)
    outcome(draw(http, 1_000, key="k"), "approve")
    assert repay(http, 1_000, key="k").status_code == 201
    assert draw(http, 1_000, key="k").headers["idempotent-replayed"] == "true"


def test_nobody_repays_more_than_is_owed(http: Client) -> None:
    """The refusal names both amounts, and nothing changes."""
    activated(http)
    draw(http, 1_000)
    answer = repay(http, 1_001)

    assert problem(answer) == (409, "exceeds-owed")
    assert "1001 fen exceed the 1000 fen" in answer.json()["errors"][0]["message"]
    assert len(line(http)["changes"]) == 3


@pytest.mark.parametrize("finding", ["suspend", "close"])
def test_repayments_are_taken_whatever_the_line_is(http: Client, finding: str) -> None:
    """A line that is suspended or closed is repaid like any other."""
    activated(http)
    draw(http, 1_000)
    decide(http, "line_review", finding=finding)

    assert repay(http, 1_000).json()["after"]["drawn_fen"] == 0


@pytest.mark.parametrize("amount", [0, -1, "100", None, 10**12])
def test_an_amount_is_a_whole_number_of_fen(http: Client, amount: object) -> None:
    """Anything else is refused with the member it stands in."""
    activated(http)
    headers = {"Idempotency-Key": "k"}
    answer = http.post("/lines/ann/repayments", json={"amount_fen": amount}, headers=headers)

    assert problem(answer) == (422, "invalid-body")
    assert answer.json()["errors"][0]["path"] == "amount_fen"


def test_a_repayment_needs_a_line_and_a_key(http: Client) -> None:
    """Nobody repays on a line that is not there, or without an idempotency key."""
    opened(http)

    assert problem(repay(http, 1, "nobody")) == (404, "not-found")
    assert problem(http.post("/lines/ann/repayments", json={"amount_fen": 1})) == (400, "invalid-parameter")
