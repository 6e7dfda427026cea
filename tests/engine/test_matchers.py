"""The two ways to find the rules that hold: by name, in the policy's order, however many rules there are."""

from __future__ import annotations

import pytest

from engine import Engine
from engine.decision import EngineRef
from engine.errors import ExecutorFault
from engine.running.matching import EXECUTORS, MATCHERS, IndexMatcher
from engine.running.rete import ENGINE_VERSION
from tests.engine.conftest import Load
from tests.engine.tiny import MOMENT, fired

RULES = "rules:" + "".join(f"\n  - {{rule: r{i}, when: asked > {i % 3}, then: approve}}" for i in range(40))


def test_a_decision_names_the_engine_that_made_it(loaded: Load) -> None:
    """The rule network with the version of its library, the index with its own."""
    policies = loaded(RULES)
    named = {}
    for executor in EXECUTORS:
        engine = Engine(policies, "always", executor)
        named[executor] = engine.decide("tiny", {"asked": 2}, MOMENT).engine
        engine.close()

    assert named == {
        "durable-rules": EngineRef("durable-rules", ENGINE_VERSION),
        "index": EngineRef("index", "1"),
    }


def test_rules_fire_in_the_order_of_the_policy(loaded: Load) -> None:
    """With either matcher, when a few of many rules fire and when something is missing."""
    policies = loaded(RULES + "\n  - {rule: last, when: second > 0 or asked > 1, then: approve}")
    expected = [f"r{i}" for i in range(40) if i % 3 < 2]
    for executor in MATCHERS:
        engine = Engine(policies, "always", executor)
        assert fired(engine.decide("tiny", {"asked": 2, "second": 0}, MOMENT)) == [*expected, "last"]
        assert fired(engine.decide("tiny", {"asked": 2}, MOMENT)) == [*expected, "last"]
        assert fired(engine.decide("tiny", {"asked": 1, "second": 1}, MOMENT)) == [*expected[::2], "last"]
        assert engine.faults.executor == engine.faults.disagreement == 0
        engine.close()


@pytest.mark.parametrize(("raised", "named"), [(ExecutorFault("no"), "ExecutorFault"), (ZeroDivisionError("no"), None)])
def test_a_fault_is_named_by_what_caused_it(
    loaded: Load, monkeypatch: pytest.MonkeyPatch, raised: Exception, named: str | None
) -> None:
    """The kind of error that stood behind the fault, or the fault itself; the reference evaluator decides."""

    def ask(self: IndexMatcher, states: object) -> int:
        raise raised

    monkeypatch.setattr(IndexMatcher, "ask", ask)
    engine = Engine(loaded(RULES), "off", "index")

    assert engine.decide("tiny", {"asked": 2}, MOMENT).engine.name == "reference"
    assert (engine.faults.executor, engine.faults.last) == (1, named or "ZeroDivisionError")


def test_a_rule_that_is_certain_and_not_possible_is_a_fault(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """A matcher that contradicts itself is not believed: the reference evaluator decides, and it is counted."""
    monkeypatch.setattr(IndexMatcher, "bounds", lambda self, values, today: (0b0110, 0b1100))
    engine = Engine(loaded(RULES), "off", "index")
    decision = engine.decide("tiny", {}, MOMENT)

    assert (decision.engine.name, fired(decision)) == ("reference", [])
    assert (engine.faults.executor, engine.faults.last) == (1, "ExecutorFault")
