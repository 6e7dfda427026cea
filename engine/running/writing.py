"""Formulas and conditions as syntax nodes, for facts that are all there: what closures do on the way with gaps.

A number is an integer with a scale known beforehand; a formula with a quotient inside is left to its closure. A missing
fact raises KeyError, a division by zero ZeroDivisionError, anything else that is no value UNKNOWN: whoever runs what is
written here begins afresh on the way with gaps then, and finds there what it is.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from fractions import Fraction
from math import gcd, lcm
from types import MappingProxyType
from typing import Any

import msgspec

from engine import generating as make
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
    names_in,
)
from engine.generating import Draft
from engine.kinds import LIMIT, SCALE, Kind, Rounding, stored
from engine.ranges.spans import Ranges, Span, numbers_of
from engine.running.compute import SINCE, Compute, counts_days
from engine.running.conditions import compile_term
from engine.running.storing import compile_stored, quotient

VALUES, TODAY = "values", "today"  #: the facts, and the day, in whatever is written


class Unknown(Exception):
    """something is missing, or cannot be computed"""


class _Divides(Exception):
    """there is a quotient inside"""


class _Number(msgspec.Struct, frozen=True):
    """A number: what gives its integer, the scale that is in, and a literal's integer."""

    node: ast.expr
    scale: int
    fixed: int | None = None


class Writer:
    """Writes into a draft whose variables hold the facts that were read before.

    Given facts that are read whatever happens are read together, before anything else (`reading`). What facts are known
    to lie between saves looking at results that can only be right.
    """

    def __init__(self, draft: Draft, given: Collection[str] = (), ranges: Ranges = MappingProxyType({})) -> None:
        self._draft, self._given = draft, given
        self._ranges = {name: span._replace(gap=False) for name, span in ranges.items() if isinstance(span, Span)}
        self._held: dict[str, ast.expr] = {}
        self._first: dict[str, str] = {}  # given facts that are read first, and their variables

    def fact(self, name: str) -> ast.expr:
        """A fact, from its variable if it has one."""
        return self._held.get(name) or make.item(make.read(VALUES), self._draft.value(name))

    def hold(self, names: Iterable[str]) -> None:
        """Read facts into variables, once; to be called for what is read whatever happens."""
        for name in names:
            if name in self._held:
                continue
            if name in self._given:
                self._first[name] = self._draft.variable()
                self.held(name, self._first[name])
            else:
                self._held[name] = self._draft.keep(self.fact(name))

    def hold_test(self, test: Expression) -> None:
        """Read what a single test needs; one with parts may not come to all of them."""
        if isinstance(test, Compare | Among):
            self.hold(names_in(test))

    def reading(self, given: str) -> list[ast.stmt]:
        """What reads the given facts that come first; to be put before all that is written."""
        return make.reading(self._draft, given, self._first)

    def held(self, name: str, variable: str) -> None:
        """Say that a variable holds a fact."""
        self._held[name] = make.read(variable)

    def stored(self, formula: Expression, kind: Kind, rounding: Rounding) -> ast.expr:
        """Write a formula whose result is stored, rounded once; at an overflow it raises UNKNOWN."""
        span = numbers_of(formula, None)(self._ranges)
        try:
            result = self._rounded(formula, kind, rounding, rising=not span.gap and span.low >= 0)
        except _Divides:
            return self.computed(compile_stored(formula, kind, rounding))
        if not isinstance(result, ast.Name):
            result = self._draft.keep(result)
        if not _fits(span, kind, rounding):
            self._unless(make.between(self._draft.value(-LIMIT), result, self._draft.value(LIMIT)))
        return result

    def computed(self, compute: Compute) -> ast.expr:
        """Write a call of a closure; when it gives nothing, UNKNOWN is raised."""
        result = self._draft.keep(self._call(compute))
        self._unless(make.compare(result, "is not", self._draft.value(None)))
        return result

    def condition(self, condition: Expression) -> ast.expr:
        """Write a condition; it is true or false, or raises as a missing fact does."""
        match condition:
            case Junction():
                items = [self.condition(item) for item in condition.items]
                return make.some(items) if condition.op == "or" else make.every(items)
            case Not():
                return make.negate(self.condition(condition.item))
            case IsMissing():
                name = self._draft.value(condition.name.name)
                return make.compare(name, "in" if condition.negated else "not in", make.read(VALUES))
            case Name():
                return self.fact(condition.name)
            case Constant():
                return self._draft.value(bool(condition.value))
            case Compare() | Among():
                try:
                    return self._among(condition) if isinstance(condition, Among) else self._compared(condition)
                except _Divides:
                    return self._call(compile_term(condition))
        raise AssertionError(condition)

    def plain(self, side: Expression) -> ast.expr:
        """Write a bare name or literal of a kind without arithmetic."""
        if isinstance(side, Constant):
            return self._draft.value(side.value)
        assert isinstance(side, Name)  # only names and literals stand beside names without a number
        return self.fact(side.name)

    def _unless(self, condition: ast.expr) -> None:
        self._draft.body.append(make.when(make.negate(condition), [make.fail(self._draft.value(Unknown))]))

    def _call(self, closure: object) -> ast.expr:
        return make.call(self._draft.value(closure), make.read(VALUES), make.read(TODAY))

    def _rounded(self, formula: Expression, kind: Kind, rounding: Rounding, *, rising: bool) -> ast.expr:
        """The quotient of two integers, rounded; plain numbers are over their scale. `rising`: it is never below 0."""
        if isinstance(formula, Arithmetic) and formula.op == "/":
            left, right = self._number(formula.left), self._number(formula.right)
            up, down = right.scale * SCALE[kind.name], left.scale
            under: ast.expr | None = self._times(right.node, down // gcd(up, down))
        else:
            left = self._number(formula)
            up, down = SCALE[kind.name], left.scale
            under = None if up % down == 0 else self._draft.value(down // gcd(up, down))
        over = self._times(left.node, up // gcd(up, down))
        return over if under is None else self._quotient(over, under, rounding, rising=rising)

    def _quotient(self, over: ast.expr, under: ast.expr, rounding: Rounding, *, rising: bool) -> ast.expr:
        if rounding in ("half_even", "half_up"):
            return make.call(self._draft.value(quotient), over, under, self._draft.value(rounding))
        if rising and rounding == "down":
            return make.operate(over, "//", under)
        over, under, nought = self._draft.keep(over), self._draft.keep(under), self._draft.value(0)
        floor = self._draft.keep(make.operate(over, "//", under))
        ceiling = make.operate(nought, "-", make.operate(make.operate(nought, "-", over), "//", under))
        return make.choose(make.compare(floor, ">=" if rounding == "down" else "<", nought), floor, ceiling)

    def _number(self, formula: Expression) -> _Number:
        match formula:
            case Constant():
                number = Fraction(formula.value)  # type: ignore[arg-type]  # a numeric literal
                return self._literal(number.numerator, number.denominator)
            case Name():
                return _Number(self.fact(formula.name), SCALE[formula.kind.name])
            case Arithmetic():
                return self._arithmetic(formula)
            case Call() if counts_days(formula):
                day = self.plain(formula.arguments[0])
                return _Number(make.call(self._draft.value(SINCE[formula.function]), day, make.read(TODAY)), 1)
            case Call():
                return self._called(formula)
        raise AssertionError(formula)

    def _literal(self, number: int, scale: int) -> _Number:
        return _Number(self._draft.value(number), scale, number)

    def _arithmetic(self, formula: Arithmetic) -> _Number:
        if formula.op == "/":
            raise _Divides
        left, right = self._number(formula.left), self._number(formula.right)
        if formula.op == "*":
            return _Number(make.operate(left.node, "*", right.node), left.scale * right.scale)
        (left, right), scale = self._alike(left, right)
        return _Number(make.operate(left.node, formula.op, right.node), scale)

    def _called(self, formula: Call) -> _Number:
        numbers, scale = self._alike(*[self._number(argument) for argument in formula.arguments])
        if formula.function == "round_down":
            number, step = numbers
            return _Number(make.operate(make.operate(number.node, "//", step.node), "*", step.node), scale)
        nodes, least = [number.node for number in numbers], formula.function == "min"
        if len(nodes) == 2:
            return _Number(self._chosen(*nodes, least=least), scale)
        return _Number(make.call(self._draft.value(min if least else max), *nodes), scale)

    def _chosen(self, one: ast.expr, other: ast.expr, *, least: bool) -> ast.expr:
        (first, one), (second, other) = self._twice(one), self._twice(other)
        return make.choose(make.compare(first, "<=" if least else ">=", second), one, other)

    def _twice(self, node: ast.expr) -> tuple[ast.expr, ast.expr]:
        """The same for the first time and from then on: what is computed is named."""
        if isinstance(node, ast.Name | ast.Constant):
            return node, node
        variable = self._draft.variable()
        return make.name(variable, node), make.read(variable)

    def _alike(self, *numbers: _Number) -> tuple[list[_Number], int]:
        """Numbers at one scale."""
        scale = lcm(*(number.scale for number in numbers))
        return [self._at(number, scale) for number in numbers], scale

    def _at(self, number: _Number, scale: int) -> _Number:
        factor = scale // number.scale
        if number.fixed is not None:
            return self._literal(number.fixed * factor, scale)
        return _Number(self._times(number.node, factor), scale)

    def _times(self, node: ast.expr, factor: int) -> ast.expr:
        return node if factor == 1 else make.operate(node, "*", self._draft.value(factor))

    def _compared(self, test: Compare) -> ast.expr:
        if test.left.kind.numeric:
            (left, right), _ = self._alike(self._number(test.left), self._number(test.right))
            return make.compare(left.node, test.op, right.node)
        return make.compare(self.plain(test.left), test.op, self.plain(test.right))

    def _among(self, test: Among) -> ast.expr:
        comparison: make.Comparison = "not in" if test.negated else "in"
        words: Iterable[Any] = [constant.value for constant in test.values]
        if not test.item.kind.numeric:
            return make.compare(self.plain(test.item), comparison, self._draft.value(frozenset(words)))
        number = self._number(test.item)
        wanted = [Fraction(word) * number.scale for word in words]
        whole = frozenset([int(word) for word in wanted if word.denominator == 1])  # no other can be met
        return make.compare(number.node, comparison, self._draft.value(whole))


def _fits(span: Span, kind: Kind, rounding: Rounding) -> bool:
    """Whether a formula that lies there has a value, and one that can be stored, whoever applies."""
    if span.gap or span.empty:
        return False
    return stored(kind, span.low, rounding) >= -LIMIT and stored(kind, span.high, rounding) <= LIMIT
