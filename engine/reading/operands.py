"""The forms of an expression that stand for values: literals, facts, arithmetic and the few functions."""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from typing import Final

from engine.expression import Arithmetic, ArithmeticOp, Call, Constant, Expression, FunctionName, Not, show
from engine.kinds import DATE, INT, LITERAL, Kind, divide, multiply, unify
from engine.reading.fitting import a_kind, fitted, in_unit
from engine.reading.reader import Forms, Reader
from engine.reading.syntax import ExpressionError

_ARITHMETIC: dict[type[ast.operator], ArithmeticOp] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_SINCE: dict[str, FunctionName] = {
    "days_since": "days_since",
    "months_since": "months_since",
    "years_since": "years_since",
}
_DECIMAL = re.compile(r"[0-9][0-9_]{0,40}(\.[0-9_]{1,40})?\Z")  # digits: no exponents, no hex


def _constant(reader: Reader, node: ast.Constant, expected: Kind | None) -> Constant:
    source = reader.source(node)
    if isinstance(node.value, str):
        return reader.word(node.value, expected, node)
    if not _DECIMAL.match(source):
        reader.refuse(node)
    number = Fraction(source.replace("_", ""))
    return Constant(number.numerator if number.denominator == 1 else number, LITERAL)


def _unary(reader: Reader, node: ast.UnaryOp, _: Kind | None) -> Expression:
    if isinstance(node.op, ast.Not):
        return Not(reader.condition(node.operand))
    item = reader.read(node.operand, None)
    if isinstance(node.op, ast.USub) and isinstance(item, Constant) and item.kind == LITERAL:
        return Constant(-item.value, LITERAL)  # type: ignore[operator]  # a literal is numeric
    if isinstance(node.op, ast.USub) and item.kind.numeric:
        return Arithmetic("-", in_unit(Constant(0, LITERAL), item.kind), item, item.kind)
    reader.refuse(node)


def _binary(reader: Reader, node: ast.BinOp, _: Kind | None) -> Expression:
    op = _ARITHMETIC.get(type(node.op))
    if op is None:
        reader.refuse(node)
    left, right = reader.number(node.left), reader.number(node.right)
    if op in ("+", "-"):
        kind = unify(left.kind, right.kind)
        left, right = in_unit(left, kind), in_unit(right, kind)
    else:
        kind = (multiply if op == "*" else divide)(left.kind, right.kind)
    return Arithmetic(op, left, right, kind)


def _call(reader: Reader, node: ast.Call, _: Kind | None) -> Expression:
    if not isinstance(node.func, ast.Name) or node.keywords:
        reader.refuse(node)
    name = node.func.id
    if name in _SINCE and len(node.args) == 1:
        return _since(reader, node, _SINCE[name])
    if name in ("min", "max") and len(node.args) >= 2:
        return _extreme(reader, node, "min" if name == "min" else "max")
    if name == "round_down" and len(node.args) == 2:
        return _round_down(reader, node)
    reader.refuse(node)


def _since(reader: Reader, node: ast.Call, function: FunctionName) -> Expression:
    date = reader.read(node.args[0], None)
    if date.kind != DATE:
        raise ExpressionError(
            f"`{reader.source(node)}` needs a date, `{show(date)}` is {a_kind(date.kind)}", "name a date"
        )
    return Call(function, (date,), INT)


def _extreme(reader: Reader, node: ast.Call, function: FunctionName) -> Expression:
    numbers = tuple(map(reader.number, node.args))
    kind = numbers[0].kind
    for number in numbers[1:]:
        kind = unify(kind, number.kind)
    return Call(function, tuple(in_unit(one, kind) for one in numbers), kind)


def _round_down(reader: Reader, node: ast.Call) -> Expression:
    number, step = reader.number(node.args[0]), reader.number(node.args[1])
    if not isinstance(step, Constant) or not step.value > 0:  # type: ignore[operator]  # a literal is numeric
        raise ExpressionError(f"the step of `{reader.source(node)}` is not a positive literal", "e.g. 100.00")
    return Call("round_down", (number, fitted(step, number.kind)), number.kind)


OPERANDS: Final[Forms] = {
    ast.Constant: _constant,
    ast.Name: Reader.name,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Call: _call,
}
