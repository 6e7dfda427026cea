"""Recourse against trying everything: alternatives are allowed, true and minimal, and `complete` means what it says."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from random import Random

import pytest

from engine import Decision, Engine
from engine.recourse import MAX_ALTERNATIVES, Alternative, Recourse
from tests.engine.conftest import Load
from tests.engine.tiny import MOMENT

COMMON = "label: {zh: 事, en: Fact}, source: bureau, if_missing: ask"
FACTS = f"""
facts:
  up: {{type: int, range: [0, 6], actionable: up, {COMMON}}}
  down: {{type: int, range: [0, 6], actionable: down, {COMMON}}}
  free: {{type: int, range: [0, 6], actionable: either, {COMMON}}}
  fixed: {{type: int, range: [0, 6], {COMMON}}}
  word: {{type: enum, values: [a, b, c], actionable: either, {COMMON}}}
  flag: {{type: bool, actionable: up, {COMMON}}}
"""
Facts = Mapping[str, object]


def _condition(draw: Random, depth: int = 2) -> str:
    if depth and draw.random() < 0.6:
        return draw.choice((" and ", " or ")).join(f"({_condition(draw, depth - 1)})" for _ in range(2))
    if draw.random() < 0.15:
        left, right = draw.sample(("up", "down", "free", "fixed"), 2)
        return f"{left} {draw.choice('+-')} {right} {draw.choice(('>', '<=', '=='))} {draw.randint(0, 9)}"
    name = draw.choice(("up", "down", "free", "fixed", "word", "flag"))
    if name == "word":
        return f"word {draw.choice(('==', '!='))} {draw.choice('abc')}"
    if name == "flag":
        return draw.choice(("flag", "not flag"))
    return f"{name} {draw.choice(('>', '>=', '<', '<=', '==', '!='))} {draw.randint(0, 6)}"


def _reachable(now: Facts) -> Iterator[dict[str, object]]:
    """Every case the applicant could bring about."""
    choices: dict[str, object] = {
        "up": range(int(str(now["up"])), 7),
        "down": range(int(str(now["down"])) + 1),
        "free": range(7),
        "word": "abc",
        "flag": (True,) if now["flag"] else (False, True),
    }
    for values in itertools.product(*choices.values()):  # type: ignore[call-overload]  # all can be walked
        yield {**now, **dict(zip(choices, values, strict=True))}


def _changed(now: Facts, then: Facts) -> frozenset[str]:
    return frozenset(name for name in now if now[name] != then[name])


def _draw(draw: Random) -> dict[str, object]:
    numbers = {name: draw.randint(0, 6) for name in ("up", "down", "free", "fixed")}
    return {**numbers, "word": draw.choice("abc"), "flag": draw.random() < 0.5}


def _steps(name: str, now: object, then: object) -> int:
    """How far a fact is moved."""
    if name == "word":
        return "abc".index(str(then)) - "abc".index(str(now))
    return int(str(int(then))) - int(str(int(now)))  # type: ignore[call-overload]  # numbers and bools


def _is_minimal(engine: Engine, now: Facts, alternative: Alternative, good: Callable[[Decision], bool]) -> bool:
    """Whether no fact of an alternative could be moved less, the others as they are."""
    then = dict(now) | {change.fact: change.then for change in alternative.changes}
    for nearer in _reachable(now):
        (*differs,) = _changed(then, nearer)
        if len(differs) == 1 and differs[0] in _changed(now, then):
            (name,) = differs
            far, near = _steps(name, now[name], then[name]), _steps(name, now[name], nearer[name])
            if 0 <= near * (1 if far > 0 else -1) < abs(far) and good(engine.decide("tiny", nearer, MOMENT)):
                return False
    return True


def _smallest(now: Facts, good: Callable[[dict[str, object]], bool]) -> set[frozenset[str]]:
    """The sets of facts that help, less those that hold a smaller one."""
    helps = {_changed(now, then) for then in _reachable(now) if good(then)}
    return {one for one in helps if not any(other < one for other in helps)}


@pytest.mark.parametrize("block", range(6))
def test_alternatives_are_all_there_is_each_true_and_minimal(block: int, recorded: Load) -> None:
    """Against every case within reach: each minimal set of up to three facts is found, and none can be moved less."""
    found = 0
    for seed in range(block * 25, block * 25 + 25):
        draw = Random(seed)
        body = f'rules:\n  - {{rule: bad, when: "{_condition(draw)}", then: reject, because: plain}}'
        engine = Engine(recorded(f'{body}\n  - {{rule: ok, when: "{_condition(draw)}", then: approve}}', FACTS))
        now = next((now for now in map(_draw, [draw] * 9) if not engine.decide("tiny", now, MOMENT).favourable), None)
        if now is not None:
            recourse = engine.recourse("tiny", now, MOMENT)
            found += len(recourse.alternatives)
            _favourable_and_minimal(engine, now, recourse, seed)
        engine.close()

    assert found > 2, "too few alternatives were found"


def _favourable_and_minimal(engine: Engine, now: Facts, recourse: Recourse, seed: int) -> None:
    reachable = list(_reachable(now))
    for alternative in recourse.alternatives:
        then = dict(now) | {change.fact: change.then for change in alternative.changes}
        decision = engine.decide("tiny", then, MOMENT)
        assert all(change.now == now[change.fact] for change in alternative.changes)
        assert then in reachable, f"seed {seed}: {alternative}"
        assert decision.favourable
        assert (decision.outcome, decision.offer) == (alternative.outcome, alternative.offer)
        assert _is_minimal(engine, now, alternative, lambda one: one.favourable), f"seed {seed}: {alternative}"
    smallest = _smallest(now, lambda then: engine.decide("tiny", then, MOMENT).favourable)
    told = {frozenset(change.fact for change in one.changes) for one in recourse.alternatives}
    assert told <= smallest, f"seed {seed}: fewer changes would do"
    if recourse.complete:
        assert told >= {one for one in smallest if len(one) <= 3}, f"seed {seed}: not all were found"
        assert told or not smallest, f"seed {seed}: something helps"
    assert recourse.complete or len(told) >= MAX_ALTERNATIVES, "so few values are all tried"


LIFTS = """
rules:
  - {{rule: low, when: "{low}", cap: {{limit: (up + 1) * 100.00}}, because: plain}}
  - {{rule: step, when: "{step}", cap: {{limit: (7 - down) * 90.00}}, because: other}}
  - {{rule: ok, when: "{ok}", then: approve, offer: {{limit: "max(free * 60.00, 10.00)"}}}}
"""


@pytest.mark.parametrize("block", range(4))
def test_what_lifts_a_limit_lifts_it_as_far_as_those_facts_can(block: int, recorded: Load) -> None:
    """For approvals: the limit is the highest these facts reach, none can be moved less, and none is left out."""
    found = 0
    for seed in range(block * 15, block * 15 + 15):
        draw = Random(seed)
        parts = {name: _condition(draw, 1) for name in ("low", "step", "ok")}
        engine = Engine(recorded(LIFTS.format(**parts), FACTS))
        now = next((now for now in map(_draw, [draw] * 9) if engine.decide("tiny", now, MOMENT).favourable), None)
        if now is not None:
            recourse = engine.recourse("tiny", now, MOMENT)
            found += len(recourse.alternatives)
            _lifted_and_minimal(engine, now, recourse, seed)
        engine.close()

    assert found > 2, "too few alternatives were found"


def _lifted_and_minimal(engine: Engine, now: Facts, recourse: Recourse, seed: int) -> None:
    limits = {_key(then): _limit(engine.decide("tiny", then, MOMENT)) for then in _reachable(now)}
    before = limits[_key(now)]
    assert recourse.goal == "limit"
    assert recourse.bound_by == engine.decide("tiny", now, MOMENT).binding.get("limit_fen")
    for alternative in recourse.alternatives:
        facts = {change.fact for change in alternative.changes}
        assert alternative.offer is not None
        assert alternative.offer.limit_fen is not None
        lifted = alternative.offer.limit_fen
        ways = {change.fact: change.then for change in alternative.changes}
        assert limits[_key(dict(now) | ways)] == lifted > before
        alike = [then for then in _reachable(now) if _changed(now, then) == facts and _same_way(now, then, ways)]
        assert max(limits[_key(then)] for then in alike) == lifted, f"seed {seed}: {alternative}"
        assert _is_minimal(engine, now, alternative, lambda one, least=lifted: _limit(one) >= least)  # type: ignore[misc]  # mypy cannot see the default
    smallest = _smallest(now, lambda then: limits[_key(then)] > before)
    told = {frozenset(change.fact for change in one.changes) for one in recourse.alternatives}
    assert told <= smallest
    if recourse.complete:
        assert told >= {one for one in smallest if len(one) <= 3}, f"seed {seed}: not all were found"


def _key(facts: Facts) -> tuple[object, ...]:
    return tuple(facts.values())


def _limit(decision: Decision) -> int:
    """The limit a decision grants; 0 for none."""
    offered = decision.offer.limit_fen if decision.offer and decision.favourable else None
    return offered or 0


def _same_way(now: Facts, then: Facts, ways: Facts) -> bool:
    """Whether all facts are moved in the same direction."""
    return all((_steps(n, now[n], then[n]) > 0) == (_steps(n, now[n], ways[n]) > 0) for n in ways)


HIDDEN = [  # rules, facts: something within reach helps, not only at the ends of ranges
    ("", "up + free == 9", {"up": 2, "free": 6}),
    ("free != 1", "up + fixed >= 10", {"up": 2, "free": 5, "fixed": 4}),
    ("up < 6", "free == 3", {"up": 4, "free": 4}),
    ("", "fixed == 6 and free == 2 and flag", {"free": 3, "fixed": 6}),
    ("up + fixed < 6 or up + fixed == 7", "true", {"up": 2, "fixed": 1}),
    ("", "up >= 2 and down <= 2 and free >= 6 and flag and word == b", {"up": 0, "down": 6, "free": 0}),
    ("", "fixed == 6 or up < 0", {}),
]


@pytest.mark.parametrize(("bad", "good", "facts"), HIDDEN)
def test_complete_without_alternatives_means_that_nothing_helps(
    recorded: Load, bad: str, good: str, facts: dict[str, object]
) -> None:
    """A search that found nothing says `complete` only if trying every reachable case finds nothing either."""
    now = {"up": 1, "down": 1, "free": 1, "fixed": 1, "word": "a", "flag": False} | facts
    reject = f"\n  - {{rule: bad, when: {bad}, then: reject, because: plain}}" if bad else ""
    engine = Engine(recorded(f"rules:{reject}\n  - {{rule: ok, when: {good}, then: approve}}", FACTS))
    recourse = engine.recourse("tiny", now, MOMENT)
    helps = [_changed(now, then) for then in _reachable(now) if engine.decide("tiny", then, MOMENT).favourable]
    engine.close()

    assert recourse.alternatives or not recourse.complete or not helps, f"e.g. {min(map(sorted, helps))}"
    for alternative in recourse.alternatives:
        mine = {change.fact for change in alternative.changes}
        assert not any(smaller < mine for smaller in helps), "fewer changes would do"
