"""Waves: how the branches of many rules are shared out over wide facts, within the network's limits."""

from __future__ import annotations

import pytest

from engine.running.network import (
    MAX_FIELDS,
    MAX_MARKERS,
    MAX_PENDING,
    MAX_WAVE,
    NetworkLimit,
    Wave,
    _distinct_hashes,
    _fnv1a,
    compile_network,
    rule_name,
)
from tests.engine.conftest import Load
from tests.engine.tiny import COMMON


def _waves(loaded: Load, conditions: list[str], facts: int = 9) -> tuple[Wave, ...]:
    declared = [f"\n  a{i}: {{type: int, range: [0, 999], if_missing: ask, {COMMON}}}" for i in range(facts)]
    rules = [f'\n  - {{rule: r{i}, when: "{condition}", then: approve}}' for i, condition in enumerate(conditions)]
    return compile_network(loaded("rules:" + "".join(rules), "facts:" + "".join(declared))["tiny"])


def test_every_branch_stands_once_in_some_wave(loaded: Load) -> None:
    """Of rules with two branches each, both are there under the number of their rule, in order, with their tests."""
    (wave,) = _waves(loaded, [f"a0 > {i} or (a1 > {i} and a2 > 5)" for i in range(20)])

    assert [rule for rule, _, _ in wave.branches] == [i // 2 for i in range(40)]
    assert [len(tests) for _, _, tests in wave.branches] == [1, 2] * 20
    assert (wave.identity, len(wave.fields), len(set(wave.fields))) == ("w0", 41, 41)
    assert rule_name(wave, 3) == "w0r3"


@pytest.mark.parametrize(("rules", "markers"), [(1, 1), (60, 1), (61, 2), (800, 16)])
def test_markers_are_as_few_as_the_stack_allows(loaded: Load, rules: int, markers: int) -> None:
    """With all branches pending at once, what waits under any marker and the other markers fit the engine's stack."""
    count = min(rules, 500)  # as many rules as a policy may have; two branches make up for the rest
    extra = rules - count
    waves = _waves(loaded, [f"a0 > {i} or a1 > {i}" if i < extra else f"a0 > {i}" for i in range(count)])
    assert sum(len(wave.branches) for wave in waves) == rules
    for wave in waves:
        under = [sum(marker == mine for _, mine, _ in wave.branches) for marker in range(len(wave.markers))]
        assert len(wave.markers) - 1 + max(under) <= MAX_PENDING
        assert max(under) - min(under) <= 1
        assert len(wave.fields) + MAX_PENDING <= MAX_FIELDS
        assert len(wave.branches) <= MAX_WAVE
    if rules <= 61:
        assert [len(wave.markers) for wave in waves] == [markers]


def test_a_wide_fact_is_filled_before_the_next_begins(loaded: Load) -> None:
    """As many different tests as a fact may hold beside its markers, then another; a branch is never cut."""
    room = MAX_FIELDS - MAX_PENDING
    first, second = _waves(loaded, [f"a{i % 9} > {i}" for i in range(room + 1)])

    assert (len(first.fields), len(second.fields)) == (room, 1)
    assert first.identity != second.identity
    assert {*first.markers}.isdisjoint(second.markers)
    assert len(first.markers) + len(second.markers) <= MAX_MARKERS
    assert [rule for wave in (first, second) for rule, _, _ in wave.branches] == list(range(room + 1))


def test_the_rarest_test_of_a_branch_comes_first(loaded: Load) -> None:
    """What holds in the smallest part of its fact's values fails soonest, so the engine looks at it first."""
    (wave,) = _waves(loaded, ["a0 > 1 and a1 == 5", "a0 > 2 and a0 > 500", "a1 > 3 and a0 <= 1"])
    (rare, common), *_ = (tests for _, _, tests in wave.branches)
    names = [wave.columns[0].name, wave.columns[1].name]

    assert names == ["a0", "a1"]
    assert (common in wave.columns[0].tests, rare in wave.columns[1].tests) == (True, True)


def test_names_the_engine_would_mix_up_are_refused() -> None:
    """It compares fields by FNV-1a of 32 bits alone, under which two English words are the same."""
    vectors = {"": 0x811C9DC5, "a": 0xE40C292C, "b": 0xE70C2DE5, "foobar": 0xBF9CF968}

    assert {text: _fnv1a(text) for text in vectors} == vectors
    _distinct_hashes(["costarring", "liquids", "w0m0"])
    with pytest.raises(NetworkLimit, match="have the same hash"):
        _distinct_hashes(["costarring", "w0m0", "liquid"])


def test_more_rules_or_markers_than_the_network_takes_are_refused(
    loaded: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of the two is passed, the refusal says how many of both there would be."""
    rules = "".join(f"\n  - {{rule: r{n}, when: asked > {n} or second > {n}, then: approve}}" for n in range(3))
    policy = loaded(f"rules:{rules}")["tiny"]
    for limit in ("MAX_ENGINE_RULES", "MAX_MARKERS"):
        with monkeypatch.context() as patched:
            patched.setattr(f"engine.running.network.{limit}", 0)
            with pytest.raises(NetworkLimit, match="needs 3 engine rules and 1 markers, more than the network takes"):
                compile_network(policy)
    with monkeypatch.context() as patched:
        patched.setattr("engine.running.network.MAX_ENGINE_RULES", 3)
        assert sum(len(wave.branches) for wave in compile_network(policy)) == 3
    assert sum(len(wave.branches) for wave in compile_network(policy)) == 6
