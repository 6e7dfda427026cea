"""The mistakes: every place of a module where one small change could be made, and the changed syntax tree.

Left alone, because no test could or should tell: annotations, assertions, `strict=True` of `zip`, sentences (strings
with a blank, and all in f-strings), how much is remembered, and `__all__`. A word is taken for data and changed.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import NamedTuple

#: What an operator may be taken for by mistake.
COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "reversed": "list"}
FUNCTIONS = (ast.FunctionDef, ast.Lambda)


class Mutant(NamedTuple):
    """One change: where it is made, what it replaces, and how it is put in and taken out again."""

    line: int
    text: str  #: what changes, for people
    statement: int | None  #: the line of the statement inside a function that it changes; None: done at import
    put: Callable[[], Callable[[], None]]  #: make the change in the tree; gives what takes it back

    @contextmanager
    def made(self) -> Iterator[None]:
        """Let the tree hold the change for a while."""
        undo = self.put()
        try:
            yield
        finally:
            undo()


def mutants(tree: ast.Module) -> list[Mutant]:
    """Give every change of a module, in the order of its text."""
    return list(_Finder().module(tree))


def read(path: Path) -> ast.Module:
    """Parse a module."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


class _Finder:
    """Walks a module, remembering in which function and which statement it is."""

    def __init__(self) -> None:
        self.inside = False
        self.statement = 0

    def module(self, tree: ast.Module) -> Iterator[Mutant]:
        yield from self.of(tree)

    def of(self, node: ast.AST) -> Iterator[Mutant]:
        before = self.inside, self.statement
        for field, value in ast.iter_fields(node):
            if _left_alone(node, field):
                continue
            self.inside = before[0] or (isinstance(node, FUNCTIONS) and field == "body")
            for index, child in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(child, ast.AST):
                    where = (value, index) if isinstance(value, list) else (node, field)
                    yield from self.at(child, *where)
        self.inside, self.statement = before

    def at(self, node: ast.AST, owner: object, key: int | str) -> Iterator[Mutant]:
        before = self.statement
        if isinstance(node, ast.stmt):
            self.statement = node.lineno
        if _speaks(node):
            return
        for new in _replacements(node):
            yield self.mutant(node, new, owner, key)
        yield from self.of(node)
        self.statement = before

    def mutant(self, node: ast.AST, new: ast.AST, owner: object, key: int | str) -> Mutant:
        def put() -> Callable[[], None]:
            placed = copy(new)  # which may be a part of `node` that keeps its own place
            _set(owner, key, ast.fix_missing_locations(ast.copy_location(placed, node)))
            return lambda: _set(owner, key, node)

        line: int = getattr(node, "lineno", self.statement)
        text = f"{_text(node)}  ->  {_text(new)}"
        return Mutant(line, text, self.statement if self.inside else None, put)


def _set(owner: object, key: int | str, node: ast.AST) -> None:
    if isinstance(key, int):
        owner[key] = node  # type: ignore[index]  # a list of nodes
    else:
        setattr(owner, key, node)


def _text(node: ast.AST) -> str:
    text = ast.unparse(node).split("\n", 1)[0]
    return text if len(text) <= 70 else f"{text[:69]}…"


def _left_alone(node: ast.AST, field: str) -> bool:
    if field in ("annotation", "returns", "decorator_list", "bases", "type_params"):
        return True
    if isinstance(node, ast.ClassDef) and field == "keywords":
        return True
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return node.value.id in ("Literal", "OneOf", "Callable", "dict", "list", "tuple", "Mapping", "Sequence")
    return False


def _speaks(node: ast.AST) -> bool:
    """Whether a part is for readers or the type checker only."""
    match node:
        case ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"))):
            return True
        case ast.Assign(targets=[ast.Name(id="REMEMBERED")]) | ast.Compare(comparators=[ast.Name(id="REMEMBERED")]):
            return True
        case ast.Assert() | ast.JoinedStr() | ast.Import() | ast.ImportFrom() | ast.keyword(arg="strict"):
            return True
        case ast.Expr(value=ast.Constant()) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.BinOp(op=ast.BitOr(), right=ast.Name(id=name) | ast.Attribute(attr=name)) if _is_type(name):
            return True
        case ast.Call(func=ast.Name(id="getattr" | "TypeVar" | "cast")):
            return True
    return False


def _is_type(name: str) -> bool:
    return name.strip("_")[:1].isupper() or name in dir(builtins) or name == "date"


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant():
            yield from _values(node.value)
        case ast.expr():
            yield from _expressions(node)
        case ast.stmt():
            yield from _statements(node)
        case ast.comprehension():
            for index in range(len(node.ifs)):
                yield ast.comprehension(node.target, node.iter, node.ifs[:index] + node.ifs[index + 1 :], node.is_async)
        case ast.match_case(guard=ast.expr()):
            yield ast.match_case(node.pattern, None, node.body)


def _values(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        if value > 1:
            yield ast.Constant(value - 1)
    elif isinstance(value, str) and not any(sign.isspace() or ord(sign) > 0x2000 for sign in value):
        yield ast.Constant(f"X{value}")


def _expressions(node: ast.expr) -> Iterator[ast.AST]:
    match node:
        case ast.Compare():
            for index, op in enumerate(node.ops):
                for other in COMPARED[type(op)]:
                    ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                    yield ast.Compare(node.left, ops, node.comparators)
        case ast.BinOp() if type(node.op) in COMPUTED:
            yield ast.BinOp(node.left, COMPUTED[type(node.op)](), node.right)
        case ast.BoolOp():
            yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.Yield(value=ast.expr()):
            yield ast.Yield(ast.Constant(None))
        case ast.Name(id=name) if name in SWAPPED:
            yield ast.Name(SWAPPED[name], ast.Load())


def _statements(node: ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.If() | ast.While() if not _has_contrary(node.test):
            yield type(node)(ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test), node.body, node.orelse)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign() if type(node.op) in COMPUTED:
            yield ast.AugAssign(node.target, COMPUTED[type(node.op)](), node.value)
            yield ast.Pass()
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"))))):
            return  # `super` makes the function a closure, and its code could not be replaced
        case ast.Expr(value=ast.Call()) | ast.Raise():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()


def _has_contrary(test: ast.expr) -> bool:
    """Whether another change of a condition already turns it round."""
    return isinstance(test, ast.UnaryOp) or (isinstance(test, ast.Compare) and len(test.ops) == 1)
