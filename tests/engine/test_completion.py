"""What a missing fact can still change: decisions on some facts against decisions on all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Decision, Engine, PolicyError
from tests.engine.generators import Case
from tests.engine.tiny import MOMENT

BLOCKS, CASES, FACTS = 4, 30, 15
GRANT = {"rule": "grant", "when": "true", "then": "approve", "offer": {"limit": "9999.00", "term": "24"}}


def _engines(block: int, folder: Path) -> Iterator[tuple[str, Case, Engine]]:
    """Random policies of few rules in which missing facts are asked for and nothing asks whether a fact is missing."""
    for seed in range(block * CASES, (block + 1) * CASES):
        case = Case(seed)
        case.if_missing = dict.fromkeys(case.if_missing, "ask")
        rules = [*case.policy["rules"][:3], GRANT]  # type: ignore[index]  # a list
        named = {rule.get("then") for rule in rules} | {"refer"}
        outcomes = [outcome for outcome in ("reject", "refer", "verify", "approve") if outcome in named]
        text = json.dumps(case.policy | {"rules": rules, "outcomes": outcomes})
        text = re.sub(r'"(not )?missing"', '"any"', re.sub(r"\w+ is (not )?missing", "true", text))
        case.policy = json.loads(text)
        try:
            engine = Engine(case.load(folder))
        except PolicyError:  # with `any` in their place, rows of a table may overlap
            continue
        yield f"seed {seed}", case, engine
        engine.close()


def _whole(case: Case) -> dict[str, object]:
    loan = {"days": case.draw.choice((0, 1, 9)), "owed": 500, "open": case.draw.random() < 0.5}
    return {name: case._value(kind) for name, kind in case.kinds.items()} | {"loans": [loan]}


def _some(case: Case, whole: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in whole.items() if case.draw.random() < 0.6}


def _said(decision: Decision) -> tuple[object, ...]:
    """What a decision promises the applicant."""
    return decision.outcome, decision.offer, dict(decision.binding)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_favourable_decision_on_some_facts_stands_whatever_the_others_are(block: int, tmp_path: Path) -> None:
    """What was granted without some facts is granted in the same amounts with any values of them (faults aside)."""
    granted = 0
    for seed, case, engine in _engines(block, tmp_path):
        for _ in range(FACTS):
            some = _some(case, _whole(case))
            decision = engine.decide("random_policy", some, MOMENT)
            if not decision.favourable:
                continue
            granted += 1
            for _ in range(4):
                completed = engine.decide("random_policy", _whole(case) | some, MOMENT)
                assert completed.faults or _said(completed) == _said(decision), f"{seed}: {some}"

    assert granted > 20, "too few decisions were favourable"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_is_refused_on_some_facts_is_never_granted_on_more(block: int, tmp_path: Path) -> None:
    """A refusal without some facts stays one with any values of them: more facts only let more rules fire."""
    refused = 0
    for seed, case, engine in _engines(block, tmp_path):
        for _ in range(FACTS):
            whole = _whole(case)
            some = _some(case, whole)
            if engine.decide("random_policy", some, MOMENT).outcome == "reject":
                refused += 1
                completed = engine.decide("random_policy", whole, MOMENT)
                assert completed.faults or completed.outcome == "reject", f"{seed}: {some}"

    assert refused > 10, "too few decisions were refusals"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_an_incomplete_decision_asks_for_something_that_is_missing(block: int, tmp_path: Path) -> None:
    """It names only facts that are not there, at least one, and with all of them it is not incomplete any more."""
    asked = 0
    for seed, case, engine in _engines(block, tmp_path):
        for _ in range(FACTS):
            whole = _whole(case)
            some = _some(case, whole)
            decision = engine.decide("random_policy", some, MOMENT)
            if decision.outcome == "incomplete":
                asked += 1
                assert decision.missing
                assert not set(decision.missing) & set(some), f"{seed}: {some}"
                assert engine.decide("random_policy", whole, MOMENT).outcome != "incomplete"

    assert asked > 50, "too few decisions were incomplete"
