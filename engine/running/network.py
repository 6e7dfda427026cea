"""The rules of a policy compiled for the rule network: waves of single-pattern rules over one wide fact.

A wide fact says which tests hold: one field per test, there when it holds and absent when not. Each branch of each
rule becomes one engine rule, `marker and test and test ..`, so nothing is joined and nothing negated in the engine,
and nothing an applicant wrote, not even a number, reaches it. The limits here keep inside the engine's measured safe
subset (docs/adr/0001).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from engine.expression import Expression
from engine.policy import Policy
from engine.running.branches import MAX_BRANCHES, Branch, branches
from engine.running.columns import Column, lay_out

MAX_FIELDS = 240  #: per wide fact; the engine takes 255 less id and sid
MAX_PENDING = 60  #: (markers - 1) + branches under one marker; the engine's stack holds 64
MAX_WAVE = 800  #: branches asserted with one wide fact
MAX_MARKERS = 480  #: all of them stand below the engine's root, which hangs at 512
MAX_ENGINE_RULES = 4_000  #: the engine takes 4,096


class NetworkLimit(Exception):
    """the policy does not fit the rule network"""


class Wave(msgspec.Struct, frozen=True):
    """One wide fact and the branches it decides."""

    identity: str
    markers: tuple[str, ...]
    columns: tuple[Column, ...]
    fields: tuple[str, ...]  #: the field of each test, by number
    branches: tuple[tuple[int, int, tuple[int, ...]], ...]  #: (rule number, marker number, tests by number)


def compile_network(policy: Policy) -> tuple[Wave, ...]:
    """Lay the rules of a policy out in waves; with fewer branches per rule when they would be too many."""
    for most in (MAX_BRANCHES, 4, 1):
        waves = tuple(_waves([(rule, branch) for rule, branch in _spread(policy, most)], policy))
        count = sum(len(wave.branches) for wave in waves)
        markers = sum(len(wave.markers) for wave in waves)
        if count <= MAX_ENGINE_RULES and markers <= MAX_MARKERS:
            _distinct_hashes([name for wave in waves for name in (*wave.markers, *wave.fields)])
            return waves
    raise NetworkLimit(f"the policy needs {count} engine rules and {markers} markers, more than the network takes")


def _spread(policy: Policy, most: int) -> Iterator[tuple[int, Branch]]:
    for number, rule in enumerate(policy.rules):
        for branch in branches(rule.when, most):
            yield number, branch


def _waves(spread: Sequence[tuple[int, Branch]], policy: Policy) -> Iterator[Wave]:
    """Cut branches into wide facts that stay inside the engine's limits."""
    rest, number = list(spread), 0
    while rest:
        taken, tests = 0, dict[Expression, None]()
        for _, branch in rest[:MAX_WAVE]:
            wider = tests | dict.fromkeys(branch)
            if len(wider) > MAX_FIELDS - MAX_PENDING and taken:
                break
            tests, taken = wider, taken + 1
        yield _wave(rest[:taken], list(tests), policy, number)
        rest, number = rest[taken:], number + 1


def _wave(spread: Sequence[tuple[int, Branch]], tests: list[Expression], policy: Policy, number: int) -> Wave:
    count = next(k for k in range(1, MAX_PENDING) if k - 1 + -(-len(spread) // k) <= MAX_PENDING)
    numbers = {test: index for index, test in enumerate(tests)}
    columns = lay_out(tests, policy.kinds)
    rare = _rarity(columns)
    return Wave(
        identity=f"w{number}",
        markers=tuple(f"w{number}m{k}" for k in range(count)),
        columns=columns,
        fields=tuple(f"t{index}" for index in range(len(tests))),
        branches=tuple(
            (rule, i % count, tuple(sorted([numbers[test] for test in branch], key=rare.__getitem__)))
            for i, (rule, branch) in enumerate(spread)
        ),
    )


def _rarity(columns: Sequence[Column]) -> dict[int, tuple[float, int]]:
    """Sort keys that put first what holds in the smallest part of its column: what fails early costs least."""
    return {
        test: (sum(test in holds for holds in column.holds) / len(column.holds), test)
        for column in columns
        for test in column.tests
    }


def engine_rules(waves: Sequence[Wave]) -> dict[str, object]:
    """What the engine compiles: one single-pattern rule per branch."""
    return {
        rule_name(wave, index): {"all": [{"m": {"$and": [{"$ex": {wave.markers[marker]: 1}}, *_tests(wave, tests)]}}]}
        for wave in waves
        for index, (_, marker, tests) in enumerate(wave.branches)
    }


def _tests(wave: Wave, tests: Sequence[int]) -> list[object]:
    return [{wave.fields[test]: 1} for test in tests]


def rule_name(wave: Wave, index: int) -> str:
    """The name of the engine rule of a branch."""
    return f"{wave.identity}r{index}"


def _distinct_hashes(names: Sequence[str]) -> None:
    """Refuse names the engine would mix up: it compares fields by a 32-bit hash only."""
    seen: dict[int, str] = {}
    for name in {*names, "~zz", "id", "sid", "$s", "$forward", "m"}:
        other = seen.setdefault(_fnv1a(name), name)
        if other != name:
            raise NetworkLimit(f"field names `{name}` and `{other}` have the same hash")


def _fnv1a(text: str) -> int:
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value
