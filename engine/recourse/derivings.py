"""Derived facts over ranges of what they read: between what each lies (see `spans` and `statuses`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from engine.evaluation import Evaluation
from engine.expression import Arithmetic, Constant, Expression, Name, names_in, walk
from engine.kinds import LIMIT, SCALE, Kind, stored
from engine.policy import Derived, Policy, Rule, Table
from engine.recourse.spans import NOTHING, Numbers, Ranged, Ranges, Span, Statuses, Words, numbers_of
from engine.recourse.statuses import FALSE, TRUE, UNKNOWN, Truth, gap_in, truth_of

Deriving = Callable[[Ranges], Ranged]


class Silence:
    """Which conditions of a case can be unknown only for want of facts that say `if_missing: ignore`."""

    def __init__(self, policy: Policy, evaluation: Evaluation) -> None:
        self._policy = policy
        self._missing = {name for name in policy.facts if name not in evaluation.values}
        self._ignored = {name for name in self._missing if policy.facts[name].if_missing == "ignore"}

    def may_follow(self, rule: Rule) -> bool:
        """Whether a rule that is unknown might stay silent: a fact to be ignored is missing somewhere below it."""
        names = (*rule.reads, *rule.amount_reads)
        return any(not self._ignored.isdisjoint(self._policy.base[name]) for name in names)

    def certain(self, condition: Expression) -> Callable[[Ranges], bool]:
        """Whether the condition, where it is unknown, is so for want of facts to be ignored alone."""
        names = names_in(condition)
        divides = any(isinstance(node, Arithmetic) and node.op == "/" for node in walk(condition))
        wanting = {base for name in names for base in self._policy.base[name]} & self._missing
        if divides or not wanting <= self._ignored:
            return lambda ranges: False
        return lambda ranges: not any(name in ranges and gap_in(ranges[name]) for name in names)


def single(value: Ranged | None) -> bool:
    """Whether a range holds one value, or none, for certain."""
    if value is None:
        return True
    if isinstance(value, int):
        return value in (TRUE, FALSE, UNKNOWN)
    if isinstance(value, Span):
        return value.low == value.high and not value.gap
    return len(value.words) + value.gap == 1


def hull(kind: Kind, values: Sequence[object], gap: bool = False) -> Ranged:
    """The smallest range that holds some values of a kind."""
    if kind.name == "bool":
        statuses = {(TRUE if value else FALSE) for value in values}
        return sum(statuses) | (UNKNOWN if gap else 0)
    if kind.name == "enum":
        return Words(frozenset(values), gap)
    numbers: Any = [value.toordinal() if isinstance(value, dt.date) else value for value in values]
    return Span(min(numbers), max(numbers), gap) if numbers else NOTHING


def deriving(derived: Derived, policy: Policy, today: dt.date, silence: Silence) -> Deriving:
    """Compile a derived fact to the range it lies in."""
    if derived.table is not None:
        return _table(derived.table, derived.kind, today, silence)
    formula = derived.formula
    assert formula is not None
    if derived.kind.name in SCALE:
        return rounded_span(numbers_of(formula, today), derived.kind, policy)
    if derived.kind.name == "bool":
        return truth_of(formula, today)
    if isinstance(formula, Constant):  # a literal word or date
        literal = hull(derived.kind, [formula.value])
        return lambda ranges: literal
    assert isinstance(formula, Name)
    name, nothing = formula.name, hull(derived.kind, [], gap=True)
    return lambda ranges: ranges.get(name, nothing)


def rounded_span(of: Numbers, kind: Kind, policy: Policy) -> Numbers:
    """Round both ends as a stored number is rounded; what cannot be stored is no value."""

    def span(ranges: Ranges) -> Span:
        low, high, gap = of(ranges)
        if low > high:
            return NOTHING
        least, most = (stored(kind, end, policy.rounding) for end in (low, high))
        if least > LIMIT or most < -LIMIT:
            return NOTHING
        beyond = least < -LIMIT or most > LIMIT
        return Span(max(least, -LIMIT), min(most, LIMIT), gap or beyond)

    return span


def _table(table: Table, kind: Kind, today: dt.date, silence: Silence) -> Deriving:
    rows = [(_heard(truth_of(row.when, today), silence.certain(row.when)), row.value) for row in table.rows]
    read = _summed if table.hit == "collect" and table.combine == "sum" else _chosen
    return lambda ranges: read(table, kind, [(of(ranges), value) for of, value in rows])


def _heard(truth: Truth, silent: Callable[[Ranges], bool]) -> Truth:
    """A row that lacks only what is to be ignored does not apply."""

    def statuses(ranges: Ranges) -> Statuses:
        found = truth(ranges)
        return (found & ~UNKNOWN) | FALSE if found & UNKNOWN and silent(ranges) else found

    return statuses


def _chosen(table: Table, kind: Kind, rows: Sequence[tuple[Statuses, object]]) -> Ranged:
    """The values of the rows that may apply, and `otherwise` unless one must."""
    values, gap, sure = [], False, False
    for statuses, value in rows:
        gap |= bool(statuses & UNKNOWN)
        values += [value] if statuses & TRUE else []
        if statuses == TRUE:
            sure = True
            if table.hit == "first":
                break
    gap |= table.hit == "unique" and len(values) > 1
    if not sure:
        gap |= table.otherwise is None
        values += [table.otherwise] if table.otherwise is not None else []
    return hull(kind, values, gap)


def _summed(table: Table, kind: Kind, rows: Sequence[tuple[Statuses, Any]]) -> Ranged:
    """Between the sum of what lowers and of what raises it; rows that must apply are in both."""
    sure = [value for statuses, value in rows if statuses == TRUE]
    maybe = [value for statuses, value in rows if statuses & TRUE and statuses != TRUE]
    gap = any(statuses & UNKNOWN for statuses, _ in rows)
    low = sum(sure) + sum(value for value in maybe if value < 0)
    high = sum(sure) + sum(value for value in maybe if value > 0)
    ends = [low, high] if sure or maybe else []
    if not sure:
        gap |= table.otherwise is None
        ends += [table.otherwise] if table.otherwise is not None else []
    return hull(kind, ends, gap or max(map(abs, ends), default=0) > LIMIT)
