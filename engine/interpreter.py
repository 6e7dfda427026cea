"""The meaning of an expression, as plainly as it can be written; `reference` builds the meaning of a policy on it.

Conditions have three values (Kleene): True, False and None for unknown. Numbers are exact and in natural units
(yuan, fractions). A term that cannot be computed although its facts are there (a division by zero) is unknown too;
`blame` says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from engine.evaluation import DIVISION_BY_ZERO, Values
from engine.expression import (
    Among,
    Arithmetic,
    Call,
    Compare,
    Constant,
    Expression,
    IsMissing,
    Junction,
    Name,
    Not,
    children,
    names_in,
)
from engine.kinds import Number, months_between, natural

Facts = Mapping[str, object]


class Undefined(Exception):
    """cannot be computed"""


def truth(condition: Expression, facts: Facts, today: dt.date) -> bool | None:
    """Evaluate a condition: True, False, or None for unknown."""
    match condition:
        case Junction():
            return _junction(condition.op == "or", [truth(item, facts, today) for item in condition.items])
        case Not():
            status = truth(condition.item, facts, today)
            return None if status is None else not status
        case IsMissing():
            absent = missing(condition.name.name, facts)
            return None if absent is None else absent is not condition.negated
        case Compare() | Among():
            try:
                return _term(condition, facts, today)
            except Undefined:
                return None
        case Name():
            return facts.get(condition.name)  # type: ignore[return-value]  # a fact of kind bool
        case Constant():
            return bool(condition.value)
    raise AssertionError(condition)


def missing(name: str, facts: Facts) -> bool | None:
    """Whether a fact is missing; unknown when it could not be computed."""
    return facts.absent(name) if isinstance(facts, Values) else name not in facts


def blame(condition: Expression, facts: Facts, today: dt.date) -> tuple[tuple[str, ...], str | None]:
    """Say why a condition is unknown: the absent names of its unknown terms, and why one could not be computed."""
    names: dict[str, None] = {}
    cause = None
    for term in _unknown_terms(condition, facts, today):
        absent = [name for name in names_in(term) if name not in facts]
        names.update(dict.fromkeys(absent))
        if not absent:
            assert isinstance(term, Compare | Among)
            cause = cause or _cause(term, facts, today)
    return tuple(names), cause


def _unknown_terms(condition: Expression, facts: Facts, today: dt.date) -> Iterator[Expression]:
    if truth(condition, facts, today) is not None:
        return
    if isinstance(condition, Junction | Not):
        for item in children(condition):
            yield from _unknown_terms(item, facts, today)
    else:
        yield condition


def _cause(term: Compare | Among, facts: Facts, today: dt.date) -> str | None:
    try:
        _term(term, facts, today)
    except Undefined as reason:
        return str(reason)
    return None


def _term(term: Compare | Among, facts: Facts, today: dt.date) -> bool | None:
    if not known(term, facts):
        return None
    return _compare(term, facts, today) if isinstance(term, Compare) else _among(term, facts, today)


def _junction(decisive: bool, statuses: Sequence[bool | None]) -> bool | None:
    if decisive in statuses:
        return decisive
    return None if None in statuses else not decisive


def _among(condition: Among, facts: Facts, today: dt.date) -> bool:
    value = operand(condition.item, facts, today)
    return (value in [constant.value for constant in condition.values]) is not condition.negated


def _compare(condition: Compare, facts: Facts, today: dt.date) -> bool:
    left, right = operand(condition.left, facts, today), operand(condition.right, facts, today)
    if condition.op in ("==", "!="):
        return (left == right) is (condition.op == "==")
    less: bool = left < right  # type: ignore[operator]  # kinds were checked when the policy was read
    equal = left == right
    return {"<": less, "<=": less or equal, ">": not less and not equal, ">=": not less}[condition.op]


def known(expression: Expression, facts: Facts) -> bool:
    """Whether every fact of a term is there; a term that lacks one is unknown, whatever the others are."""
    return all(name in facts for name in names_in(expression))


def operand(expression: Expression, facts: Facts, today: dt.date) -> object:
    """Evaluate one side of a comparison whose facts are all there."""
    if expression.kind.numeric:
        return number(expression, facts, today)
    return expression.value if isinstance(expression, Constant) else facts[_name_of(expression)]


def _name_of(expression: Expression) -> str:
    assert isinstance(expression, Name)  # only names and literals stand beside names without a number
    return expression.name


def number(expression: Expression, facts: Facts, today: dt.date) -> Number:
    """Evaluate a formula whose facts are all there, in natural units; raise Undefined."""
    match expression:
        case Constant():
            return expression.value  # type: ignore[return-value]  # a numeric literal
        case Name():
            return natural(expression.kind, facts[expression.name])  # type: ignore[arg-type]  # a number
        case Arithmetic():
            left, right = number(expression.left, facts, today), number(expression.right, facts, today)
            return _arithmetic(expression.op, left, right)
        case Call():
            return _call(expression, facts, today)
    raise AssertionError(expression)


def _arithmetic(op: str, left: Number, right: Number) -> Number:
    if op == "/":
        if right == 0:
            raise Undefined(DIVISION_BY_ZERO)
        return Fraction(left) / right
    return left + right if op == "+" else left - right if op == "-" else left * right


def _call(call: Call, facts: Facts, today: dt.date) -> Number:
    if call.function.endswith("_since"):
        return since(call.function, operand(call.arguments[0], facts, today), today)  # type: ignore[arg-type]  # a date
    numbers = [number(argument, facts, today) for argument in call.arguments]
    if call.function == "round_down":
        return numbers[0] // numbers[1] * numbers[1]
    return min(numbers) if call.function == "min" else max(numbers)


def since(function: str, date: dt.date, today: dt.date) -> int:
    """Completed days, months or years from a date to today; negative when it lies ahead."""
    if function == "days_since":
        return (today - date).days
    months = months_between(date, today)
    return months if function == "months_since" else int(Fraction(months, 12))
