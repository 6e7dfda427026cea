"""The engine as a whole: verification by both executors, threads, closing."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any, Literal

import pytest

from engine import Engine, Outcome
from engine.deciding import SAMPLE
from engine.running import rete
from tests.engine.conftest import Load
from tests.engine.layered import FACTS, answer, answers, ask_every_time, c_engine
from tests.engine.tiny import MOMENT


def let_it_lie(monkeypatch: pytest.MonkeyPatch, rules: dict[str, str]) -> None:
    """Let the C engine give the name of one rule for another."""

    class Liar:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def complete_and_start_action(self, handle: object, offset: object) -> object:
            message = real.complete_and_start_action(handle, offset)
            for old, new in rules.items():
                message = message.replace(f'"{old}"', f'"{new}"') if message else message
            return message

        def start_action_for_state(self, handle: object, offset: object) -> object:
            result = real.start_action_for_state(handle, offset)
            for old, new in rules.items():
                result = (result[0], result[1].replace(f'"{old}"', f'"{new}"')) if result else result
            return result

    real = c_engine()
    monkeypatch.setattr(rete, "_engine", Liar())


SIMPLE = """
rules:
  - {rule: bad, when: asked < 0, then: reject, because: plain}
  - {rule: grant, when: asked > 0, then: approve}
  - {rule: better, when: asked > 10, then: keep}
"""


@pytest.mark.parametrize("lie", [{"w0r1": "w0r0"}, {"w0r2": "w0r1"}], ids=["a wrong rule", "a rule too few"])
def test_two_executors_that_disagree_make_a_referral(
    loaded: Load, monkeypatch: pytest.MonkeyPatch, lie: dict[str, str]
) -> None:
    """With `verify="always"` a network that fires a wrong rule, or misses one, leads to refer, and is counted."""
    ask_every_time(monkeypatch)
    engine = Engine(loaded(SIMPLE), verify="always")
    assert engine.decide("tiny", {"asked": 20}, MOMENT).outcome == "approve"
    let_it_lie(monkeypatch, lie)

    decision = engine.decide("tiny", {"asked": 20}, MOMENT)

    assert (decision.outcome, decision.favourable, decision.offer) == ("refer", False, None)
    assert list(decision.faults) == ["executors"]
    assert decision.reasons[0].code == "engine_fault"
    assert (engine.faults.disagreement, engine.faults.executor) == (1, 0)
    engine.close()


@pytest.mark.parametrize(("verify", "caught"), [("off", 0), ("sample", 2), ("always", SAMPLE + 1)])
def test_a_sample_of_decisions_is_verified(
    loaded: Load, monkeypatch: pytest.MonkeyPatch, verify: Literal["off", "sample", "always"], caught: int
) -> None:
    """A network that lies all the time is caught each time, once in so many, or never, as asked."""
    engine = Engine(loaded(SIMPLE), verify=verify)
    let_it_lie(monkeypatch, {"w0r1": "w0r0"})
    outcomes = [engine.decide("tiny", {"asked": 20}, MOMENT).outcome for _ in range(SAMPLE + 1)]

    assert outcomes.count(Outcome.REFER) == engine.faults.disagreement == caught
    engine.close()


def test_an_engine_verifies_what_it_is_told_to(loaded: Load) -> None:
    """Nothing unless it is told, and it says so."""
    plain, told = Engine(loaded(SIMPLE)), Engine(loaded(SIMPLE), verify="always")

    assert (plain.verify, told.verify) == ("off", "always")
    plain.close()
    told.close()


def test_a_closed_engine_has_given_every_ruleset_back(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many are deleted in the C engine as were made, each once."""
    made: list[object] = []
    given_back: list[object] = []

    class Counter:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def create_ruleset(self, *told: object) -> object:
            made.append(real.create_ruleset(*told))
            return made[-1]

        def delete_ruleset(self, handle: object) -> None:
            given_back.append(handle)
            real.delete_ruleset(handle)

    real = c_engine()
    monkeypatch.setattr(rete, "_engine", Counter())
    engine = Engine(loaded(SIMPLE))
    assert made
    assert given_back == []

    engine.close()

    assert given_back == made


def test_decisions_and_policies_do_not_change(engine: Engine) -> None:
    """What was decided, and what it was decided by, is frozen."""
    decision = engine.decide("tiny", FACTS[2], MOMENT)
    for value in (decision, decision.reasons[0], decision.trace[0], decision.statement, engine.policies["tiny"]):
        with pytest.raises(AttributeError):
            value.name = "other"  # type: ignore[misc,union-attr]  # that is the point


def test_without_disagreement_verifying_changes_nothing(engine: Engine) -> None:
    """Decisions are the same whether none, some or all are taken by both executors."""
    engines = [Engine(engine.policies, verify=verify) for verify in ("off", "sample", "always")]

    assert answers(engines[0]) == answers(engines[1]) == answers(engines[2])
    for one in engines:
        assert one.faults.executor == one.faults.disagreement == 0
        one.close()


def test_threads_that_share_an_engine_decide_as_one_would(engine: Engine) -> None:
    """Eight threads over one engine, each in another order: every decision is the one a single thread gets."""
    expected = answers(engine)
    wrong: list[object] = []

    def work(first: int) -> None:
        for turn in range(300):
            index = (first + turn * 7) % len(FACTS)
            decision = engine.decide("tiny", FACTS[index], MOMENT)
            if answer(decision) != expected[index] or decision.engine.name != "durable-rules":
                wrong.append((first, turn))

    threads = [threading.Thread(target=work, args=(first,)) for first in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert engine.faults.executor == 0


def test_a_closed_engine_does_not_crash_the_process() -> None:
    """Deciding after `close`, or closing twice, raises or is answered by the reference; the process lives."""
    code = """
import datetime as dt
from pathlib import Path
from engine import Engine, load_policies
from tests.engine.conftest import POLICIES
engine = Engine(load_policies(POLICIES))
engine.close()
for act in (lambda: engine.decide("opening", {}, dt.datetime(2026, 12, 1, tzinfo=dt.UTC)), engine.close) * 3:
    try: act()
    except Exception as error: print(type(error).__name__)
print("alive")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

    assert (run.returncode, run.stdout.splitlines()[-1:]) == (0, ["alive"])
