"""Formulas whose result is stored: compiled as in `compute`, rounded once, and kept within what can be stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from fractions import Fraction

from engine.evaluation import DIVISION_BY_ZERO, OVERFLOW
from engine.expression import Arithmetic, Call, Expression, Name, names_in, walk
from engine.kinds import LIMIT, SCALE, Kind, Rounding
from engine.running.compute import Incomputable, NumberOf, Scaled, Values, compile_number, counts_days

RatioOf = Callable[[Values, dt.date], tuple[int, int]]
#: Gives a number in base units, or None when a fact is missing; raises Incomputable.
Stored = Callable[[Values, dt.date], int | None]


def compile_stored(expression: Expression, kind: Kind, rounding: Rounding) -> Stored:
    """Compile a formula whose result is stored: rounded once; None when a fact is missing; raises Incomputable."""
    if isinstance(expression, Name) and expression.kind.name == kind.name:
        return _bare(expression.name)
    target = SCALE[kind.name]
    number = None if _divides(expression) else compile_number(expression)
    whole = number is not None and number.whole and number.scale == target
    exact = number.of if number is not None and whole else _rounded(ratio(expression), target, rounding)
    return _within(exact, names_in(expression))


def fixed(expression: Expression, kind: Kind, rounding: Rounding) -> int | None:
    """What a formula comes to for everybody on every day; None when it depends on them, or cannot be computed."""
    if any(isinstance(part, Name) or (isinstance(part, Call) and counts_days(part)) for part in walk(expression)):
        return None
    try:
        return compile_stored(expression, kind, rounding)({}, dt.date.min)
    except Incomputable:
        return None


def _divides(expression: Expression) -> bool:
    return isinstance(expression, Arithmetic) and expression.op == "/"


def _bare(name: str) -> Stored:
    """A number that is stored already, in the same unit."""

    def store(values: Values, _: dt.date) -> int | None:
        result = values.get(name)
        if result is None or -LIMIT <= result <= LIMIT:  # type: ignore[operator]  # a number
            return result  # type: ignore[return-value]  # as above
        raise Incomputable(OVERFLOW)

    return store


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
        return quotient(over * target, under, rounding)

    return round_off


def quotient(over: int, under: int, rounding: Rounding) -> int:
    """A quotient rounded to a whole number; raises ZeroDivisionError."""
    if under < 0:
        over, under = -over, -under
    result, rest = divmod(over, under)
    return result + 1 if rest and _rounds_up(result, rest, under, rounding) else result


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
