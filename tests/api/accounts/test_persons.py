"""What people decide in cases: the line follows them as it follows the policy, or they are told why it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import Client

from tests.api.accounts.conftest import LIMIT, activated, decide, draw, line, opened, outcome, problem
from tests.api.casework.conftest import ANSWER, Office
from tests.api.conftest import Clock, NewKey


@pytest.fixture
def office(http: Client, new_key: NewKey, clock: Clock) -> Office:
    """Open an office that works on lines."""
    return Office(http, new_key, clock)


def concluding(result: str, outcome: str, **offer: int) -> dict[str, Any]:
    """Write a conclusion with a decision."""
    body = {"result": result, "because": ["judgement"], "grounds": "It was weighed.", "answer": ANSWER}
    return {**body, "decision": {"outcome": outcome, "offer": offer}}


def case_of(office: Office, decision: str) -> str:
    """Claim the case of a decision for Ada."""
    (case,) = office.get("ada", "/cases", decision=decision).json()["items"]
    office.done("ada", case["id"], "claim")
    return str(case["id"])


def test_a_persons_decision_changes_the_line(http: Client, office: Office) -> None:
    """A limit increase that was referred and then approved by a reviewer raises the line; the change names both."""
    activated(http)
    referred = outcome(decide(http, "limit_increase", income=100), "refer").json()
    case = case_of(office, referred["id"])
    assert line(http)["amounts"]["limit_fen"] == LIMIT
    concluded = office.done("ada", case, "conclude", concluding("decide", "approve", limit_fen=LIMIT + 500_000))
    found = line(http)

    assert found["amounts"]["limit_fen"] == LIMIT + 500_000
    assert found["changes"][0]["change"] == "raised"
    assert found["changes"][0]["actor"] == office.actor("ada")
    assert found["changes"][0]["decision"]["id"] == concluded["new_decision"]
    assert found["owner"] == office.actor("integrator")


def test_what_the_line_no_longer_allows_is_not_concluded(http: Client, office: Office) -> None:
    """A drawdown that was referred, and for which nothing is left by the time a person approves it, is refused."""
    opened(http)
    referred = outcome(draw(http, LIMIT), "refer").json()  # the line waits for its activation
    case = case_of(office, referred["id"])
    outcome(decide(http, "activation"), "approve")
    outcome(draw(http, 1), "approve")
    answer = office.act("ada", case, "conclude", concluding("decide", "approve", apr_bp=1_200))

    assert problem(answer) == (409, "exceeds-available")
    assert office.case(case)["case"]["state"] == "claimed"
    assert line(http)["amounts"]["drawn_fen"] == 1


def test_an_overturned_decrease_gives_the_limit_back(http: Client, office: Office) -> None:
    """The appeal is granted by a decision of its own, the line follows it, and the statistics count it."""
    activated(http)
    cut = outcome(decide(http, "line_review", finding="decrease"), "decrease").json()
    filed = office.appeal(cut["id"])
    assert filed.status_code == 201, filed.text
    case = case_of(office, cut["id"])
    office.done("ada", case, "conclude", concluding("overturn", "increase", limit_fen=LIMIT))
    found = line(http)
    told = office.get("sue", "/statistics/overturns", by="rule").json()

    assert [each["change"] for each in found["changes"][:2]] == ["raised", "lowered"]
    assert found["amounts"]["limit_fen"] == LIMIT
    assert told["total"] == {"count": 1, "of": 1, "rate_bp": None}
    assert [(row["policy"], row["key"], row["overturned"]["count"]) for row in told["rows"]] == [
        ("line_review", "decrease", 1)
    ]
    people = office.get("sue", "/statistics/overturns", by="reviewer").json()["rows"]
    assert [row["key"] for row in people] == [office.actor("ada")]
