"""Values as whole numbers: base units of a number, the position of an enum word, the day number of a date, 0 or 1."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from engine.expression import Constant, Expression, Name
from engine.kinds import LIMIT, SCALE, Kind


def code_of(kind: Kind, value: object) -> int:
    """The whole number of a value in base units."""
    if kind.name == "enum":
        return kind.values.index(str(value))
    if isinstance(value, dt.date):
        return value.toordinal()
    return int(value)  # type: ignore[call-overload,no-any-return]  # a number or a bool


def code_against(left: Expression, right: Expression) -> int | None:
    """The whole number of a literal that stands against a fact; None for anything else, or between two such numbers."""
    if not isinstance(left, Name) or not isinstance(right, Constant):
        return None
    if not left.kind.numeric:
        return code_of(left.kind, right.value)
    code = Fraction(right.value) * SCALE[left.kind.name]  # type: ignore[arg-type]  # a numeric literal
    return int(code) if code.denominator == 1 and abs(code) <= LIMIT else None
