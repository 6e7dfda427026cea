"""Conditions as Python closures, in Kleene's three values, for what the rule network cannot test.

Written independently of the reference evaluator, on the arithmetic of `compute`.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import lcm
from typing import Any

from engine.expression import Among, Compare, Constant, Expression, IsMissing, Junction, Name, Not, names_in
from engine.interpreter import missing
from engine.running.compute import Incomputable, Values, at, compile_number, plain
from engine.running.storing import ratio

Term = Callable[[Values, dt.date], bool]
#: Gives True, False or None for unknown.
Condition = Callable[[Values, dt.date], bool | None]

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compile_condition(expression: Expression) -> Condition:
    """Compile a condition with Kleene's three values."""
    match expression:
        case Junction():
            return _junction(expression)
        case Not():
            item = compile_condition(expression.item)
            return lambda values, today: _opposite(item(values, today))
        case IsMissing():
            name, negated = expression.name.name, expression.negated
            return lambda values, today: _opposite_if(negated, missing(name, values))
        case Name():
            flag = expression.name
            return lambda values, today: values.get(flag)  # type: ignore[return-value]  # a bool
        case Constant():
            fixed = bool(expression.value)
            return lambda values, today: fixed
        case Compare() | Among():
            return _guarded(compile_term(expression), names_in(expression))
    raise AssertionError(expression)


def _opposite_if(negated: bool, status: bool | None) -> bool | None:
    return _opposite(status) if negated else status


def _opposite(status: bool | None) -> bool | None:
    return None if status is None else not status


def _junction(expression: Junction) -> Condition:
    items, decisive = [compile_condition(item) for item in expression.items], expression.op == "or"

    def join(values: Values, today: dt.date) -> bool | None:
        statuses = [item(values, today) for item in items]
        if decisive in statuses:
            return decisive
        return None if None in statuses else not decisive

    return join


def _guarded(term: Term, names: tuple[str, ...]) -> Condition:
    def test(values: Values, today: dt.date) -> bool | None:
        for name in names:
            if name not in values:
                return None
        try:
            return term(values, today)
        except Incomputable:
            return None

    return test


def compile_term(expression: Compare | Among) -> Term:
    """Compile a comparison whose facts are all there; raises Incomputable."""
    if isinstance(expression, Among):
        return _among(expression)
    compare, left, right = COMPARE[expression.op], expression.left, expression.right
    if isinstance(left, Name) and isinstance(right, Name) and left.kind.name == right.kind.name:
        this, that = left.name, right.name
        return lambda values, today: compare(values[this], values[that])
    if left.kind.numeric:
        first, second = compile_number(left), compile_number(right)
        if not (first.whole and second.whole):
            return _compared_ratios(expression)
        scale = lcm(first.scale, second.scale)
        one, other = at(first, scale).of, at(second, scale).of
        return lambda values, today: compare(one(values, today), other(values, today))
    of, against = plain(left), plain(right)
    return lambda values, today: compare(of(values), against(values))


def _compared_ratios(expression: Compare) -> Term:
    """Compare by cross-multiplication; denominators are positive."""
    compare, left, right = COMPARE[expression.op], ratio(expression.left), ratio(expression.right)

    def test(values: Values, today: dt.date) -> bool:
        over, under = left(values, today)
        other_over, other_under = right(values, today)
        return compare(over * other_under, other_over * under)

    return test


def _among(expression: Among) -> Term:
    negated, words = expression.negated, frozenset(constant.value for constant in expression.values)
    if not expression.item.kind.numeric:
        side = plain(expression.item)
        return lambda values, today: (side(values) in words) is not negated
    number = compile_number(expression.item)
    of, scale = number.of, number.scale
    wanted = frozenset(Fraction(word) * scale for word in words)  # type: ignore[arg-type]  # numeric literals
    return lambda values, today: (of(values, today) in wanted) is not negated
