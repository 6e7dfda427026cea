"""What the network answered is remembered by families of tests: asked once for each state, forgotten when in doubt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine import Engine, PolicySet, reference
from engine.given import check
from engine.policy import Policy
from engine.running import families as remembering
from engine.running import rete
from engine.running.bits import bits_of, numbers_in
from engine.running.executor import Executor
from engine.running.families import STATES, families
from engine.running.matching import NetworkMatcher
from engine.running.network import compile_network
from engine.running.rete import WorkingMemory
from tests.engine.conftest import Load
from tests.engine.generators import Case
from tests.engine.layered import c_engine
from tests.engine.test_engine import let_it_lie
from tests.engine.tiny import MOMENT, fired

APART = """
rules:
  - {rule: bad, when: asked < 0 and flag, then: reject, because: plain}
  - {rule: grant, when: second > 0, then: approve}
  - {rule: better, when: second > 10 or (asked < 0 and word == red), then: keep}
"""
SMALL = {"asked": 5, "flag": True, "second": 1, "word": "blue"}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Families of as few states as can be, so that a small policy has several."""
    monkeypatch.setattr(remembering, "STATES", 1)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The tests of each fact that is asserted."""
    facts: list[set[str]] = []
    fire = WorkingMemory.fire

    def spy(self: WorkingMemory, text: str, *rest: Any) -> None:
        facts.append({name for name in json.loads(text) if name.startswith("t")})
        fire(self, text, *rest)

    monkeypatch.setattr(WorkingMemory, "fire", spy)
    return facts


def _holds_together(policy: Policy) -> int:
    """Assert that families cut every wave without cutting anything that belongs together; give how many there are."""
    count = 0
    for wave in compile_network(policy):
        cut = families(wave)
        count += len(cut)
        assert sorted(test for family in cut for test in family.tests) == list(range(len(wave.fields))), "each in one"
        for column in wave.columns:
            assert sum(not column.tests.isdisjoint(family.tests) for family in cut) == 1
        for branch, (rule, _, tests) in enumerate(wave.branches):
            (mine,) = [family for family in cut if family.rules({branch})]
            assert mine.rules({branch}) == 1 << rule
            assert {*tests} <= {*mine.tests}
    return count


def test_families_cut_nothing_that_belongs_together(shipped: PolicySet, tmp_path: Path) -> None:
    """Every test, every column and every branch with all its tests stands in exactly one family."""
    assert all(_holds_together(policy) >= 1 for policy in shipped)

    assert max(_holds_together(Case(seed).load(tmp_path)["random_policy"]) for seed in range(60)) > 1


def test_small_families_are_remembered_together(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as come to a bounded number of states; one that has more by itself stands alone."""
    (wave,) = compile_network(loaded(APART)["tiny"])
    assert STATES >= 2 * 2 * 3 * 3
    assert len(families(wave)) == 1
    for states, count in ((2 * 2 * 3 * 3, 1), (2 * 2 * 3 * 3 - 1, 2), (1, 2)):
        monkeypatch.setattr(remembering, "STATES", states)
        assert len(families(wave)) == count


@pytest.mark.usefixtures("small")
def test_the_network_is_asked_once_about_each_state_of_a_family(loaded: Load, told: list[set[str]]) -> None:
    """Then it is remembered whatever else changes; a new state is told alone, without what is known of the others."""
    engine = Engine(loaded(APART), verify="always")
    told.clear()
    for facts, rules, asserted in (
        (SMALL, ["grant"], 1),
        (SMALL | {"asked": 999}, ["grant"], 1),
        (SMALL | {"second": 20}, ["grant", "better"], 2),
        (SMALL | {"asked": -1}, ["bad", "grant"], 3),
        (SMALL | {"asked": -1, "second": 20}, ["bad", "grant", "better"], 3),
        (SMALL | {"asked": -1, "second": 20, "word": "red", "flag": False}, ["grant", "better"], 4),
        (SMALL | {"asked": -1, "second": 0, "word": "red", "flag": False}, ["better"], 5),
        (SMALL, ["grant"], 5),
    ):
        assert fired(engine.decide("tiny", facts, MOMENT)) == rules
        assert len(told) == asserted
    assert told[1].isdisjoint(told[2]), "a family is told without the others"
    assert engine.faults.disagreement == engine.faults.executor == 0
    engine.close()


@pytest.mark.parametrize("room", [0, 1, 3])
@pytest.mark.usefixtures("small")
def test_what_is_remembered_decides_as_the_network_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """With room for none, one or a few states, facts that come again, whole and with gaps, decide as by reference."""
    monkeypatch.setattr(remembering, "REMEMBERED", room)
    for seed in range(40):
        case = Case(seed)
        policies = case.load(tmp_path)
        policy = policies["random_policy"]
        matcher = NetworkMatcher(policy)
        network = Executor(policy, matcher)
        drawn = [check(case.facts(), policies.vocabulary) for _ in range(6)]
        for given in (*drawn, *reversed(drawn)):
            assert network.evaluate(given, MOMENT) == reference.evaluate(policy, given, MOMENT)
        assert matcher.remembered <= room * len(matcher.families)
        network.close()


def test_what_failed_is_not_remembered_and_all_else_is_forgotten(
    loaded: Load, monkeypatch: pytest.MonkeyPatch, told: list[set[str]]
) -> None:
    """After a fault of the network nothing that it said before is taken from memory."""
    engine = Engine(loaded(APART))
    engine.decide("tiny", SMALL, MOMENT)

    class Broken:
        def __getattr__(self, name: str) -> Any:
            if name == "retract_fact":
                raise RuntimeError("the engine broke")
            return getattr(real, name)

    real = c_engine()
    with monkeypatch.context() as patch:
        patch.setattr(rete, "_engine", Broken())
        assert engine.decide("tiny", SMALL | {"second": 20}, MOMENT).engine.name == "reference"
    told.clear()

    for facts in (SMALL, SMALL | {"second": 20}):
        assert engine.decide("tiny", facts, MOMENT).engine.name == "durable-rules"
    assert len(told) == 3, "both were asked about, after the memory was made afresh"
    engine.close()


def test_a_lie_is_not_told_again_once_it_was_found_out(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong firing that verification found is forgotten with all others, and the network asked again."""
    engine = Engine(loaded(APART), verify="always")
    with monkeypatch.context() as patch:
        let_it_lie(patch, {"w0r1": "w0r0"})
        assert engine.decide("tiny", SMALL, MOMENT).outcome == "refer"

    assert engine.decide("tiny", SMALL, MOMENT).outcome == "approve"
    assert engine.faults.disagreement == 1
    engine.close()


@pytest.mark.parametrize("numbers", [[], [0], [63], [0, 1, 64, 200]])
def test_numbers_as_bits_read_back(numbers: list[int]) -> None:
    """In order, however large."""
    assert numbers_in(bits_of(reversed(numbers))) == numbers
