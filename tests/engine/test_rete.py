"""Faults of the C engine, put in where it is called: the reference evaluator decides, the next decision is clean."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from engine import Engine, reference
from engine.given import check
from engine.running import rete
from tests.engine.layered import FACTS, answer, answers, ask_every_time, c_engine
from tests.engine.tiny import MOMENT

pytestmark = pytest.mark.usefixtures("asked_every_time")
CALLS = ("assert_fact", "start_action_for_state", "complete_and_start_action", "retract_fact")
Fault = Callable[[Any], object]


@pytest.fixture
def asked_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the network answered before would keep its faults from being met."""
    ask_every_time(monkeypatch)


class Break:
    """Stands before the C engine; the wanted call, counted from the start of a decision, misbehaves instead."""

    def __init__(self, real: Any, call: str, at: int, fault: Fault) -> None:
        self._real = real
        self._call = call
        self._left = at
        self._fault = fault
        self.struck = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._real, name)
        return method if name != self._call or self.struck else lambda *arguments: self._count(method, arguments)

    def _count(self, method: Callable[..., object], arguments: tuple[object, ...]) -> object:
        if self._left:
            self._left -= 1
            return method(*arguments)
        self.struck = True
        return self._fault(lambda: method(*arguments))


def _raise(real: Any) -> object:
    raise RuntimeError("the engine broke")


def _raise_after(real: Any) -> object:
    real()
    raise OSError("the engine broke after the call")


FAULTS: list[tuple[str, str, Fault]] = [
    ("assert raises", "assert_fact", _raise),
    ("assert raises after storing", "assert_fact", _raise_after),
    ("assert gives status 2", "assert_fact", lambda real: (2, real()[1])),
    ("assert gives status 303", "assert_fact", lambda real: (303, 0)),
    ("assert gives nothing", "assert_fact", lambda real: None),
    ("start raises", "start_action_for_state", _raise),
    ("start gives nothing though a fact is stored", "start_action_for_state", lambda real: None),
    ("start gives no message", "start_action_for_state", lambda real: (1, None)),
    ("start gives an unknown rule", "start_action_for_state", lambda real: (1, '{"nobody":{"m":{}}}')),
    ("start gives garbage", "start_action_for_state", lambda real: (1, "garbage")),
    ("start gives bytes", "start_action_for_state", lambda real: (1, b'{"w0r0":{}}')),
    ("complete raises half-way", "complete_and_start_action", _raise),
    ("complete raises after the call", "complete_and_start_action", _raise_after),
    ("complete gives an unknown rule", "complete_and_start_action", lambda real: '{"w99r99":{}}'),
    ("complete gives garbage", "complete_and_start_action", lambda real: "{"),
    ("retract raises", "retract_fact", _raise),
]


@pytest.mark.parametrize(("call", "fault"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
@pytest.mark.parametrize("at", [0, 1])
def test_after_a_fault_the_reference_decides_and_the_next_decisions_are_clean(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, call: str, fault: Fault, at: int
) -> None:
    """One misbehaving call: the same decision by the reference evaluator, marked and counted; nothing of it remains."""
    expected = answers(engine)
    struck = 0
    for facts, wanted in zip(FACTS, expected, strict=True):
        broken = Break(c_engine(), call, at, fault)
        with monkeypatch.context() as patch:
            patch.setattr(rete, "_engine", broken)
            decision = engine.decide("tiny", facts, MOMENT)
        struck += broken.struck

        assert answer(decision) == wanted
        assert decision.engine.name == ("reference" if broken.struck else "durable-rules")
        assert engine.faults.executor == struck
        assert engine.faults.last or not struck
        assert answer(engine.decide("tiny", FACTS[0], MOMENT)) == expected[0]
    assert struck, "the fault was never reached"
    assert answers(engine) == expected


def test_an_engine_that_stays_broken_is_done_without_until_it_works_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While every call raises the reference evaluator decides; when the calls work again the network is back."""
    expected = answers(engine)
    dead = SimpleNamespace()
    for call in (*CALLS, "delete_state"):
        setattr(dead, call, lambda *arguments: _raise(None))
    with monkeypatch.context() as patch:
        patch.setattr(rete, "_engine", dead)
        assert answers(engine) == expected
        assert {engine.decide("tiny", facts, MOMENT).engine.name for facts in FACTS} == {"reference"}
        assert engine.faults.executor == 2 * len(FACTS)

    assert answers(engine) == expected
    assert engine.decide("tiny", {}, MOMENT).engine.name == "durable-rules"


@pytest.mark.parametrize("call", ["assert_fact", "start_action_for_state", "retract_fact"])
def test_a_memory_that_could_not_be_made_afresh_is_made_so_later(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """When starting afresh fails too, again and again, nothing is thrown away twice, and the network comes back."""
    expected = answers(engine)
    thrown_away: list[object] = []

    class Half:
        def __getattr__(self, name: str) -> Any:
            if name == "delete_state":
                thrown_away.append(name)
            return getattr(real, name) if name != call else lambda *_: _raise(None)

    real = c_engine()
    with monkeypatch.context() as patch:
        patch.setattr(rete, "_engine", Half())
        for facts in FACTS[:4] * 2:
            assert engine.decide("tiny", facts, MOMENT).engine.name == "reference"

    assert len(thrown_away) == 1
    assert answers(engine) == expected
    assert {engine.decide("tiny", facts, MOMENT).engine.name for facts in FACTS} == {"durable-rules"}


def test_an_interruption_half_way_leaves_nothing_behind(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a decision is passed on; the next decisions are the network's, and right."""
    expected = answers(engine)

    def interrupt(real: Any) -> object:
        raise KeyboardInterrupt

    for call in CALLS:
        with monkeypatch.context() as patch:
            patch.setattr(rete, "_engine", Break(c_engine(), call, 1, interrupt))
            with pytest.raises(KeyboardInterrupt):
                answers(engine)
        assert answers(engine) == expected
    assert engine.faults.executor == 0


def test_the_network_and_the_reference_agree_on_these_facts(engine: Engine) -> None:
    """The facts of this file are evaluated alike by both, so that a fault cannot hide a difference."""
    for facts in FACTS:
        given = check(facts, engine.policies.vocabulary)
        expected = reference.evaluate(engine.policies["tiny"], given, MOMENT)
        assert engine._points["tiny"].executor.evaluate(given, MOMENT) == expected
