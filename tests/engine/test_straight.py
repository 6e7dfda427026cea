"""Steps built straight are those that the parts would build; who shares grounds is told the same as if alone."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from engine import Decision, Engine, PolicySet
from engine.explaining import trace
from tests.engine.conftest import Load
from tests.engine.generators import AS_OF, Case
from tests.engine.tiny import LOAN, MOMENT

BODY = """records:
  late: count(loans where days > 0)
derive:
  - {fact: due, value: day}
  - {fact: part, type: int, value: asked / second}
  - {fact: last, value: flag or asked > 5}
  - fact: band
    table: {hit: first, when: [asked, word], rows: [["> 50", any, high], [any, red, fair]], otherwise: low}
  - fact: points
    sum:
      - {when: flag, add: 10}
      - {when: asked > 3, add: -20}
      - {when: band == high, add: 5}
rules:
  - {rule: early, when: due < '2026-12-02' and last, then: verify, because: plain, ask: face}
  - {rule: paired, when: asked < second or late > 1, cap: {limit: income / 2, apr: 0.05}, because: other}
  - {rule: summed, when: asked + second > 3, cap: {limit: 20.00}, because: third}
  - {rule: several, when: "asked > 2 and word in [red, blue] and not hue == red", then: reject, because: plain}
  - {rule: counted, when: days_since(due) > 1, then: reject, because: fourth}
  - {rule: open, when: points < 15, then: approve, offer: {limit: income, apr: 0.1}}
  - {rule: always, when: true, then: keep, because: fifth}"""
FACTS: dict[str, object] = {
    "asked": 3,
    "second": 4,
    "flag": True,
    "word": "red",
    "hue": "blue",
    "day": "2026-11-01",
    "income": 90_000,
    "loans": [LOAN],
}
Told = tuple[Decision, str]  #: with its document, in which the order of facts shows
CHANGES: list[dict[str, object]] = [
    {},
    {"day": "2026-12-05", "hue": "red"},
    {"day": "2026-12-05", "hue": "red", "asked": 9},
    {"day": "2026-12-05", "hue": "red", "asked": 9, "income": 1_500},
    {"day": "2026-12-05", "hue": "red", "asked": 1, "flag": False},
    {"flag": False, "asked": 60, "loans": []},
    {"word": "green", "income": 10, "loans": [LOAN, {**LOAN, "days": 3}]},
    {"second": 0},
    {"word": None, "asked": 60},
    {"loans": None, "asked": 1},
    {"flag": None, "asked": 9},
    {"asked": None},
]


def _people() -> list[dict[str, object]]:
    changed = [{**FACTS, **change} for change in CHANGES]
    return [{name: value for name, value in facts.items() if value is not None} for facts in changed]


def _missing(*_: object) -> Any:
    raise KeyError("made functions are out of order")


def _by_parts(patch: pytest.MonkeyPatch) -> None:
    """Let every step be built by the parts that can do without what is missing."""
    patch.setattr(trace, "build_rule", lambda *_: _missing)
    patch.setattr(trace, "build_nodes", lambda *_: _missing)


def _told(policies: PolicySet, name: str, people: list[dict[str, object]], moment: dt.datetime) -> list[Told]:
    engine = Engine(policies, executor="index")
    decisions = [engine.decide(name, facts, moment) for facts in people]
    engine.close()
    return [(decision, json.dumps(decision.document())) for decision in decisions]


def test_steps_are_the_same_by_either_way(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dates, counts, tables, scorecards, words, pairs and sums, with everything there and with something missing."""
    policies = loaded(BODY)
    straight = _told(policies, "tiny", _people(), MOMENT)
    _by_parts(monkeypatch)

    assert straight == _told(policies, "tiny", _people(), MOMENT)


def test_steps_of_random_policies_are_the_same_by_either_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever policies say, and however much of it is missing."""
    moment = dt.datetime.fromisoformat(AS_OF)
    for seed in range(60):
        case = Case(seed)
        policies, people = case.load(tmp_path), [case.facts() for _ in range(6)]
        straight = _told(policies, "random_policy", people, moment)
        with monkeypatch.context() as patch:
            _by_parts(patch)

            assert straight == _told(policies, "random_policy", people, moment), f"seed {seed}"


def test_what_is_all_there_is_built_straight(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts are not asked when nothing is missing."""
    engine = Engine(loaded(BODY), executor="index")
    wanted = engine.decide("tiny", FACTS, MOMENT).document()
    monkeypatch.setattr(trace.Tracer, "_known", _missing)
    monkeypatch.setattr(trace.Tracer, "_fired", _missing)

    assert engine.decide("tiny", FACTS, MOMENT).document() == wanted
    engine.close()


def test_those_who_share_grounds_are_told_what_each_would_be_told_alone(loaded: Load) -> None:
    """What is remembered of rules that decided tells nothing of others that fired, nor of whose caps bound."""
    policies, people = loaded(BODY), _people()
    alone = [told for facts in people for told in _told(policies, "tiny", [facts], MOMENT)]
    again = _told(policies, "tiny", [*people, *reversed(people)], MOMENT)

    assert again == [*alone, *reversed(alone)]
