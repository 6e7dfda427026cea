"""Formulas over ranges of values: between what a number lies when the facts it reads lie somewhere.

Answers are sound, not tight: what lies outside a span never happens, what lies inside may. Where every fact has one
value, so has the formula.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple

from engine.expression import Arithmetic, Call, Constant, Expression, Name
from engine.interpreter import since
from engine.kinds import SCALE, Number

HUGE = 10**300  #: beyond anything a formula over stored values comes to


class Span(NamedTuple):
    """Between what a number or a day lies, ends included; empty when it never has a value."""

    low: Number
    high: Number
    gap: bool = False  #: whether it may have no value

    @property
    def empty(self) -> bool:
        """Whether it never has a value."""
        return self.low > self.high


class Words(NamedTuple):
    """Which words an enum may hold."""

    words: frozenset[object]
    gap: bool = False  #: whether it may have no value


NOTHING = Span(1, 0, gap=True)
Statuses = int  #: a set of what a condition may come to, see `statuses`
Ranged = Span | Words | Statuses
Ranges = Mapping[str, Ranged]  #: in base units; what is missing is absent
Numbers = Callable[[Ranges], Span]
Today = dt.date | None  #: the day durations are counted against; None is any day


def stored_span(name: str) -> Numbers:
    """The span of a fact in base units; a date as day numbers."""
    return lambda ranges: ranges.get(name, NOTHING)  # type: ignore[return-value]  # a number or a date


def numbers_of(formula: Expression, today: Today) -> Numbers:
    """Compile a formula to the span it lies in, in natural units; dates are day numbers."""
    match formula:
        case Constant():
            value = formula.value.toordinal() if isinstance(formula.value, dt.date) else formula.value
            point = Span(value, value)  # type: ignore[arg-type]  # a number
            return lambda ranges: point
        case Name():
            return _natural(formula)
        case Arithmetic():
            left, right = numbers_of(formula.left, today), numbers_of(formula.right, today)
            combine = {"+": _sum, "-": _difference, "*": _product, "/": _quotient}[formula.op]
            return lambda ranges: _joined(combine, left(ranges), right(ranges))
        case _:
            assert isinstance(formula, Call)
            return _call(formula, today)


def _natural(name: Name) -> Numbers:
    of, scale = stored_span(name.name), SCALE.get(name.kind.name, 1)
    if scale == 1:
        return of

    def span(ranges: Ranges) -> Span:
        low, high, gap = of(ranges)
        return Span(Fraction(low, scale), Fraction(high, scale), gap)

    return span


def _joined(combine: Callable[[Span, Span], Span], left: Span, right: Span) -> Span:
    if left.empty or right.empty:
        return NOTHING
    low, high, gap = combine(left, right)
    return Span(low, high, gap or left.gap or right.gap)


def _sum(left: Span, right: Span) -> Span:
    return Span(left.low + right.low, left.high + right.high)


def _difference(left: Span, right: Span) -> Span:
    return Span(left.low - right.high, left.high - right.low)


def _product(left: Span, right: Span) -> Span:
    ends = [one * other for one in left[:2] for other in right[:2]]
    return Span(min(ends), max(ends))


def _quotient(left: Span, right: Span) -> Span:
    if right.low == right.high == 0:
        return NOTHING
    if right.low > 0 or right.high < 0:
        ends = [Fraction(one) / other for one in left[:2] for other in right[:2]]
        return Span(min(ends), max(ends))
    far: Number = max(abs(Fraction(left.low)), abs(Fraction(left.high))) * HUGE  # as near to zero as a divisor may come
    return Span(-far, far, gap=True)


def _call(call: Call, today: Today) -> Numbers:
    parts = [numbers_of(argument, today) for argument in call.arguments]
    if call.function in ("min", "max"):
        pick = min if call.function == "min" else max
        return _picked(parts, pick)
    one = parts[0]
    if call.function == "round_down":
        step = parts[1]({}).low  # a literal above zero
        return lambda ranges: _rising(one(ranges), lambda value: value // step * step)
    function = call.function

    def passed(ranges: Ranges) -> Span:
        """The later the day, the less has passed."""
        low, high, gap = one(ranges)
        if low > high:
            return NOTHING
        least = since(function, dt.date.fromordinal(int(high)), today or dt.date.min)
        most = since(function, dt.date.fromordinal(int(low)), today or dt.date.max)
        return Span(least, most, gap)

    return passed


def _rising(span: Span, of: Callable[[Number], Number]) -> Span:
    return NOTHING if span.empty else Span(of(span.low), of(span.high), span.gap)


def _picked(parts: list[Numbers], pick: Callable[..., Number]) -> Numbers:
    def span(ranges: Ranges) -> Span:
        found = [part(ranges) for part in parts]
        if any(one.empty for one in found):
            return NOTHING
        gap = any(one.gap for one in found)
        return Span(pick(one.low for one in found), pick(one.high for one in found), gap)

    return span
