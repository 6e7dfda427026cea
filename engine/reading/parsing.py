"""Text of a condition or formula -> typed expression tree.

Python's own parser reads the text (`ast`), a table of the few node types we know turns it into our tree, and
everything else is refused: attributes, calls of anything but our functions, comprehensions, strings other than enum
words and dates. Nothing is ever evaluated by Python.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import NoReturn

from engine.errors import meant
from engine.expression import (
    Among,
    Arithmetic,
    ArithmeticOp,
    Call,
    Compare,
    CompareOp,
    Constant,
    Expression,
    FunctionName,
    IsMissing,
    Junction,
    Name,
    Not,
    number_text,
    show,
)
from engine.kinds import BOOL, DATE, INT, LITERAL, Kind, KindError, decimals_of, divide, multiply, read_date, unify
from engine.reading.syntax import ExpressionError, syntax

_COMPARE: dict[type[ast.cmpop], CompareOp] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_ARITHMETIC: dict[type[ast.operator], ArithmeticOp] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_SINCE: dict[str, FunctionName] = {
    "days_since": "days_since",
    "months_since": "months_since",
    "years_since": "years_since",
}
_DECIMAL = re.compile(r"[0-9][0-9_]{0,40}(\.[0-9_]{1,40})?\Z")  # digits: no exponents, no hex
_TRUTH = {"true": True, "false": False}
_VALUE_OF_KIND = "write a value of that kind"
_AMONG = "write one of these words"
_DECLARE = "declare it in facts.yaml, `records` or `derive`"


def parse(text: str, scope: Mapping[str, Kind]) -> Expression:
    """Read and type an expression over the facts of `scope`; raise ExpressionError with the remedy."""
    return _Reader(text.strip(), scope).read(syntax(text), None)


def parse_condition(text: str, scope: Mapping[str, Kind]) -> Expression:
    """Read an expression that must be a condition."""
    tree = parse(text, scope)
    if tree.kind != BOOL:
        raise ExpressionError(f"`{show(tree)}` is {_a(tree.kind)}, not a condition", "compare it with something")
    return tree


def literal(text: str, kind: Kind) -> Constant:
    """Read one literal of a known kind, e.g. a table cell; raise ExpressionError if it does not fit."""
    text = text.strip()
    if kind == DATE and not text.startswith(("'", '"')):
        text = f"'{text}'"
    tree = _Reader(text, {}).read(syntax(text), kind)
    if not isinstance(tree, Constant):
        raise ExpressionError(f"`{text}` is not a plain value", "write a number, a word, a date, true or false")
    return fitted(tree, kind)


def fitted(constant: Constant, kind: Kind) -> Constant:
    """Give the literal the kind of the fact it meets; raise ExpressionError when it cannot be a value of that kind."""
    if constant.kind.name != "literal":
        if constant.kind != kind:
            raise ExpressionError(
                f"`{show(constant)}` is {_a(constant.kind)} where {_a(kind)} is needed", _VALUE_OF_KIND
            )
        return constant
    if not kind.numeric:
        raise ExpressionError(f"`{show(constant)}` is a number where {_a(kind)} is needed", _VALUE_OF_KIND)
    allowed = decimals_of(kind)
    number = Fraction(constant.value)  # type: ignore[arg-type]  # a literal is numeric
    if allowed is not None and (number * 10**allowed).denominator != 1:
        wanted = "a whole number" if allowed == 0 else f"at most {allowed} decimals"
        raise ExpressionError(f"`{number_text(number)}` does not fit {_a(kind)}", f"write {wanted}")
    return Constant(constant.value, kind if kind.name in ("int", "money", "rate") else LITERAL)


def _a(kind: Kind) -> str:
    words = f" ({' '.join(kind.values)})" if kind.values else ""
    return f"{'an' if kind.name[0] in 'aeiou' else 'a'} {kind.name}{words}"


class _Reader:
    """Turns one syntax tree into one typed tree; `expected` is the kind a bare word should have."""

    def __init__(self, text: str, scope: Mapping[str, Kind]) -> None:
        self.text = text
        self.lines = re.split(r"\r\n|\r|\n", text)  # ASCII, so that columns are characters
        self.scope = scope

    def read(self, node: ast.expr, expected: Kind | None) -> Expression:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            self._refuse(node)
        try:
            tree: Expression = method(node, expected)
        except KindError as error:
            raise ExpressionError(f"`{self._source(node)}`: {error}", "bring both sides to one unit") from None
        return tree

    def _source(self, node: ast.AST) -> str:
        if not isinstance(node, ast.expr) or node.end_lineno != node.lineno:
            return self.text[:120]
        return self.lines[node.lineno - 1][node.col_offset : node.end_col_offset][:120]

    def _refuse(self, node: ast.AST) -> NoReturn:
        raise ExpressionError(
            f"`{self._source(node)}` is not part of the policy language",
            "use comparisons, and/or/not, in, + - * /, min, max, round_down, days_since, months_since, years_since",
        )

    def _constant(self, node: ast.Constant, expected: Kind | None) -> Constant:
        source = self._source(node)
        if isinstance(node.value, str):
            return self._word(node.value, expected, node)
        if not _DECIMAL.match(source):
            self._refuse(node)
        return Constant(_whole_or_fraction(Fraction(source.replace("_", ""))), LITERAL)

    def _word(self, word: str, expected: Kind | None, node: ast.AST) -> Constant:
        if expected is not None and expected.name == "enum":
            if word in expected.values:
                return Constant(word, expected)
            known = expected.values
            raise ExpressionError(f"`{word}` is not one of {', '.join(known)}", meant(word, known, _AMONG))
        if expected == DATE:
            date = read_date(word)
            if date is None:
                raise ExpressionError(f"`{word}` is not a date", "write 'YYYY-MM-DD'")
            return Constant(date, DATE)
        self._refuse(node)

    def _name(self, node: ast.Name, expected: Kind | None) -> Expression:
        if node.id in self.scope:
            return Name(node.id, self.scope[node.id])
        if node.id in _TRUTH:
            return Constant(_TRUTH[node.id], BOOL)
        if expected is not None and expected.name == "enum":
            return self._word(node.id, expected, node)
        raise ExpressionError(f"`{node.id}` is not a declared fact", meant(node.id, self.scope, _DECLARE))

    def _unaryop(self, node: ast.UnaryOp, expected: Kind | None) -> Expression:
        if isinstance(node.op, ast.Not):
            return Not(self._condition(node.operand))
        item = self.read(node.operand, None)
        if isinstance(node.op, ast.USub) and isinstance(item, Constant) and item.kind == LITERAL:
            return Constant(-item.value, LITERAL)  # type: ignore[operator]  # a literal is numeric
        if isinstance(node.op, ast.USub) and item.kind.numeric:
            return Arithmetic("-", _in_unit(Constant(0, LITERAL), item.kind), item, item.kind)
        self._refuse(node)

    def _binop(self, node: ast.BinOp, expected: Kind | None) -> Expression:
        op = _ARITHMETIC.get(type(node.op))
        if op is None:
            self._refuse(node)
        left, right = self._number(node.left), self._number(node.right)
        if op in ("+", "-"):
            kind = unify(left.kind, right.kind)
            left, right = _in_unit(left, kind), _in_unit(right, kind)
        else:
            kind = (multiply if op == "*" else divide)(left.kind, right.kind)
        return Arithmetic(op, left, right, kind)

    def _boolop(self, node: ast.BoolOp, expected: Kind | None) -> Expression:
        op = "and" if isinstance(node.op, ast.And) else "or"
        return junction(op, tuple(map(self._condition, node.values)))

    def _call(self, node: ast.Call, expected: Kind | None) -> Expression:
        if not isinstance(node.func, ast.Name) or node.keywords:
            self._refuse(node)
        name = node.func.id
        if name in _SINCE and len(node.args) == 1:
            date = self.read(node.args[0], None)
            if date.kind != DATE:
                raise ExpressionError(
                    f"`{self._source(node)}` needs a date, `{show(date)}` is {_a(date.kind)}", "name a date"
                )
            return Call(_SINCE[name], (date,), INT)
        if name in ("min", "max") and len(node.args) >= 2:
            numbers = tuple(map(self._number, node.args))
            kind = numbers[0].kind
            for number in numbers[1:]:
                kind = unify(kind, number.kind)
            return Call("min" if name == "min" else "max", tuple(_in_unit(one, kind) for one in numbers), kind)
        if name == "round_down" and len(node.args) == 2:
            return self._round_down(node)
        self._refuse(node)

    def _round_down(self, node: ast.Call) -> Expression:
        number, step = self._number(node.args[0]), self._number(node.args[1])
        if not isinstance(step, Constant) or not step.value > 0:  # type: ignore[operator]  # a literal is numeric
            raise ExpressionError(f"the step of `{self._source(node)}` is not a positive literal", "e.g. 100.00")
        return Call("round_down", (number, fitted(step, number.kind)), number.kind)

    def _compare(self, node: ast.Compare, expected: Kind | None) -> Expression:
        operands = [node.left, *node.comparators]
        links = [self._link(operands[i], op, operands[i + 1], node) for i, op in enumerate(node.ops)]
        return links[0] if len(links) == 1 else junction("and", tuple(links))

    def _link(self, left: ast.expr, op: ast.cmpop, right: ast.expr, node: ast.AST) -> Expression:
        if isinstance(op, ast.Is | ast.IsNot):
            return self._is_missing(left, isinstance(op, ast.IsNot), right, node)
        if isinstance(op, ast.In | ast.NotIn):
            return self._among(left, isinstance(op, ast.NotIn), right, node)
        return self._comparison(left, _COMPARE[type(op)], right)

    def _is_missing(self, left: ast.expr, negated: bool, right: ast.expr, node: ast.AST) -> Expression:
        if not isinstance(right, ast.Name) or right.id != "missing" or not isinstance(left, ast.Name):
            raise ExpressionError(f"`{self._source(node)}` is not understood", "write `fact is missing`")
        name = self._name(left, None)
        if not isinstance(name, Name):
            self._refuse(node)
        return IsMissing(name, negated)

    def _among(self, left: ast.expr, negated: bool, right: ast.expr, node: ast.AST) -> Expression:
        if not isinstance(right, ast.List | ast.Tuple) or not right.elts:
            raise ExpressionError(f"`{self._source(node)}` needs a list of values", "write `fact in [a, b]`")
        item = self.read(left, None)
        if item.kind == BOOL:
            raise ExpressionError(f"`{show(item)}` is a condition, not one of a list", "use it as it is, or with not")
        values = tuple(self._member(value, item.kind) for value in right.elts)
        return Among(item, values, negated)

    def _member(self, node: ast.expr, kind: Kind) -> Constant:
        value = self.read(node, kind)
        if not isinstance(value, Constant):
            raise ExpressionError(
                f"`{self._source(node)}` in a list is not a plain value", "list numbers, words, dates"
            )
        return fitted(value, kind)

    def _comparison(self, left: ast.expr, op: CompareOp, right: ast.expr) -> Expression:
        hint = self._hint(left) or self._hint(right)
        first, second = self.read(left, hint), self.read(right, hint)
        unify(first.kind, second.kind)
        if first.kind == BOOL and not all(isinstance(side, Name | Constant) for side in (first, second)):
            raise ExpressionError(
                f"`{show(first)}` and `{show(second)}`: conditions are not compared with == or !=", "use and, or, not"
            )
        ordered = first.kind.numeric or first.kind == DATE
        if op not in ("==", "!=") and not ordered:
            raise ExpressionError(f"`{show(first)}` is {_a(first.kind)}, which has no order", "use == or !=")
        if first.kind.name == "enum" and first.kind != second.kind:
            raise ExpressionError(
                f"`{show(first)}` and `{show(second)}` have different words", "compare each with a word"
            )
        if isinstance(second, Constant):
            second = fitted(second, first.kind)
        elif isinstance(first, Constant):
            first = fitted(first, second.kind)
        return Compare(op, first, second)

    def _hint(self, node: ast.expr) -> Kind | None:
        return self.scope.get(node.id) if isinstance(node, ast.Name) else None

    def _condition(self, node: ast.expr) -> Expression:
        tree = self.read(node, None)
        if tree.kind != BOOL:
            raise ExpressionError(f"`{show(tree)}` is {_a(tree.kind)}, not a condition", "compare it with something")
        return tree

    def _number(self, node: ast.expr) -> Expression:
        tree = self.read(node, None)
        if not tree.kind.numeric:
            raise ExpressionError(f"`{show(tree)}` is {_a(tree.kind)}, not a number", "use a number here")
        return tree


def junction(op: str, items: tuple[Expression, ...]) -> Junction:
    """Join conditions, taking in nested ones of the same sort, so that `(a and b) and c` is `a and b and c`."""
    flat: list[Expression] = []
    for item in items:
        flat += item.items if isinstance(item, Junction) and item.op == op else (item,)
    return Junction("and" if op == "and" else "or", tuple(flat))


def _in_unit(expression: Expression, kind: Kind) -> Expression:
    """A literal takes the unit of what it is combined with, and must fit it."""
    return fitted(expression, kind) if isinstance(expression, Constant) and expression.kind == LITERAL else expression


def _whole_or_fraction(number: Fraction) -> int | Fraction:
    return number.numerator if number.denominator == 1 else number
