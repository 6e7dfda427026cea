"""What every fact of a policy may be, over all applicants: declared for given facts, computed for all others.

Sound, not tight, as `spans` is: what lies outside never happens. Every fact may have no value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.codes import code_of
from engine.expression import Expression
from engine.kinds import LIMIT, Kind
from engine.policy import Aggregate, Derived, Policy
from engine.ranges.derivings import deriving, hull
from engine.ranges.intervals import Intervals, domain_of
from engine.ranges.spans import Ranged, Ranges, Span, Words
from engine.ranges.statuses import FALSE, TRUE
from engine.vocabulary import Fact, Range, RecordField


def domains(policy: Policy) -> Mapping[str, Ranged]:
    """The range of every fact, given or derived, whoever applies and whenever."""
    found = known(policy)
    for derived in policy.derived:
        found[derived.name] = computed(policy, derived, found)
    return found


def known(policy: Policy) -> dict[str, Ranged]:
    """The ranges of all that is there before anything is derived: given facts, and aggregates of records."""
    given = {name: fact for name, fact in policy.facts.items() if fact.kind is not None}
    found = {name: declared(policy.kinds[name], fact.range, gap=True) for name, fact in given.items()}
    for aggregate in policy.aggregates:
        found[aggregate.name] = _aggregated(aggregate, policy.facts[aggregate.records])
    return found


def computed(policy: Policy, derived: Derived, ranges: Ranges) -> Ranged:
    """The range of a derived fact, over those of the facts it reads."""
    return deriving(derived, policy, None, _never_silent)(ranges)


def fields_of(fact: Fact) -> Mapping[str, Ranged]:
    """The ranges of the fields of a list of records; every record has all of them."""
    return {field.name: declared(field.kind, field.range, gap=False) for field in fact.fields}


def declared(kind: Kind, bounds: Range | None, gap: bool) -> Ranged:
    """Every value of a kind, within its range if it has one."""
    if kind.name == "enum":
        return Words(frozenset(kind.values), gap)
    if kind.name == "bool":
        return hull(kind, [True, False], gap)
    ((low, high),) = domain_of(kind, bounds)
    return Span(low, high, gap)


def intervals_of(kind: Kind, ranged: Ranged) -> Intervals:
    """The values of a range as intervals over their codes."""
    if isinstance(ranged, Words):
        codes = sorted(code_of(kind, word) for word in ranged.words)
        return tuple((code, code) for code in codes)
    if isinstance(ranged, int):
        return tuple((code, code) for code, status in ((0, FALSE), (1, TRUE)) if ranged & status)
    return () if ranged.empty else ((int(ranged.low), int(ranged.high)),)


def _never_silent(_: Expression) -> Callable[[Ranges], bool]:
    """Nobody knows what will be missing, so no condition stays silent for certain."""
    return lambda ranges: False


def _aggregated(aggregate: Aggregate, records: Fact) -> Ranged:
    if aggregate.function in ("any", "all"):
        return hull(aggregate.kind, [True, False], gap=True)
    if aggregate.function == "count":
        return Span(0, records.max_records, gap=True)
    field = next(field for field in records.fields if field.name == aggregate.field)
    low, high = _ends(field)
    if aggregate.function == "sum":
        low, high = min(low * records.max_records, 0), max(high * records.max_records, 0)
        return Span(max(low, -LIMIT), min(high, LIMIT), gap=True)
    empty = aggregate.empty or 0
    return Span(min(low, empty), max(high, empty), gap=True)


def _ends(field: RecordField) -> tuple[int, int]:
    ((low, high),) = domain_of(field.kind, field.range)
    return low, high
