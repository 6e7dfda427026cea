"""The forms of an expression that hold or do not: comparisons, lists, `is missing`, `and` and `or`."""

from __future__ import annotations

import ast
from typing import Final

from engine.expression import Among, Compare, CompareOp, Constant, Expression, IsMissing, Junction, Name, show
from engine.kinds import BOOL, DATE, Kind, unify
from engine.reading.fitting import a_kind, fitted
from engine.reading.reader import Forms, Reader
from engine.reading.syntax import ExpressionError

_COMPARE: dict[type[ast.cmpop], CompareOp] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def junction(op: str, items: tuple[Expression, ...]) -> Junction:
    """Join conditions, taking in nested ones of the same sort, so that `(a and b) and c` is `a and b and c`."""
    flat: list[Expression] = []
    for item in items:
        flat += item.items if isinstance(item, Junction) and item.op == op else (item,)
    return Junction("and" if op == "and" else "or", tuple(flat))


def _bool(reader: Reader, node: ast.BoolOp, _: Kind | None) -> Expression:
    op = "and" if isinstance(node.op, ast.And) else "or"
    return junction(op, tuple(map(reader.condition, node.values)))


def _compare(reader: Reader, node: ast.Compare, _: Kind | None) -> Expression:
    operands = [node.left, *node.comparators]
    links = [_link(reader, operands[i], op, operands[i + 1], node) for i, op in enumerate(node.ops)]
    return links[0] if len(links) == 1 else junction("and", tuple(links))


def _link(reader: Reader, left: ast.expr, op: ast.cmpop, right: ast.expr, node: ast.AST) -> Expression:
    if isinstance(op, ast.Is | ast.IsNot):
        return _is_missing(reader, left, isinstance(op, ast.IsNot), right, node)
    if isinstance(op, ast.In | ast.NotIn):
        return _among(reader, left, isinstance(op, ast.NotIn), right, node)
    return _comparison(reader, left, _COMPARE[type(op)], right)


def _is_missing(reader: Reader, left: ast.expr, negated: bool, right: ast.expr, node: ast.AST) -> Expression:
    if not isinstance(right, ast.Name) or right.id != "missing" or not isinstance(left, ast.Name):
        raise ExpressionError(f"`{reader.source(node)}` is not understood", "write `fact is missing`")
    name = reader.name(left, None)
    if not isinstance(name, Name):
        reader.refuse(node)
    return IsMissing(name, negated)


def _among(reader: Reader, left: ast.expr, negated: bool, right: ast.expr, node: ast.AST) -> Expression:
    if not isinstance(right, ast.List | ast.Tuple) or not right.elts:
        raise ExpressionError(f"`{reader.source(node)}` needs a list of values", "write `fact in [a, b]`")
    item = reader.read(left, None)
    if item.kind == BOOL:
        raise ExpressionError(f"`{show(item)}` is a condition, not one of a list", "use it as it is, or with not")
    return Among(item, tuple(_member(reader, value, item.kind) for value in right.elts), negated)


def _member(reader: Reader, node: ast.expr, kind: Kind) -> Constant:
    value = reader.read(node, kind)
    if not isinstance(value, Constant):
        raise ExpressionError(f"`{reader.source(node)}` in a list is not a plain value", "list numbers, words, dates")
    return fitted(value, kind)


def _comparison(reader: Reader, left: ast.expr, op: CompareOp, right: ast.expr) -> Expression:
    hint = _hint(reader, left) or _hint(reader, right)
    first, second = reader.read(left, hint), reader.read(right, hint)
    unify(first.kind, second.kind)
    _comparable(first, op, second)
    if isinstance(second, Constant):
        second = fitted(second, first.kind)
    elif isinstance(first, Constant):
        first = fitted(first, second.kind)
    return Compare(op, first, second)


def _comparable(first: Expression, op: CompareOp, second: Expression) -> None:
    if first.kind == BOOL and not all(isinstance(side, Name | Constant) for side in (first, second)):
        raise ExpressionError(
            f"`{show(first)}` and `{show(second)}`: conditions are not compared with == or !=", "use and, or, not"
        )
    if op not in ("==", "!=") and not (first.kind.numeric or first.kind == DATE):
        raise ExpressionError(f"`{show(first)}` is {a_kind(first.kind)}, which has no order", "use == or !=")
    if first.kind.name == "enum" and first.kind != second.kind:
        raise ExpressionError(f"`{show(first)}` and `{show(second)}` have different words", "compare each with a word")


def _hint(reader: Reader, node: ast.expr) -> Kind | None:
    return reader.scope.get(node.id) if isinstance(node, ast.Name) else None


CONDITIONS: Final[Forms] = {ast.BoolOp: _bool, ast.Compare: _compare}
