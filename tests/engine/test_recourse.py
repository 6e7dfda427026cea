"""Recourse against trying everything: alternatives are allowed, true and minimal, and `complete` means what it says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import pytest

from engine import Engine
from tests.engine.conftest import Load
from tests.engine.tiny import MOMENT, load

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


@pytest.mark.parametrize("block", range(4))
def test_every_alternative_is_within_reach_and_comes_to_what_it_says(block: int, tmp_path: Path) -> None:
    """Changes go the way a fact may be moved, inside its range, and deciding again gives what is promised."""
    found = 0
    for seed in range(block * 15, block * 15 + 15):
        draw = Random(seed)
        body = f'rules:\n  - {{rule: bad, when: "{_condition(draw)}", then: reject, because: plain}}'
        engine = Engine(load(tmp_path, f'{body}\n  - {{rule: ok, when: "{_condition(draw)}", then: approve}}', FACTS))
        for now in [_draw(draw) for _ in range(3)]:
            if engine.decide("tiny", now, MOMENT).favourable:
                continue
            reachable = list(_reachable(now))
            for alternative in engine.recourse("tiny", now, MOMENT).alternatives:
                found += 1
                then = now | {change.fact: change.then for change in alternative.changes}
                decision = engine.decide("tiny", then, MOMENT)

                assert all(change.now == now[change.fact] for change in alternative.changes)
                assert then in reachable, f"seed {seed}: {alternative}"
                assert decision.favourable
                assert (decision.outcome, decision.offer) == (alternative.outcome, alternative.offer)
        engine.close()

    assert found > 5, "too few alternatives were found"


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
    loaded: Load, bad: str, good: str, facts: dict[str, object]
) -> None:
    """A search that found nothing says `complete` only if trying every reachable case finds nothing either."""
    now = {"up": 1, "down": 1, "free": 1, "fixed": 1, "word": "a", "flag": False} | facts
    reject = f"\n  - {{rule: bad, when: {bad}, then: reject, because: plain}}" if bad else ""
    engine = Engine(loaded(f"rules:{reject}\n  - {{rule: ok, when: {good}, then: approve}}", FACTS))
    recourse = engine.recourse("tiny", now, MOMENT)
    helps = [_changed(now, then) for then in _reachable(now) if engine.decide("tiny", then, MOMENT).favourable]
    engine.close()

    assert recourse.alternatives or not recourse.complete or not helps, f"e.g. {min(map(sorted, helps))}"
    for alternative in recourse.alternatives:
        mine = {change.fact for change in alternative.changes}
        assert not any(smaller < mine for smaller in helps), "fewer changes would do"
