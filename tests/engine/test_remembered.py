"""What an executor remembers from one decision to the next must not decide another: the same engine, asked again."""

from __future__ import annotations

import pytest

from engine import Engine, reference
from engine.given import check
from engine.running.matching import EXECUTORS
from tests.engine.conftest import Decide, Load
from tests.engine.tiny import LOAN, MOMENT, executors, value_of

BOTH = """derive:
  - fact: tone
    table:
      hit: first
      when: [word, flag, asked]
      rows:
        - [red, true, "> 5", 1]
        - [red, any, "> 3", 2]
        - [any, false, any, 3]
      otherwise: 4
rules:
  - {rule: low, when: tone < 3, then: approve}
  - {rule: high, when: tone >= 3, then: verify, because: plain}"""
WORDS = (
    BOTH.replace(', "> 5"', "").replace(', "> 3"', "").replace("any, false, any", "any, false").replace(", asked]", "]")
)


@pytest.mark.parametrize("body", [BOTH, WORDS], ids=["words and a number", "words alone"])
def test_a_table_is_asked_anew_for_every_value_it_reads(loaded: Load, body: str) -> None:
    """Facts that agree on some columns and differ on others, in any order, are decided as the reference does."""
    policies = loaded(body)
    policy = policies["tiny"]
    each = executors(policy)
    for word in ("red", "blue", "red"):
        for flag in (True, False, None, True):
            for asked in (9, 4, 0, 9):
                facts = {"word": word, "asked": asked} | ({} if flag is None else {"flag": flag})
                given = check(facts, policies.vocabulary)
                for executor in each:
                    assert executor.evaluate(given, MOMENT) == reference.evaluate(policy, given, MOMENT)
    for executor in each:
        executor.close()


@pytest.mark.parametrize("executor", EXECUTORS)
def test_one_decision_leaves_nothing_for_the_next(loaded: Load, executor: str) -> None:
    """Traces and statements of an engine that has decided other cases are those of a fresh one."""
    policies = loaded(BOTH)
    cases: list[dict[str, object]] = [
        {"word": "red", "flag": True, "asked": 9},
        {"word": "red", "flag": True, "asked": 4},
        {"word": "red", "flag": False},
        {"word": "blue", "flag": False, "asked": 0},
        {"word": "red", "asked": 9},
    ]
    used = Engine(policies, "always", executor)  # type: ignore[arg-type]  # the names of executors
    for case in [*cases, *reversed(cases)]:
        fresh = Engine(policies, "always", executor)  # type: ignore[arg-type]  # as above
        assert used.decide("tiny", case, MOMENT).document() == fresh.decide("tiny", case, MOMENT).document()
        fresh.close()
    assert used.faults.executor == used.faults.disagreement == 0
    used.close()


def test_a_scorecard_that_overflows_is_open_every_time(decide: Decide) -> None:
    """A sum beyond the largest stored number is no value, and no rule takes it for one."""
    body = """derive:
  - fact: points
    sum:
      - {when: asked > 0, add: 9_000_000_000_000_000}
      - {when: second > 0, add: 9_000_000_000_000_000}
rules:
  - {rule: some, when: points > 0, then: approve}"""

    assert value_of(decide(body, {"asked": 1, "second": 0}), "points") == 9_000_000_000_000_000
    decision = decide(body, {"asked": 1, "second": 1})
    assert value_of(decision, "points") is None
    assert decision.outcome == "refer"
    assert "overflow" in str(decision.faults)


def test_no_field_of_a_record_is_ever_missing(decide: Decide) -> None:
    """Records come whole, so to ask whether a field is missing is always no."""
    body = """records:
  bare: count(loans where days is missing)
  whole: count(loans where days is not missing)
rules:
  - {rule: all, when: whole == 2 and bare == 0, then: approve}"""

    decision = decide(body, {"loans": [LOAN, LOAN]})

    assert (value_of(decision, "bare"), value_of(decision, "whole")) == (0, 2)
    assert decision.outcome == "approve"
