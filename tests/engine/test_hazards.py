"""The hazards of the C engine, one by one: what our compiler writes and our driver calls can meet none of them.

Held against the table (`hazards`) is everything that passes while random, shipped and outsized policies are loaded,
decided, broken, reset and closed.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine import Engine, load_policies
from engine.running import families, rete
from tests.engine.conftest import POLICIES
from tests.engine.generators import Case
from tests.engine.hazards import HAZARDS
from tests.engine.layered import c_engine
from tests.engine.test_limits import _facts, _rules
from tests.engine.tiny import MOMENT, load
from tests.engine.traffic import Called, Recorder, Traffic

SEEDS = 40


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Traffic:
    """Load, decide, break, reset and close, and write down all that passes."""
    recorder, folder = Recorder(c_engine()), tmp_path_factory.mktemp("traffic")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rete, "_engine", recorder)
        patch.setattr(families, "REMEMBERED", 1)  # so that facts pass whole and in part, again and again
        _random_policies(folder)
        _shipped_policies()
        _outsized_policies(folder)
        _in_threads(folder)
    return Traffic(recorder.calls)


def _random_policies(folder: Path) -> None:
    for seed in range(SEEDS):
        case = Case(seed)
        engine = Engine(case.load(folder))
        for _ in range(6):
            engine.decide("random_policy", case.facts(), MOMENT)
        engine.close()
    (folder / "random_policy.yaml").unlink()


def _shipped_policies() -> None:
    policies = load_policies(POLICIES)
    engine = Engine(policies)
    for policy in policies:
        for example in policy.examples[:8]:
            engine.decide_given(policy, example.given, MOMENT)
    engine.close()


def _outsized_policies(folder: Path) -> None:
    """Many rules that are alike, many facts in one condition, many branches; then the same after a fault."""
    names = [f"a{i}" for i in range(300)]
    alike = ["a0 > 4"] * 300
    wide = [" and ".join(f"{name}>0" for name in names[:200]), " or ".join(f"{name}>8" for name in names)]
    branched = [" or ".join(f"a{j} == {(i + j) % 9}" for j in range(9)) for i in range(150)]
    for conditions in (alike, wide, branched):
        engine = Engine(load(folder, _rules(conditions), _facts(300)))
        for value in (0, 5, 9):
            engine.decide("tiny", dict.fromkeys(names, value), MOMENT)
        engine.decide("tiny", {}, MOMENT)
        _spoil()
        for value in (9, 5, 0):
            engine.decide("tiny", dict.fromkeys(names, value), MOMENT)
        assert engine.faults.executor == 1
        engine.close()


def _spoil() -> None:
    """Let the next decision fail half-way."""
    recorder: Any = vars(rete)["_engine"]

    def fail(*arguments: Any) -> Any:
        del recorder.start_action_for_state
        recorder.start_action_for_state(*arguments)
        raise RuntimeError("the engine broke after the call")

    recorder.start_action_for_state = fail


def _in_threads(folder: Path) -> None:
    engine = Engine(load(folder, _rules(["a0 > 4", "a1 > 4 or a0 < 2"]), _facts(2)))
    facts = [{"a0": 9, "a1": 0}, {"a0": 0}, {"a1": 9, "a0": 5}]
    work = lambda: [engine.decide("tiny", facts[turn % 3], MOMENT) for turn in range(60)]
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.close()


@pytest.mark.parametrize("hazard", HAZARDS)
def test_what_passes_to_the_engine_keeps_clear_of(hazard: str, traffic: Traffic) -> None:
    """Nothing that was compiled, sent or called comes near the hazard."""
    assert HAZARDS[hazard](traffic)


def test_enough_has_passed(traffic: Traffic) -> None:
    """Rulesets of every size, facts that fired and facts that did not, faults and resets were all written down."""
    made = Counter(call.name for call in traffic.calls)
    statuses = {call.result[0] for call in traffic.calls if call.name == "assert_fact"}

    assert len(traffic.rulesets) > SEEDS
    assert max(map(len, traffic.rulesets)) > 1_000
    assert max(map(len, traffic.facts)) > 100
    assert made["delete_state"] > made["delete_ruleset"], "no memory was reset"
    assert statuses == {0, 1}


RULE = {"all": [{"m": {"$and": [{"$ex": {"w0m0": 1}}, {"t0": 1}]}}]}
ID = '{"id":"w0","w0m0":1,"t0":1}'


def _made(rules: dict[str, Any], *calls: Called) -> Traffic:
    """Traffic as it must not be."""
    warm = {"~w": {"all": [{"m": {"~zz": 1}}]}}
    text = json.dumps({**warm, **rules})
    begin = [
        Called("create_ruleset", ("n", text), 1),
        Called("assert_fact", (1, '{"id":"~z","~zz":1}'), (0, 1)),
        Called("start_action_for_state", (1, 1), (None, '{"~w":{}}')),
        Called("complete_and_start_action", (1, 1), None),
        Called("retract_fact", (1, '{"id":"~z"}'), None),
    ]
    end = [Called("delete_state", (1, None), None), Called("delete_ruleset", (1,), None)]
    return Traffic([*begin, *calls, *end])


def _pattern(*tests: Any, alias: str = "m", kind: str = "all") -> dict[str, Any]:
    return {"r": {kind: [{alias: {"$and": [{"$ex": {"w0m0": 1}}, *tests]}}]}}


def _sent(text: str, status: int = 1) -> tuple[Called, ...]:
    return (Called("assert_fact", (1, text), (status, 1)),)


#: One piece of traffic per hazard that the check must not let pass.
FORBIDDEN: dict[str, Traffic] = {
    "W1": _made(_pattern({"$or": [{"t0": 1}, {"t1": 1}]})),
    "W2": _made(_pattern({"t0": {"p": "x"}})),
    "W4": _made(_pattern({"t0": 1}, alias="n$not")),
    "W7": _made(_pattern({"t0": 1}, kind="any")),
    "W8": _made({f"r{i}": RULE for i in range(256)}),
    "W9": _made(_pattern({"$gte": {"t0": {"$m": "t1"}}})),
    "W10": _made({"r": {"all": [{"m": {"$and": [{"$nex": {"t0": 1}}]}}]}}),
    "W11": _made({"r": RULE}, *_sent('{"id":"w0","name":"' + "a" * 65_537 + '"}')),
    "W12": _made({"r": RULE}, *_sent(f'{{"id":"w0","t0":{2**63}}}')),
    "W13": _made({"r": RULE}, *_sent('{"id":"w0","t0":true}')),
    "W14": _made(_pattern({"r__x_": 1}), *_sent('{"id":"w0","wvbcq":1}')),
    "W15": _made(_pattern({"id": 1})),
    "W16": _made({"r": RULE}, Called("assert_facts", (1, "[]"), None)),
    "W17": _made({"r": {**RULE, "pri": 65_536}}),
    "C3": _made({"r": RULE}, Called("start_action_for_state", (1, 7), None)),
    "C6": _made({"r": RULE}, Called("abandon_action", (1, 1), None)),
    "C7": _made({"r": RULE}, *_sent('{"id":"w0","t0":[[1]]}')),
    "C8": _made({"r": RULE}, *_sent('{"id":"w0","sid":7}')),
    "C10": _made(_pattern({"$lt": {"t0": {"$div": {"$l": 1, "$r": 0}}}})),
    "C12": _made({f"r{i}": {"all": [{"m": {"$and": [{"$ex": {f"w{i}m0": 1}}]}}]} for i in range(511)}),
    "D6": _made({"r": RULE}, *_sent(ID, 0), *_sent(ID, 0)),
    "D9": _made({"r": RULE}, *_sent(ID, 0), Called("complete_and_start_action", (1, 1), None)),
    "L1": _made({f"r{i}": {"all": [{"m": {"$and": [{"$ex": {"w0m0": 1}}, {f"t{i}": 1}]}}]} for i in range(65)}),
    "L7": _made({"r": RULE}, *_sent("{" + ",".join(f'"f{i}":1' for i in range(253)) + ',"id":"w0"}')),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_each_check_would_see_its_hazard(name: str) -> None:
    """The check of a hazard refuses an example of it, so that a check which sees nothing cannot pass for safety."""
    (check,) = (check for title, check in HAZARDS.items() if title.split()[0] == name)

    assert not check(FORBIDDEN[name])


def test_the_page_about_hazards_lists_the_same() -> None:
    """docs/hazards.md has one line per hazard of the table, in the same words."""
    page = (POLICIES.parent / "docs" / "hazards.md").read_text(encoding="utf-8")
    listed = [line.split(" | ")[:2] for line in page.splitlines() if line.startswith("| ") and line[2] in "WCDL"]

    assert [f"{name.removeprefix('| ')} {title}" for name, title in listed] == list(HAZARDS)
