"""Literals and the kinds they meet: a literal takes the unit of what stands beside it, and must fit it."""

from __future__ import annotations

from fractions import Fraction

from engine.expression import Constant, Expression, number_text, show
from engine.kinds import LITERAL, Kind, decimals_of
from engine.reading.syntax import ExpressionError

_VALUE_OF_KIND = "write a value of that kind"


def fitted(constant: Constant, kind: Kind) -> Constant:
    """Give the literal the kind of the fact it meets; raise ExpressionError when it cannot be a value of that kind."""
    if constant.kind.name != "literal":
        if constant.kind != kind:
            raise ExpressionError(
                f"`{show(constant)}` is {a_kind(constant.kind)} where {a_kind(kind)} is needed", _VALUE_OF_KIND
            )
        return constant
    if not kind.numeric:
        raise ExpressionError(f"`{show(constant)}` is a number where {a_kind(kind)} is needed", _VALUE_OF_KIND)
    allowed = decimals_of(kind)
    number = Fraction(constant.value)  # type: ignore[arg-type]  # a literal is numeric
    if allowed is not None and (number * 10**allowed).denominator != 1:
        wanted = "a whole number" if allowed == 0 else f"at most {allowed} decimals"
        raise ExpressionError(f"`{number_text(number)}` does not fit {a_kind(kind)}", f"write {wanted}")
    return Constant(constant.value, kind if kind.name in ("int", "money", "rate") else LITERAL)


def in_unit(expression: Expression, kind: Kind) -> Expression:
    """Fit a number that is still without a unit; leave everything else as it is."""
    return fitted(expression, kind) if isinstance(expression, Constant) and expression.kind == LITERAL else expression


def a_kind(kind: Kind) -> str:
    """Name a kind in a sentence, with the words of an enum."""
    words = f" ({' '.join(kind.values)})" if kind.values else ""
    return f"{'an' if kind.name[0] in 'aeiou' else 'a'} {kind.name}{words}"
