"""Sets of values as disjoint intervals over their codes (codes.py): what tables and conditions are checked with.

A missing value is a point of its own, beside every set of values that are there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction

from engine.codes import code_against
from engine.expression import FLIPPED, Among, Compare, CompareOp, Constant, Expression, IsMissing, Name, constant_text
from engine.kinds import LIMIT, SCALE, Kind
from engine.vocabulary import Range

MISSING = -(2**62)
BEYOND = LIMIT + 1  #: with either sign, past every code of a value

Interval = tuple[int, int]  #: ends included
Intervals = tuple[Interval, ...]
ABSENT: Intervals = ((MISSING, MISSING),)


def domain_of(kind: Kind, bounds: Range | None) -> Intervals:
    """Every value of a kind, within its range if it has one."""
    if kind.name == "bool":
        return ((0, 1),)
    if kind.name == "enum":
        return ((0, len(kind.values) - 1),)
    if kind.name == "date":
        return ((dt.date.min.toordinal(), dt.date.max.toordinal()),)
    return ((bounds.low, bounds.high) if bounds else (-LIMIT, LIMIT),)


def subject_of(test: Expression) -> Name | None:
    """The one fact a test holds against literals, or against nothing; None for every other test."""
    match test:
        case Name():
            return test
        case IsMissing():
            return test.name
        case Among():
            return test.item if isinstance(test.item, Name) else None
        case Compare():
            for fact, literal in ((test.left, test.right), (test.right, test.left)):
                if isinstance(fact, Name) and isinstance(literal, Constant):
                    return fact
    return None


def where(test: Expression, domain: Intervals) -> Intervals:
    """The part of a fact's domain in which a test of it (see `subject_of`) is true."""
    match test:
        case Name():
            return both(domain, ((1, 1),))
        case IsMissing():
            return domain if test.negated else ABSENT
        case Among():
            intervals = [_compared("==", literal_code(test.item, value), domain) for value in test.values]
            listed = tuple({interval for part in intervals for interval in part})
            return without(domain, listed) if test.negated else listed
        case Compare() if isinstance(test.left, Name):
            return _compared(test.op, literal_code(test.left, test.right), domain)
        case Compare():
            return _compared(FLIPPED[test.op], literal_code(test.right, test.left), domain)
    raise AssertionError(test)


def literal_code(fact: Expression, literal: Expression) -> int:
    """The code of a literal that stands against a fact."""
    code = code_against(fact, literal)
    if code is None:  # beyond every stored number: stands outside every domain, on its own side
        assert isinstance(literal, Constant)
        return BEYOND if Fraction(literal.value) > 0 else -BEYOND  # type: ignore[arg-type]  # a numeric literal
    return code


def _compared(op: CompareOp, code: int, domain: Intervals) -> Intervals:
    ends: Mapping[str, Intervals] = {
        "==": ((code, code),),
        "<": ((-BEYOND, code - 1),),
        "<=": ((-BEYOND, code),),
        ">": ((code + 1, BEYOND),),
        ">=": ((code, BEYOND),),
        "!=": ((-BEYOND, code - 1), (code + 1, BEYOND)),
    }
    return both(domain, ends[op])


def both(first: Intervals, second: Intervals) -> Intervals:
    """The common part of two sets."""
    found = [(max(a, c), min(b, d)) for a, b in first for c, d in second]
    return tuple(interval for interval in found if interval[0] <= interval[1])


def without(whole: Intervals, part: Intervals) -> Intervals:
    """What is in the first set but not in the second."""
    for low, high in part:
        whole = tuple(
            piece for a, b in whole for piece in ((a, min(b, low - 1)), (max(a, high + 1), b)) if piece[0] <= piece[1]
        )
    return whole


def value_text(kind: Kind, code: int) -> str:
    """Print a code as a policy writes the value."""
    if kind.name == "enum":
        return kind.values[code]
    if kind.name == "bool":
        return constant_text(bool(code))
    if kind.name == "date":
        return dt.date.fromordinal(code).isoformat()
    return constant_text(Fraction(code, SCALE[kind.name]))
