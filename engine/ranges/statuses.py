"""Conditions over ranges of values: the statuses each may come to.

The search for recourse asks about whole ranges at once, so that it can rule out what cannot help without trying it; the
loader asks about all that facts may be, and refuses conditions that never or always hold.
Answers are sound, not tight, as those of `spans`. Kleene's three statuses are bits; a set of them is a small integer.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from engine.expression import Among, Compare, Constant, Expression, IsMissing, Junction, Name, Not
from engine.kinds import SCALE
from engine.ranges.spans import Numbers, Ranged, Ranges, Span, Statuses, Today, Words, numbers_of, stored_span

TRUE, FALSE, UNKNOWN = 1, 2, 4
Truth = Callable[[Ranges], Statuses]


def truth_of(condition: Expression, today: Today) -> Truth:
    """Compile a condition to the statuses it may come to."""
    match condition:
        case Junction():
            return _junction([truth_of(item, today) for item in condition.items], condition.op == "or")
        case Not():
            item = truth_of(condition.item, today)
            return lambda ranges: NEGATED[item(ranges)]
        case IsMissing():
            return _missing(condition)
        case Among():
            return _among(condition, today)
        case Compare():
            return _compare(condition, today)
        case Name():
            name = condition.name
            return lambda ranges: ranges.get(name, UNKNOWN)  # type: ignore[return-value]  # a bool
        case _:
            assert isinstance(condition, Constant)
            status = TRUE if condition.value else FALSE
            return lambda ranges: status


def _negated(statuses: Statuses) -> Statuses:
    return (statuses & UNKNOWN) | (TRUE if statuses & FALSE else 0) | (FALSE if statuses & TRUE else 0)


def _both(left: Statuses, right: Statuses) -> Statuses:
    """Kleene's `and` of any status on the left with any on the right."""
    found = FALSE if (left | right) & FALSE else 0
    if left & TRUE and right & TRUE:
        found |= TRUE
    if (left & UNKNOWN and right & ~FALSE) or (right & UNKNOWN and left & ~FALSE):
        found |= UNKNOWN
    return found


NEGATED = tuple(_negated(statuses) for statuses in range(8))
BOTH = tuple(tuple(_both(left, right) for right in range(8)) for left in range(8))
EITHER = tuple(tuple(NEGATED[BOTH[NEGATED[left]][NEGATED[right]]] for right in range(8)) for left in range(8))


def _junction(items: list[Truth], decisive: bool) -> Truth:
    table, start, end = (EITHER, FALSE, TRUE) if decisive else (BOTH, TRUE, FALSE)

    def statuses(ranges: Ranges) -> Statuses:
        found = start
        for item in items:
            found = table[found][item(ranges)]
            if found == end:
                break
        return found

    return statuses


def _missing(condition: IsMissing) -> Truth:
    name, negated = condition.name.name, condition.negated

    def statuses(ranges: Ranges) -> Statuses:
        found = TRUE if name not in ranges else FALSE
        if name in ranges and gap_in(ranges[name]):
            found = TRUE | FALSE | UNKNOWN  # missing, or computed in vain
        return NEGATED[found] if negated else found

    return statuses


def gap_in(value: Ranged) -> bool:
    """Whether a range may hold no value."""
    return bool(value & UNKNOWN) if isinstance(value, int) else value.gap


def _among(condition: Among, today: Today) -> Truth:
    each = [_compare(Compare("==", condition.item, value), today) for value in condition.values]
    any_of = _junction(each, decisive=True)
    return (lambda ranges: NEGATED[any_of(ranges)]) if condition.negated else any_of


def _compare(condition: Compare, today: Today) -> Truth:
    left, right, op = condition.left, condition.right, condition.op
    if left.kind.name in ("bool", "enum") or right.kind.name in ("bool", "enum"):
        return _same(left, right, today, negated=op == "!=")
    if op in (">", ">="):
        left, right, op = right, left, "<" if op == ">" else "<="
    low, high = _sides(left, right, today)
    holds = {"<": _less, "<=": _at_most, "==": _equal, "!=": _equal}[op]

    def statuses(ranges: Ranges) -> Statuses:
        first, second = low(ranges), high(ranges)
        found = UNKNOWN if first.gap or second.gap else 0
        if not first.empty and not second.empty:
            found |= holds(first, second)
        return NEGATED[found] if op == "!=" else found

    return statuses


def _less(left: Span, right: Span) -> Statuses:
    return (TRUE if left.low < right.high else 0) | (FALSE if left.high >= right.low else 0)


def _at_most(left: Span, right: Span) -> Statuses:
    return (TRUE if left.low <= right.high else 0) | (FALSE if left.high > right.low else 0)


def _equal(left: Span, right: Span) -> Statuses:
    meet = left.low <= right.high and right.low <= left.high
    single = left.low == left.high == right.low == right.high
    return (TRUE if meet else 0) | (0 if single else FALSE)


def _same(left: Expression, right: Expression, today: Today, negated: bool) -> Truth:
    """Whether two bools, or two words, are the same."""
    first, second = _words(left, today), _words(right, today)

    def statuses(ranges: Ranges) -> Statuses:
        one, other = first(ranges), second(ranges)
        found = UNKNOWN if one.gap or other.gap else 0
        if one.words and other.words:
            found |= TRUE if one.words & other.words else 0
            found |= 0 if len(one.words) == len(other.words) == 1 and one.words == other.words else FALSE
        return NEGATED[found] if negated else found

    return statuses


_OF_BOOLS = tuple(
    Words(frozenset(value for bit, value in ((TRUE, True), (FALSE, False)) if statuses & bit), bool(statuses & UNKNOWN))
    for statuses in range(8)
)


def _words(expression: Expression, today: Today) -> Callable[[Ranges], Words]:
    if expression.kind.name == "bool":
        truth = truth_of(expression, today)
        return lambda ranges: _OF_BOOLS[truth(ranges)]
    if isinstance(expression, Constant):
        word = Words(frozenset([expression.value]))
        return lambda ranges: word
    assert isinstance(expression, Name)  # only names and literals stand beside words
    name, nothing = expression.name, Words(frozenset(), gap=True)
    return lambda ranges: ranges.get(name, nothing)  # type: ignore[return-value]  # an enum


def _sides(left: Expression, right: Expression, today: Today) -> tuple[Numbers, Numbers]:
    """Both sides in one unit: base units where a stored number meets a literal, which spares fractions."""
    for stored, literal in ((left, right), (right, left)):
        if isinstance(stored, Name) and stored.kind.name in SCALE and isinstance(literal, Constant):
            sides = stored_span(stored.name), _in_base_units(literal, SCALE[stored.kind.name])
            return sides if stored is left else sides[::-1]
    return numbers_of(left, today), numbers_of(right, today)


def _in_base_units(literal: Constant, scale: int) -> Numbers:
    code = Fraction(literal.value) * scale  # type: ignore[arg-type]  # a numeric literal
    number = code.numerator if code.denominator == 1 else code
    point = Span(number, number)
    return lambda ranges: point
