"""A policy over ranges of facts, held against deciding cases inside the ranges: what is ruled out never happens."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from random import Random

import pytest

from engine import reference
from engine.evaluation import Evaluation
from engine.explaining.resolve import resolve
from engine.given import Given, check
from engine.kinds import Kind, Value
from engine.policy import Policy
from engine.ranges.derivings import hull
from engine.ranges.spans import Ranged, Words
from engine.ranges.statuses import BOTH, EITHER, FALSE, NEGATED, TRUE, UNKNOWN
from engine.recourse.goals import Favourable, LimitOf
from engine.recourse.outlook import Outlook, Prospect
from tests.engine.generators import DATES, WORDS, Case
from tests.engine.tiny import MOMENT

STATUS = {True: TRUE, False: FALSE, None: UNKNOWN}


def _holds(found: Ranged | None, value: object) -> bool:
    """Whether a range holds a value; None stands for no value."""
    if found is None:
        return value is None
    if isinstance(found, int):
        return bool(found & STATUS[value])  # type: ignore[index]  # a bool or None
    if value is None:
        return found.gap
    if isinstance(found, Words):
        return value in found.words
    number = value.toordinal() if isinstance(value, dt.date) else value
    return found.low <= number <= found.high  # type: ignore[operator]  # a number


def _some(draw: Random, kind: Kind, case: Case) -> list[Value]:
    """A few values of a kind, on and around the constants of the policy."""
    if kind.name == "enum":
        return draw.sample(list(WORDS), draw.randint(1, 3))
    if kind.name == "date":
        return [dt.date.fromisoformat(draw.choice(DATES)) for _ in range(draw.randint(1, 3))]
    return [case._value(kind.name) for _ in range(draw.randint(1, 3))]  # type: ignore[misc]  # of this kind


def _everything_is_in(outlook: Outlook, prospect: Prospect, evaluation: Evaluation, policy: Policy) -> None:
    for derived in policy.derived:
        value = evaluation.values.get(derived.name)
        assert _holds(prospect.ranges.get(derived.name), value), f"{derived.name} is {value}"
    for rule in policy.rules:
        fired = True if rule.name in evaluation.fired else None if rule.name in evaluation.open else False
        assert prospect.statuses[rule.name] & STATUS[fired], f"{rule.name} is {fired}"
        for key, amount in evaluation.amounts.get(rule.name, {}).items():
            assert _holds(outlook.amount(prospect, rule.name, key), amount), f"{rule.name} {key} is {amount}"
        if rule.name in prospect.weighing:
            assert not evaluation.open[rule.name].silent(policy)
    resolution = resolve(policy, evaluation)
    if resolution.outcome.favourable:
        assert Favourable().possible(outlook, prospect)
        limit = resolution.amounts.get("limit")
        assert limit is None or LimitOf(limit).possible(outlook, prospect)


@pytest.mark.parametrize("block", range(6))
def test_whatever_happens_in_the_ranges_was_foreseen(block: int, tmp_path: Path) -> None:
    """Random policies and cases: each combination of values in the ranges evaluates to what the outlook allows."""
    looked = 0
    for seed in range(block * 40, block * 40 + 40):
        case = Case(seed)
        policies = case.load(tmp_path)
        policy, draw = policies["random_policy"], Random(seed)
        for _ in range(3):
            given = check(case.facts(), policies.vocabulary)
            outlook = Outlook(policy, reference.evaluate(policy, given, MOMENT), MOMENT)
            names = [name for name, fact in policy.facts.items() if name in given and fact.kind is not None]
            moved = {name: _some(draw, policy.kinds[name], case) for name in draw.sample(names, min(2, len(names)))}
            prospect = outlook.under({name: hull(policy.kinds[name], values) for name, values in moved.items()})
            for _ in range(4):
                inside: Given = {**given, **{name: draw.choice(values) for name, values in moved.items()}}
                try:
                    _everything_is_in(outlook, prospect, reference.evaluate(policy, inside, MOMENT), policy)
                except AssertionError as wrong:
                    raise AssertionError(f"seed {seed}: {inside} within {moved}: {wrong}") from wrong
                looked += 1

    assert looked > 300


@pytest.mark.parametrize("block", range(3))
def test_ranges_of_one_value_foresee_what_happens_and_little_else(block: int, tmp_path: Path) -> None:
    """Where nothing varies, fired is never merely possible unless a row overlaps or a fact has no value."""
    exact = loose = 0
    for seed in range(block * 40, block * 40 + 40):
        case = Case(seed)
        policies = case.load(tmp_path)
        policy = policies["random_policy"]
        given = check(case.facts(), policies.vocabulary)
        evaluation = reference.evaluate(policy, given, MOMENT)
        outlook = Outlook(policy, evaluation, MOMENT)
        known = [name for name, fact in policy.facts.items() if name in given and fact.kind is not None]
        prospect = outlook.under({name: hull(policy.kinds[name], [given[name]]) for name in known})
        _everything_is_in(outlook, prospect, evaluation, policy)
        for status in prospect.statuses.values():
            exact, loose = exact + (status in STATUS.values()), loose + (status not in STATUS.values())

    assert loose * 20 < exact


def test_sets_of_statuses_follow_kleene() -> None:
    """`and`, `or` and `not` of sets hold every result of their members and no other."""
    members = {mask: [status for status in (True, False, None) if mask & STATUS[status]] for mask in range(1, 8)}

    def both(left: bool | None, right: bool | None) -> bool | None:
        return False if False in (left, right) else None if None in (left, right) else True

    for left, lefts in members.items():
        assert NEGATED[left] == sum({STATUS[None if one is None else not one] for one in lefts})
        for right, rights in members.items():
            results = {STATUS[both(one, other)] for one in lefts for other in rights}
            assert BOTH[left][right] == sum(results)
            negated = BOTH[NEGATED[left]][NEGATED[right]]
            assert EITHER[left][right] == NEGATED[negated]
