"""A policy compiled for the rule network: its productions, their strata, and how facts are sent.

A production is anything with a condition: a row of a table, an item of a scorecard, a condition that defines a bool
fact, a rule. Each of its branches becomes one single-pattern engine rule over one wide fact, so nothing is joined
and nothing negated in the engine. The limits here keep inside the engine's measured safe subset (docs/adr/0001).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from engine.encoding import Branch, Features, branches
from engine.expression import Expression
from engine.policy import Policy, Table

MAX_FIELDS = 240  #: per wide fact; the engine takes 255 less id and sid
MAX_PENDING = 60  #: (markers - 1) + branches under one marker; the engine's stack holds 64
MAX_WAVE = 800  #: branches asserted with one wide fact
MAX_MARKERS = 480  #: all of them stand below the engine's root, which hangs at 512
MAX_ENGINE_RULES = 4_000  #: the engine takes 4,096

_OPERATOR = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}


class NetworkLimit(Exception):
    """the policy does not fit the rule network"""


class Production(msgspec.Struct, frozen=True):
    """A condition to be decided: row `index` of the derived fact `owner`, or the rule `owner`."""

    owner: str
    index: int
    condition: Expression


class Wave(msgspec.Struct, frozen=True):
    """One wide fact and the productions it decides."""

    identity: str
    markers: tuple[str, ...]  #: when facts are sent as bounds
    exact_markers: tuple[str, ...]  #: when every fact is known and sent as itself, to a ruleset of its own
    fields: Mapping[str, Mapping[str, str]]  #: fact or feature -> side -> field name
    exact_fields: Mapping[str, str]  #: fact or feature -> field name
    branches: tuple[tuple[int, int, Branch], ...]  #: (production number, marker number, tests)


class Stratum(msgspec.Struct, frozen=True):
    """A layer: formulas to compute first, features to send, then productions decided by waves."""

    derived: tuple[str, ...]  #: derived facts that become known in this layer
    productions: tuple[Production, ...]
    features: Mapping[str, Expression]
    waves: tuple[Wave, ...]


def compile_network(policy: Policy) -> tuple[Stratum, ...]:
    """Lay a policy out in strata; the last one holds the rules. Raises NetworkLimit."""
    by_name = {derived.name: derived for derived in policy.derived}
    features: Features = {}
    counter = iter(range(10**6))
    strata = []
    for layer in policy.strata:
        conditions = [
            (name, index, condition)
            for name in layer
            for index, condition in enumerate(_conditions(by_name[name].table, by_name[name].formula))
        ]
        strata.append(_stratum(layer, conditions, features, counter))
    strata.append(_stratum((), [(rule.name, 0, rule.when) for rule in policy.rules], features, counter))
    if sum(len(wave.branches) for stratum in strata for wave in stratum.waves) > MAX_ENGINE_RULES:
        raise NetworkLimit(f"the policy needs more than {MAX_ENGINE_RULES} engine rules")
    if sum(len(wave.markers) for stratum in strata for wave in stratum.waves) > MAX_MARKERS:
        raise NetworkLimit(f"the policy needs more than {MAX_MARKERS} markers; its conditions read too many facts")
    return tuple(strata)


def _conditions(table: Table | None, formula: Expression | None) -> Sequence[Expression]:
    if table is not None:
        return [row.when for row in table.rows]
    return [formula] if formula is not None and formula.kind.name == "bool" else []


def _stratum(
    layer: Sequence[str], conditions: Sequence[tuple[str, int, Expression]], features: Features, counter: Iterator[int]
) -> Stratum:
    productions = tuple(Production(*condition) for condition in conditions)
    spread = [
        (number, branch) for number, one in enumerate(productions) for branch in branches(one.condition, features)
    ]
    needed = {test.name for _, branch in spread for test in branch}
    mine = {name: condition for condition, name in features.items() if name in needed}
    return Stratum(tuple(layer), productions, mine, tuple(_waves(spread, counter)))


def _waves(spread: Sequence[tuple[int, Branch]], counter: Iterator[int]) -> Iterator[Wave]:
    """Cut branches into wide facts that stay inside the engine's limits."""
    rest = list(spread)
    while rest:
        taken, fields = 0, set[tuple[str, str]]()
        for _, branch in rest[:MAX_WAVE]:
            wider = fields | {(test.name, test.side) for test in branch}
            if len(wider) > MAX_FIELDS - MAX_PENDING and taken:
                break
            fields, taken = wider, taken + 1
        yield _wave(rest[:taken], next(counter))
        rest = rest[taken:]


def _wave(spread: Sequence[tuple[int, Branch]], number: int) -> Wave:
    count = next(k for k in range(1, MAX_PENDING) if k - 1 + -(-len(spread) // k) <= MAX_PENDING)
    fields: dict[str, dict[str, str]] = {}
    for _, branch in spread:
        for test in branch:
            known = fields.setdefault(test.name, {})
            known.setdefault(test.side, f"f{sum(map(len, fields.values()))}")
    return Wave(
        identity=f"w{number}",
        markers=tuple(f"w{number}m{k}" for k in range(count)),
        exact_markers=tuple(f"w{number}x{k}" for k in range(count)),
        fields=fields,
        exact_fields={name: f"x{index}" for index, name in enumerate(fields)},
        branches=tuple((production, i % count, branch) for i, (production, branch) in enumerate(spread)),
    )


def engine_rules(strata: Sequence[Stratum], exact: bool) -> dict[str, object]:
    """What the engine compiles: one single-pattern rule per branch, over the facts themselves or over their bounds."""
    rules: dict[str, object] = {}
    for stratum in strata:
        for wave in stratum.waves:
            markers = wave.exact_markers if exact else wave.markers
            for index, (_, marker, branch) in enumerate(wave.branches):
                tests = _exact(branch, wave) if exact else _bounds(branch, wave)
                rules[rule_name(wave, index)] = {"all": [{"m": {"$and": [{"$ex": {markers[marker]: 1}}, *tests]}}]}
    _distinct_hashes([field for stratum in strata for wave in stratum.waves for field in _field_names(wave)])
    return rules


def rule_name(wave: Wave, index: int) -> str:
    """The name of the engine rule of a branch."""
    return f"{wave.identity}r{index}"


def _bounds(branch: Branch, wave: Wave) -> list[object]:
    return [_engine_test(wave.fields[test.name][test.side], test.op, test.code) for test in branch]


def _exact(branch: Branch, wave: Wave) -> list[object]:
    """The tests of a branch when both bounds are the value: a lower and an upper bound that meet are an equality."""
    low = {(test.name, test.code) for test in branch if test.op == ">="}
    met = {(test.name, test.code) for test in branch if test.op == "<="} & low
    equal = [_engine_test(wave.exact_fields[name], "==", code) for name, code in sorted(met)]
    others = [test for test in branch if test.op not in (">=", "<=") or (test.name, test.code) not in met]
    return equal + [_engine_test(wave.exact_fields[test.name], test.op, test.code) for test in others]


def _engine_test(field: str, op: str, code: int) -> object:
    return {field: code} if op == "==" else {_OPERATOR[op]: {field: code}}


def _field_names(wave: Wave) -> Iterator[str]:
    yield from (*wave.markers, *wave.exact_markers, *wave.exact_fields.values())
    for names in wave.fields.values():
        yield from names.values()


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
