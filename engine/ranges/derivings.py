"""Derived facts over ranges of what they read: between what each lies (see `spans` and `statuses`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from engine.expression import Constant, Expression, Name
from engine.kinds import LIMIT, SCALE, Kind, stored
from engine.policy import Derived, Policy, Table
from engine.ranges.spans import NOTHING, Numbers, Ranged, Ranges, Span, Statuses, Today, Words, numbers_of
from engine.ranges.statuses import FALSE, TRUE, UNKNOWN, Truth, truth_of

Deriving = Callable[[Ranges], Ranged]
#: Whether a condition, where it is unknown in some ranges, stays silent for certain (`if_missing: ignore`).
Silent = Callable[[Expression], Callable[[Ranges], bool]]


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


def deriving(derived: Derived, policy: Policy, today: Today, silent: Silent) -> Deriving:
    """Compile a derived fact to the range it lies in."""
    if derived.table is not None:
        return _table(derived.table, derived.kind, today, silent)
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


def _table(table: Table, kind: Kind, today: Today, silent: Silent) -> Deriving:
    rows = [(_heard(truth_of(row.when, today), silent(row.when)), row.value) for row in table.rows]
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
