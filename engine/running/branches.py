"""Conditions as branches: any one of them makes the condition true, and each is a row of tests that must all hold.

Negation is pushed down to the single tests first (`not x >= 5` becomes `x < 5`), so a condition can only gain from a
test that holds. That makes two questions out of three values: with the tests that hold *for certain* a branch
is true, and with those that *could* hold it is possible (docs/adr/0002).
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.expression import OPPOSITE, Among, Compare, Constant, Expression, IsMissing, Junction, Not

MAX_BRANCHES = 12  #: of one condition; a condition with more is one test, computed whole
MAX_TESTS = 100  #: of one branch; likewise

#: Tests that must all hold: comparisons, memberships, flags, or a whole condition that spreads too far.
Branch = tuple[Expression, ...]


class TooManyBranches(Exception):
    """a condition spreads into more branches than are worth having"""


def branches(condition: Expression, most: int = MAX_BRANCHES) -> list[Branch]:
    """Spread a condition into at most so many branches; one that needs more becomes a single test."""
    try:
        return _bounded(_spread(condition, True, most), most)
    except TooManyBranches:
        return [(condition,)]


def turned(test: Expression) -> Expression:
    """The opposite of a single test."""
    match test:
        case Compare():
            return Compare(OPPOSITE[test.op], test.left, test.right)
        case Among():
            return Among(test.item, test.values, not test.negated)
        case IsMissing():
            return IsMissing(test.name, not test.negated)
        case _:
            return Not(test)


def _spread(condition: Expression, positive: bool, most: int) -> list[Branch]:
    match condition:
        case Not():
            return _spread(condition.item, not positive, most)
        case Junction():
            parts = [_spread(item, positive, most) for item in condition.items]
            return _any_of(parts, most) if (condition.op == "or") is positive else _all_of(parts, most)
        case Constant():
            return [()] if bool(condition.value) is positive else []
        case _:
            return [(condition if positive else turned(condition),)]


def _any_of(parts: Sequence[Sequence[Branch]], most: int) -> list[Branch]:
    return _bounded([branch for part in parts for branch in part], most)


def _all_of(parts: Sequence[Sequence[Branch]], most: int) -> list[Branch]:
    joined: list[Branch] = [()]
    for part in parts:
        joined = _bounded([(*left, *right) for left in joined for right in part], most)
    return joined


def _bounded(found: Sequence[Branch], most: int) -> list[Branch]:
    distinct = list(dict.fromkeys(tuple(dict.fromkeys(branch)) for branch in found))
    if len(distinct) > most or any(len(branch) > MAX_TESTS for branch in distinct):
        raise TooManyBranches
    return distinct
