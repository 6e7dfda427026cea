"""Formulas as Python closures: exact integer arithmetic for what the rule network cannot compute.

Written independently of the reference evaluator. A number is carried as an integer with a scale known beforehand
(its natural value is ``number / scale``); only division makes a fraction. They serve where facts are missing;
where none is, most of it is written out by `writing`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import lcm

import msgspec

from engine.evaluation import DIVISION_BY_ZERO
from engine.expression import Arithmetic, Call, Constant, Expression, Name
from engine.kinds import SCALE, Number, Value, months_between

Values = Mapping[str, object]
NumberOf = Callable[[Values, dt.date], Number]
#: Gives a value in base units, or None when a fact is missing; raises Incomputable.
Compute = Callable[[Values, dt.date], Value | None]


class Incomputable(Exception):
    """cannot be computed although all facts are there"""


class Scaled(msgspec.Struct, frozen=True):
    """A computation of a number, and the scale its integers are in."""

    of: NumberOf
    scale: int
    whole: bool = True  #: whether it never makes a fraction
    fixed: int | None = None  #: a literal's integer


def at(number: Scaled, scale: int) -> Scaled:
    """The same number at a multiple of its scale."""
    factor = scale // number.scale
    if factor == 1:
        return number
    one = _literal(factor, factor)
    return _times(number, one) if number.fixed is None else _literal(number.fixed * factor, scale)


def compile_number(expression: Expression) -> Scaled:
    """Compile a formula; the result reads facts that must all be there and raises Incomputable."""
    match expression:
        case Constant():
            number = Fraction(expression.value)  # type: ignore[arg-type]  # a numeric literal
            return _literal(number.numerator, number.denominator)
        case Name():
            name = expression.name
            return Scaled(lambda values, today: values[name], SCALE[expression.kind.name])  # type: ignore[arg-type,return-value]  # a number
        case Arithmetic():
            return _arithmetic(expression)
        case Call() if counts_days(expression):
            return Scaled(_since(expression), 1)
        case Call():
            return _call(expression)
    raise AssertionError(expression)


def _literal(number: int, scale: int) -> Scaled:
    return Scaled(lambda values, today: number, scale, fixed=number)


def _arithmetic(expression: Arithmetic) -> Scaled:
    left, right = compile_number(expression.left), compile_number(expression.right)
    if expression.op == "*":
        return _times(left, right)
    if expression.op == "/":
        return Scaled(_quotient(left, right), 1, whole=False)
    scale, whole = lcm(left.scale, right.scale), left.whole and right.whole
    first, second = at(left, scale).of, at(right, scale).of
    if expression.op == "+":
        return Scaled(lambda values, today: first(values, today) + second(values, today), scale, whole)
    return Scaled(lambda values, today: first(values, today) - second(values, today), scale, whole)


def _times(left: Scaled, right: Scaled) -> Scaled:
    first, second, factor = left.of, right.of, right.fixed
    scale, whole = left.scale * right.scale, left.whole and right.whole
    if factor is not None:
        return Scaled(lambda values, today: first(values, today) * factor, scale, whole)
    return Scaled(lambda values, today: first(values, today) * second(values, today), scale, whole)


def _quotient(left: Scaled, right: Scaled) -> NumberOf:
    first, second, up, down = left.of, right.of, right.scale, left.scale

    def divide(values: Values, today: dt.date) -> Number:
        divisor = second(values, today) * down
        if divisor == 0:
            raise Incomputable(DIVISION_BY_ZERO)
        return Fraction(first(values, today) * up) / divisor

    return divide


def _call(expression: Call) -> Scaled:
    parts = [compile_number(argument) for argument in expression.arguments]
    scale = lcm(*(part.scale for part in parts))
    same, whole = [at(part, scale) for part in parts], all(part.whole for part in parts)
    if expression.function == "round_down":
        return Scaled(_floor(*same), scale, whole)
    if len(same) == 2:
        return Scaled(_chosen(*same, least=expression.function == "min"), scale, whole)
    of, choose = [part.of for part in same], min if expression.function == "min" else max
    return Scaled(lambda values, today: choose([one(values, today) for one in of]), scale, whole)


def _floor(number: Scaled, step: Scaled) -> NumberOf:
    of, size = number.of, step.fixed
    assert size is not None  # it is parsed as a literal
    return lambda values, today: of(values, today) // size * size


def _chosen(one: Scaled, other: Scaled, *, least: bool) -> NumberOf:
    left, right, bound = one.of, other.of, other.fixed

    def choose(values: Values, today: dt.date) -> Number:
        first, second = left(values, today), right(values, today)
        return first if (first <= second) is least else second

    def limit(values: Values, today: dt.date) -> Number:
        number = left(values, today)
        return number if (number <= bound) is least else bound  # type: ignore[operator,return-value]  # it is a literal

    return choose if bound is None else limit


def _since(expression: Call) -> NumberOf:
    side, count = plain(expression.arguments[0]), SINCE[expression.function]
    return lambda values, today: count(side(values), today)  # type: ignore[arg-type]  # a date


def _days(day: dt.date, today: dt.date) -> int:
    return today.toordinal() - day.toordinal()


def _years(day: dt.date, today: dt.date) -> int:
    months = months_between(day, today)
    return months // 12 if months >= 0 else -(-months // 12)


#: Completed days, months and years from a date to today.
SINCE: Mapping[str, Callable[[dt.date, dt.date], int]] = {
    "days_since": _days,
    "months_since": months_between,
    "years_since": _years,
}


def compile_plain(expression: Expression) -> Compute:
    """Compile a bare name or literal, of any kind; None when the fact is missing."""
    if isinstance(expression, Constant):
        value = expression.value
        return lambda values, today: value  # type: ignore[return-value]  # a word, a bool or a date
    assert isinstance(expression, Name)
    name = expression.name
    return lambda values, today: values.get(name)  # type: ignore[return-value]  # as above


def plain(expression: Expression) -> Callable[[Values], object]:
    """Compile a bare name or literal whose fact is there."""
    if isinstance(expression, Constant):
        value = expression.value
        return lambda values: value
    assert isinstance(expression, Name)
    name = expression.name
    return lambda values: values[name]


def counts_days(call: Call) -> bool:
    """Whether a function counts from a date to today."""
    return call.function.endswith("_since")
