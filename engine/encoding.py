"""Conditions as tests on integers: the interval encoding of facts for the rule network.

Every fact is sent as two integers, `lo` and `hi`. When it is known both are its code. When it is missing they are
chosen by the question: asking "is the condition certainly true?" sends lo = -FAR, hi = +FAR, so that no test holds;
asking "could it be true?" sends them the other way round, so that every test holds. A `>` or `>=` test reads `lo`,
`<` and `<=` read `hi`, equality reads both, and `!=` reads a third field `ne` that is left out (certainly) or sent
as FAR (possibly). So one network answers both questions exactly as Kleene's logic does for single tests, and a rule
is undetermined when only the second says yes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

import msgspec

from engine.expression import (
    FLIPPED,
    OPPOSITE,
    Among,
    Compare,
    CompareOp,
    Constant,
    Expression,
    IsMissing,
    Junction,
    Name,
    Not,
)
from engine.kinds import LIMIT, SCALE, Kind

FAR = 2**62  #: beyond every code, inside int64
MAX_BRANCHES = 12  #: of one condition; a condition with more is computed in Python and sent as one bool
MAX_TESTS = 100  #: of one branch; likewise

Side = str  #: "lo", "hi" or "ne"


class Test(msgspec.Struct, frozen=True):
    """One test of the network: a side of a fact against a constant."""

    name: str  #: a fact, or a feature such as `?3`
    side: Side
    op: CompareOp
    code: int


Branch = tuple[Test, ...]  #: tests that must all hold
Features = dict[Expression, str]  #: conditions computed in Python and the names they are sent under


class TooManyBranches(Exception):
    """a condition spreads into more branches than the network should hold"""


def code_of(kind: Kind, value: object) -> int:
    """The integer a value is sent as: numbers in base units, the position of an enum word, the day number of a date."""
    if kind.name == "enum":
        return kind.values.index(str(value))
    if isinstance(value, dt.date):
        return value.toordinal()
    return int(value)  # type: ignore[call-overload,no-any-return]  # a number or a bool


def encoder(kind: Kind) -> Callable[[Any], int]:
    """How values of a kind become the integers they are sent as."""
    if kind.name == "enum":
        return {word: code for code, word in enumerate(kind.values)}.__getitem__
    if kind.name == "date":
        return dt.date.toordinal
    return int


def branches(condition: Expression, features: Features) -> list[Branch]:
    """Spread a condition into branches, any of which makes it true; terms the network cannot test become features."""
    try:
        return _bounded(_spread(condition, features, positive=True))
    except TooManyBranches:
        return [(Test(_feature(condition, features), "lo", ">=", 1),)]


def _bounded(found: list[Branch]) -> list[Branch]:
    if len(found) > MAX_BRANCHES or any(len(branch) > MAX_TESTS for branch in found):
        raise TooManyBranches
    return list(dict.fromkeys(found))


def _spread(condition: Expression, features: Features, positive: bool) -> list[Branch]:
    match condition:
        case Not():
            return _spread(condition.item, features, not positive)
        case Junction():
            parts = [_spread(item, features, positive) for item in condition.items]
            return _any_of(parts) if (condition.op == "or") is positive else _all_of(parts)
        case Constant():
            return [()] if bool(condition.value) is positive else []
        case IsMissing():
            return _flag(absence(condition.name.name), positive is not condition.negated)
        case Name():
            return _flag(condition.name, positive)
        case Compare():
            return _compare(condition, features, positive)
        case Among():
            return _among(condition, features, positive)
    raise AssertionError(condition)


def _any_of(parts: list[list[Branch]]) -> list[Branch]:
    return _bounded([branch for part in parts for branch in part])


def _all_of(parts: list[list[Branch]]) -> list[Branch]:
    joined: list[Branch] = [()]
    for part in parts:
        joined = _bounded([(*left, *right) for left in joined for right in part])
    return joined


def absence(name: str) -> str:
    """The name under which it is sent whether a fact is missing: 1 or 0, and neither when it could not be computed."""
    return f"{name}?"


def _flag(name: str, positive: bool) -> list[Branch]:
    return [(Test(name, "lo", ">=", 1) if positive else Test(name, "hi", "<=", 0),)]


def _feature(condition: Expression, features: Features) -> str:
    return features.setdefault(condition, f"?{len(features)}")


def _compare(condition: Compare, features: Features, positive: bool) -> list[Branch]:
    left, op, right = condition.left, condition.op, condition.right
    if isinstance(left, Constant):
        left, op, right = right, FLIPPED[op], left
    code = code_against(left, right)
    if code is None or not isinstance(left, Name):
        return _flag(_feature(condition, features), positive)
    return _tests(left.name, op if positive else OPPOSITE[op], code)


def _tests(name: str, op: CompareOp, code: int) -> list[Branch]:
    if op == "==":
        return [(Test(name, "lo", ">=", code), Test(name, "hi", "<=", code))]
    side = {"!=": "ne", ">": "lo", ">=": "lo"}.get(op, "hi")
    return [(Test(name, side, op, code),)]


def code_against(left: Expression, right: Expression) -> int | None:
    """The integer a literal is sent as when it stands against a fact; None when the network cannot test that."""
    if not isinstance(left, Name) or not isinstance(right, Constant):
        return None
    if not left.kind.numeric:
        return code_of(left.kind, right.value)
    code = Fraction(right.value) * SCALE[left.kind.name]  # type: ignore[arg-type]  # a numeric literal
    return int(code) if code.denominator == 1 and abs(code) <= LIMIT else None


def _among(condition: Among, features: Features, positive: bool) -> list[Branch]:
    codes = [code_against(condition.item, value) for value in condition.values]
    if not isinstance(condition.item, Name) or None in codes:
        return _flag(_feature(condition, features), positive)
    name, numbers = condition.item.name, sorted({code for code in codes if code is not None})
    if condition.negated is positive:
        return [tuple(Test(name, "ne", "!=", code) for code in numbers)]
    spans = list(_spans(numbers))
    return [(Test(name, "lo", ">=", low), Test(name, "hi", "<=", high)) for low, high in spans]


def _spans(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Runs of neighbouring integers as (first, last)."""
    starts = [numbers[0], *(later for earlier, later in pairwise(numbers) if later != earlier + 1)]
    ends = [*(earlier for earlier, later in pairwise(numbers) if later != earlier + 1), numbers[-1]]
    return zip(starts, ends, strict=True)


def sides(code: int | None, possible: bool, wanted: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The fields a fact is sent as: (field, integer) for each wanted side; `code` None when it is missing."""
    for side, field in wanted.items():
        if code is not None:
            yield field, int(code)
        elif side == "ne":
            if possible:
                yield field, FAR
        else:
            yield field, FAR if (side == "lo") is possible else -FAR
