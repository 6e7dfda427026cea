"""Kinds of values and how they combine: the units of the policy language.

Inside the engine a value is held in *base units*: money in fen, a rate in basis points, an int, bool or enum as
itself, a date as a ``datetime.date``. Expressions compute in *natural units* (yuan, fractions), exactly; see
`natural` and `stored`.
"""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction
from typing import Literal

import msgspec

KindName = Literal["int", "money", "rate", "bool", "enum", "date", "number", "literal"]
Value = int | bool | str | dt.date  #: a value in base units; bool before int wherever it matters
Number = int | Fraction
Rounding = Literal["half_even", "half_up", "down", "up"]

SCALE: dict[str, int] = {"int": 1, "money": 100, "rate": 10_000}
#: Largest magnitude of a stored number: exact in every JSON reader (RFC 8259 section 6) and far inside int64.
LIMIT = 2**53 - 1
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class Kind(msgspec.Struct, frozen=True):
    """The kind of a value: its name and, for enums, the words it may take."""

    name: KindName
    values: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether arithmetic applies."""
        return self.name in ("int", "money", "rate", "number", "literal")

    @property
    def plain(self) -> bool:
        """Whether this is a number without a unit."""
        return self.name in ("int", "number", "literal")


INT, MONEY, RATE = Kind("int"), Kind("money"), Kind("rate")
BOOL, DATE, NUMBER, LITERAL = Kind("bool"), Kind("date"), Kind("number"), Kind("literal")


class KindError(Exception):
    """kinds do not go together"""


def unify(left: Kind, right: Kind) -> Kind:
    """Give the common kind of two values that are added, compared or put in order; raise KindError if there is none."""
    if left.name == right.name:
        return left
    if "literal" in (left.name, right.name):
        other = right if left.name == "literal" else left
        if other.numeric:
            return other
    if left.numeric and right.numeric and "money" not in (left.name, right.name):
        return NUMBER
    raise KindError(f"{left.name} and {right.name} do not go together")


def multiply(left: Kind, right: Kind) -> Kind:
    """Give the kind of a product; money times money has none. A literal times an int still takes any unit."""
    names = {left.name, right.name}
    if "money" in names:
        if left.name == right.name:
            raise KindError("money times money has no meaning")
        return MONEY
    if names == {"rate"}:
        return NUMBER
    if "rate" in names:
        return RATE
    return INT if names == {"int"} else LITERAL if names <= {"int", "literal"} else NUMBER


def divide(left: Kind, right: Kind) -> Kind:
    """Give the kind of a quotient; a plain number over money has none."""
    if left.name == "literal" and right.name in ("int", "literal"):
        return LITERAL
    if left.name == right.name:
        return NUMBER
    if right.name == "money":
        raise KindError(f"{left.name} over money has no meaning")
    if left.name == "money":
        return MONEY
    return RATE if right.plain and left.name == "rate" else NUMBER


def decimals_of(kind: Kind) -> int | None:
    """How many decimals a literal may have against this kind; None when any number fits."""
    return {"int": 0, "money": 2, "rate": 4}.get(kind.name)


def natural(kind: Kind, value: Value) -> Number:
    """Turn a number in base units into natural units (yuan, fractions), exactly."""
    assert isinstance(value, int)
    scale = SCALE[kind.name]
    return value if scale == 1 else Fraction(value, scale)


def stored(kind: Kind, value: Number, rounding: Rounding) -> int:
    """Round a number in natural units once, to the base unit of `kind`."""
    return rounded(value * SCALE[kind.name], rounding)


def rounded(value: Number, rounding: Rounding) -> int:
    """Round to a whole number: half_even, half_up (away from zero), down (towards zero) or up (away from zero)."""
    if isinstance(value, int):
        return value
    if rounding == "half_even":
        return round(value)
    sign = -1 if value < 0 else 1
    whole, rest = divmod(abs(value), 1)
    if (rounding == "up" and rest) or (rounding == "half_up" and rest >= Fraction(1, 2)):
        whole += 1
    return sign * int(whole)


def read_date(text: str) -> dt.date | None:
    """Read YYYY-MM-DD and nothing else that ISO 8601 allows; None when it is not a date."""
    try:
        return dt.date.fromisoformat(text) if _DATE.match(text) else None
    except ValueError:
        return None


def months_between(earlier: dt.date, later: dt.date) -> int:
    """Count completed months from `earlier` to `later`; negative when `earlier` lies ahead."""
    if earlier > later:
        return -months_between(later, earlier)
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months - (1 if later.day < earlier.day else 0)
