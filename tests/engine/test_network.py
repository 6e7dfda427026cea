"""What the rule network is given: only what the C engine is known to do right, at every size, and flat memory.

The hazards are those of docs/adr/0001: operators, value types, pending matches, fields, names, rules per ruleset.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine import PolicySet
from engine.given import check
from engine.policy import Policy
from engine.running.executor import Executor
from engine.running.matching import NetworkMatcher
from engine.running.network import compile_network, engine_rules
from engine.running.rete import WorkingMemory
from tests.engine.generators import Case
from tests.engine.tiny import MOMENT


def _generated(folder: Path, seed: int) -> PolicySet:
    return Case(seed).load(folder)


def _tests(rule: Any) -> list[dict[str, Any]]:
    """The tests of an engine rule; it must be one pattern of one conjunction."""
    assert list(rule) == ["all"]
    (pattern,) = rule["all"]
    assert list(pattern) == ["m"]
    assert list(pattern["m"]) == ["$and"]
    tests: list[dict[str, Any]] = pattern["m"]["$and"]
    return tests


def is_safe(policy: Policy) -> None:
    """Assert that what a policy compiles to keeps every rule of the safe subset."""
    rules: dict[str, Any] = engine_rules(compile_network(policy))
    assert len(rules) < 4_096
    assert len({name.encode() for name in rules}) == len(rules)
    markers: Counter[str] = Counter()
    fields: dict[str, set[str]] = {}
    for rule in rules.values():
        presence, *tests = _tests(rule)
        ((marker, one),) = presence.pop("$ex").items()
        assert (presence, one) == ({}, 1)
        markers[marker] += 1
        for test in tests:
            ((field, value),) = test.items()
            assert type(value) is int, "that a test holds is sent as 1"
            assert value == 1
            assert re.fullmatch(r"t[0-9]+", field)
            fields.setdefault(_wave_of(marker), set()).add(field)
    assert len(markers) < 500, "tests below the root"
    by_wave = Counter(map(_wave_of, markers))
    for marker, count in markers.items():
        assert by_wave[_wave_of(marker)] - 1 + count <= 64, "matches pending on the engine's stack"
    for wave, count in by_wave.items():
        assert count + len(fields.get(wave, ())) <= 240, "fields of one fact"


def _wave_of(marker: str) -> str:
    """Markers of one wide fact differ in their last number only."""
    return marker.rstrip("0123456789")


@pytest.mark.parametrize("block", range(5))
def test_no_generated_policy_leaves_the_safe_subset(block: int, tmp_path: Path) -> None:
    """Single patterns, a positive marker first, equality with 1 and nothing else, and all of the limits."""
    for seed in range(block * 24, block * 24 + 24):
        is_safe(_generated(tmp_path, seed)["random_policy"])


def test_the_shipped_policies_stay_in_the_safe_subset(shipped: PolicySet) -> None:
    """The policies that are shipped keep every limit too."""
    for policy in shipped:
        is_safe(policy)


def test_only_that_tests_hold_is_asserted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fact sent is flat JSON of ones under short names of our own: no text, number or null of anybody's."""
    sent: list[str] = []
    fire = WorkingMemory.fire
    monkeypatch.setattr(WorkingMemory, "fire", lambda self, *a: (sent.append(a[0]), fire(self, *a))[1])  # type: ignore[func-returns-value]  # a spy
    for seed in range(40):
        case = Case(seed)
        policies = case.load(tmp_path)
        policy = policies["random_policy"]
        network = Executor(policy, NetworkMatcher(policy))
        for _ in range(4):
            network.evaluate(check(case.facts(), policies.vocabulary), MOMENT)
        network.close()

    assert len(sent) > 200
    for text in sent:
        fact = json.loads(text, object_pairs_hook=_distinct)
        assert re.fullmatch(r"[~a-z0-9]+", fact.pop("id"))
        assert all(type(value) is int and value == 1 for value in fact.values()), text
        assert all(re.fullmatch(r"~zz|w[0-9]+m[0-9]+|t[0-9]+", field) for field in fact)
        assert len(fact) <= 240


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len({name for name, _ in pairs}) == len(pairs), "a field is sent twice"
    return dict(pairs)
