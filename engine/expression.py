"""The expression tree of conditions and formulas, and its printer.

A tree is made by `parsing.parse`, which knows the kinds of all names; it is never evaluated by Python. Printing a
tree and parsing it again gives the same tree.
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Literal as OneOf

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

from engine.kinds import BOOL, Kind

CompareOp = OneOf["==", "!=", "<", "<=", ">", ">="]
ArithmeticOp = OneOf["+", "-", "*", "/"]
FunctionName = OneOf["min", "max", "round_down", "days_since", "months_since", "years_since"]

FLIPPED: dict[CompareOp, CompareOp] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
OPPOSITE: dict[CompareOp, CompareOp] = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class Constant(msgspec.Struct, frozen=True, tag=True):
    """A literal: a number in natural units, a bool, an enum word or a date."""

    value: int | Fraction | bool | str | dt.date
    kind: Kind


class Name(msgspec.Struct, frozen=True, tag=True):
    """A fact, given or derived."""

    name: str
    kind: Kind


class Arithmetic(msgspec.Struct, frozen=True, tag=True):
    """Two numbers combined, exactly."""

    op: ArithmeticOp
    left: Expression
    right: Expression
    kind: Kind


class Call(msgspec.Struct, frozen=True, tag=True):
    """One of the few functions."""

    function: FunctionName
    arguments: tuple[Expression, ...]
    kind: Kind


class Compare(msgspec.Struct, frozen=True, tag=True):
    """Two values compared; unknown when either is missing."""

    op: CompareOp
    left: Expression
    right: Expression
    kind: Kind = BOOL


class Among(msgspec.Struct, frozen=True, tag=True):
    """Whether a value is (or is not) one of a list of literals; unknown when it is missing."""

    item: Expression
    values: tuple[Constant, ...]
    negated: bool
    kind: Kind = BOOL


class IsMissing(msgspec.Struct, frozen=True, tag=True):
    """Whether a fact is absent; never unknown."""

    name: Name
    negated: bool
    kind: Kind = BOOL


class Not(msgspec.Struct, frozen=True, tag=True):
    """Kleene negation."""

    item: Expression
    kind: Kind = BOOL


class Junction(msgspec.Struct, frozen=True, tag=True):
    """Kleene conjunction or disjunction of two or more conditions."""

    op: OneOf["and", "or"]
    items: tuple[Expression, ...]
    kind: Kind = BOOL


Expression = Constant | Name | Arithmetic | Call | Compare | Among | IsMissing | Not | Junction


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression, left to right."""
    match expression:
        case Arithmetic() | Compare():
            return (expression.left, expression.right)
        case Call():
            return expression.arguments
        case Not() | Among():
            return (expression.item,)
        case Junction():
            return expression.items
        case IsMissing():
            return (expression.name,)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """All nodes, parents first."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def names_in(expression: Expression) -> tuple[str, ...]:
    """The facts an expression reads, each once, in order of appearance."""
    return tuple(dict.fromkeys(node.name for node in walk(expression) if isinstance(node, Name)))


def number_text(value: Fraction | int) -> str:
    """Print an exact decimal number (`1234.5`); literals are decimals, so nothing is lost."""
    number = Fraction(value)
    digits = 0
    while (number * 10**digits).denominator != 1:
        digits += 1
    whole = abs(int(number * 10**digits))
    text = str(whole).rjust(digits + 1, "0")
    return ("-" if number < 0 else "") + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


def constant_text(value: int | Fraction | bool | str | dt.date) -> str:
    """Print a literal as it is written in a policy."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return f"'{value.isoformat()}'"
    return value if isinstance(value, str) else number_text(value)


_BINDING = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6, "atom": 8}


def _strength(expression: Expression) -> int:
    match expression:
        case Junction() | Arithmetic():
            return _BINDING[expression.op]
        case Not():
            return _BINDING["not"]
        case Compare() | IsMissing() | Among():
            return _BINDING["compare"]
        case Constant() if isinstance(expression.value, int | Fraction) and expression.value < 0:
            return 7
        case _:
            return _BINDING["atom"]


def _wrapped(expression: Expression, at_least: int) -> str:
    text = show(expression)
    return text if _strength(expression) >= at_least else f"({text})"


def show(expression: Expression) -> str:
    """Print an expression as a risk officer would write it."""
    match expression:
        case Constant():
            return constant_text(expression.value)
        case Name():
            return expression.name
        case Arithmetic():
            mine = _BINDING[expression.op]
            return f"{_wrapped(expression.left, mine)} {expression.op} {_wrapped(expression.right, mine + 1)}"
        case Call():
            return f"{expression.function}({', '.join(map(show, expression.arguments))})"
        case Compare():
            return f"{_wrapped(expression.left, 5)} {expression.op} {_wrapped(expression.right, 5)}"
        case Among():
            values = ", ".join(constant_text(value.value) for value in expression.values)
            return f"{_wrapped(expression.item, 5)} {'not ' if expression.negated else ''}in [{values}]"
        case IsMissing():
            return f"{expression.name.name} is {'not ' if expression.negated else ''}missing"
        case Not():
            return f"not {_wrapped(expression.item, 3)}"
        case Junction():
            mine = _BINDING[expression.op]
            return f" {expression.op} ".join(_wrapped(item, mine + 1) for item in expression.items)
