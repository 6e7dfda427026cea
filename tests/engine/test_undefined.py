"""What cannot be computed although the facts are there: divisions by zero and overflows."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Decide
from tests.engine.tiny import LOAN

YES = {"flag": True}
BIG = 9_000_000_000_000_000
QUOTIENT = "derive:\n  - {fact: result, type: int, value: asked / second}"
RULES = """
rules:
  - {rule: grant, when: flag, then: approve}
  - {rule: test, when: "CONDITION", then: reject, because: plain}"""

FAULTS = [  # derive and condition, facts, outcome, fault of rule `test`
    ("", "asked / second > 1", {"asked": 1, "second": 0}, "refer", "division by zero"),
    ("", "second != 0 and asked / second > 1", {"asked": 1, "second": 0}, "approve", None),
    ("", "second == 0 or asked / second > 1", {"asked": 1, "second": 0}, "reject", None),
    ("", "asked / second > 1 and not flag", {"asked": 1, "second": 0}, "approve", None),
    ("", "asked / second > 1 or referred > 0", {"asked": 1, "second": 0}, "refer", "division by zero"),
    ("", "asked / second > 1 or referred > 0", {"asked": 1, "second": 0, "referred": 1}, "reject", None),
    ("", "asked / second > 1", {"asked": 1}, "incomplete", None),
    ("", "asked / second > 1", {"asked": 1, "second": 1}, "approve", None),
    ("", "(asked / second > 1 and false) or referred > 0", {"asked": 1, "second": 0}, "refer", None),
    ("", "asked / (second - second) in [1, 2]", {"asked": 1, "second": 3}, "refer", "division by zero"),
    (QUOTIENT, "result > 1", {"asked": 1, "second": 0}, "refer", "division by zero"),
    (QUOTIENT, "second != 0 and result > 1", {"asked": 1, "second": 0}, "approve", None),
    (QUOTIENT, "result is missing", {"asked": 1, "second": 0}, "refer", "division by zero"),
    (QUOTIENT, "result is not missing and result > 1", {"asked": 1, "second": 0}, "refer", "division by zero"),
    (QUOTIENT, "result is missing", {"asked": 1}, "reject", None),
    ("derive:\n  - {fact: result, value: income * 1_000}", "result > 1", {"income": BIG}, "refer", "overflow"),
    (
        "derive:\n  - {fact: result, value: income * 1_000}",
        "result is not missing and result > 1",
        {"income": BIG},
        "refer",
        "overflow",
    ),
    ("derive:\n  - {fact: result, value: income * 1_000}", "result is missing", {"income": BIG}, "refer", "overflow"),
    ("records:\n  result: sum(loans.owed)", "result > 1", {"loans": [{**LOAN, "owed": BIG}] * 3}, "refer", "overflow"),
    (
        "records:\n  result: count(loans where 10 / days > 1)",
        "result > 1",
        {"loans": [LOAN]},
        "refer",
        "division by zero",
    ),
    ("", "income * 1_000 > 1.00", {"income": BIG}, "reject", None),  # nothing is stored, so nothing overflows
]


@pytest.mark.parametrize(("derive", "condition", "facts", "outcome", "fault"), FAULTS)
def test_what_cannot_be_computed_never_helps(
    decide: Decide, derive: str, condition: str, facts: dict[str, object], outcome: str, fault: str | None
) -> None:
    """A division by zero is unknown, so a guard makes it safe; if it or an overflow leaves a rule open: refer."""
    decision = decide(derive + RULES.replace("CONDITION", condition), facts | YES)

    assert decision.outcome == outcome
    assert decision.faults == ({} if fault is None else {"test": fault})


def test_a_rule_may_be_called_like_a_derived_fact(decide: Decide) -> None:
    """What a fact lacks and what a rule of the same name lacks are kept apart, and so are their faults."""
    body = """derive:
  - {fact: tier, type: int, value: asked / second}
rules:
  - {rule: tier, when: CONDITION, then: approve}
  - {rule: bad, when: flag and tier > 3, then: reject, because: plain}"""
    guarded = decide(body.replace("CONDITION", "not flag"), {"asked": 1, "second": 0, "flag": False})
    lacking = decide(body.replace("CONDITION", "referred > 0"), {"asked": 1, "flag": True})

    assert guarded.outcome == "approve"
    assert [one.lacks for one in lacking.undetermined] == [("referred",), ("second",)]
