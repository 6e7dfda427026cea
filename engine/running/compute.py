"""Formulas as Python closures: exact integer arithmetic for what the rule network cannot compute.

Written independently of the reference evaluator. A number is carried as an integer with a scale known beforehand
(its natural value is ``number / scale``); only division makes a fraction. No source code is generated or evaluated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import lcm

import msgspec

from engine.evaluation import DIVISION_BY_ZERO, OVERFLOW
from engine.expression import (
    Arithmetic,
    Call,
    Constant,
    Expression,
    Name,
    names_in,
    walk,
)
from engine.kinds import LIMIT, SCALE, Kind, Number, Rounding, Value, months_between

Values = Mapping[str, object]
NumberOf = Callable[[Values, dt.date], Number]
#: Gives a value in base units, or None when a fact is missing; raises Incomputable.
Compute = Callable[[Values, dt.date], Value | None]
RatioOf = Callable[[Values, dt.date], tuple[int, int]]
#: As Compute, for numbers.
Stored = Callable[[Values, dt.date], int | None]


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
        case Call() if _counts_days(expression):
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
    side = plain(expression.arguments[0])
    if expression.function == "days_since":
        return lambda values, today: today.toordinal() - side(values).toordinal()  # type: ignore[attr-defined]  # a date
    if expression.function == "months_since":
        return lambda values, today: months_between(side(values), today)  # type: ignore[arg-type]  # a date
    return lambda values, today: _years(months_between(side(values), today))  # type: ignore[arg-type]  # a date


def _years(months: int) -> int:
    return months // 12 if months >= 0 else -(-months // 12)


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


def compile_stored(expression: Expression, kind: Kind, rounding: Rounding) -> Stored:
    """Compile a formula whose result is stored: rounded once; None when a fact is missing; raises Incomputable."""
    target = SCALE[kind.name]
    number = None if _divides(expression) else compile_number(expression)
    whole = number is not None and number.whole and number.scale == target
    exact = number.of if number is not None and whole else _rounded(ratio(expression), target, rounding)
    return _within(exact, names_in(expression))


def fixed(expression: Expression, kind: Kind, rounding: Rounding) -> int | None:
    """What a formula comes to for everybody on every day; None when it depends on them, or cannot be computed."""
    if any(isinstance(part, Name) or (isinstance(part, Call) and _counts_days(part)) for part in walk(expression)):
        return None
    try:
        return compile_stored(expression, kind, rounding)({}, dt.date.min)
    except Incomputable:
        return None


def _counts_days(call: Call) -> bool:
    return call.function.endswith("_since")


def _divides(expression: Expression) -> bool:
    return isinstance(expression, Arithmetic) and expression.op == "/"


def _within(exact: NumberOf, names: tuple[str, ...]) -> Stored:
    def store(values: Values, today: dt.date) -> int | None:
        try:
            result = exact(values, today)
        except KeyError:  # a fact is missing
            return None
        except Incomputable:
            if all(name in values for name in names):
                raise
            return None
        if -LIMIT <= result <= LIMIT:
            return result  # type: ignore[return-value]  # whole by its scale, or rounded
        raise Incomputable(OVERFLOW)

    return store


def _rounded(split: RatioOf, target: int, rounding: Rounding) -> NumberOf:
    def round_off(values: Values, today: dt.date) -> int:
        over, under = split(values, today)
        result, rest = divmod(over * target, under)
        return result + 1 if rest and _rounds_up(result, rest, under, rounding) else result

    return round_off


def _rounds_up(floor: int, rest: int, under: int, rounding: Rounding) -> bool:
    """Whether floor + rest / under, which is not whole, goes to the next whole number."""
    if rounding == "half_even":
        return 2 * rest > under or (2 * rest == under and floor % 2 == 1)
    if rounding == "half_up":  # away from zero: below it the floor is further away
        return 2 * rest > under or (2 * rest == under and floor >= 0)
    return (floor < 0) is (rounding == "down")


def ratio(expression: Expression) -> RatioOf:
    """Compile a formula to two integers, numerator and positive denominator, in natural units."""
    if _divides(expression):
        left, right = compile_number(expression.left), compile_number(expression.right)  # type: ignore[union-attr]  # it is arithmetic
        if left.whole and right.whole:
            return _whole_ratio(left, right)
    number = compile_number(expression)
    of, scale = number.of, number.scale
    if number.whole:
        return lambda values, today: (of(values, today), scale)  # type: ignore[return-value]  # it is an int

    def split(values: Values, today: dt.date) -> tuple[int, int]:
        exact = Fraction(of(values, today)) / scale
        return exact.numerator, exact.denominator

    return split


def _whole_ratio(left: Scaled, right: Scaled) -> RatioOf:
    first, second, up, down = left.of, right.of, right.scale, left.scale

    def divide(values: Values, today: dt.date) -> tuple[int, int]:
        over, under = first(values, today) * up, second(values, today) * down
        if under == 0:
            raise Incomputable(DIVISION_BY_ZERO)
        return (over, under) if under > 0 else (-over, -under)  # type: ignore[return-value]  # they are ints

    return divide
