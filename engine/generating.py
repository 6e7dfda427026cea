"""Python functions put together from syntax nodes, for what every decision runs through (docs/adr/0019).

Nodes come from expressions that were parsed and whose kinds were checked, never from text. What a policy says, the
names of its facts too, goes in as a value; every name in a function is one of ours, and it sees nothing but its
parameters, its own variables and the values it was given: no builtins, no attributes, and no node but the few listed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from types import CodeType, FunctionType
from typing import Any, Final, Literal

#: What is written into the code itself, where it is read fastest; any other value is referred to by a name.
_WRITTEN: Final = (int, str, bool, type(None))
_ALLOWED: Final = (
    *(ast.Assign, ast.AugAssign, ast.If, ast.Return, ast.Raise, ast.Try, ast.ExceptHandler),
    *(ast.Name, ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Subscript, ast.Call, ast.Compare),
    *(ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.IfExp, ast.NamedExpr),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
)
MANY: Final = 4  #: from so many names on they are read together
Operation = Literal["+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>"]
Comparison = Literal["==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"]
_OPERATIONS: Final[Mapping[Operation, type[ast.operator]]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "//": ast.FloorDiv, "%": ast.Mod,
    "&": ast.BitAnd, "|": ast.BitOr, "^": ast.BitXor, "<<": ast.LShift, ">>": ast.RShift,
}  # fmt: skip
_COMPARISONS: Final[Mapping[Comparison, type[ast.cmpop]]] = {
    "==": ast.Eq, "!=": ast.NotEq, "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE,
    "is": ast.Is, "is not": ast.IsNot, "in": ast.In, "not in": ast.NotIn,
}  # fmt: skip


class Draft:
    """A function being written. It owns its numbered names: `v` for variables, `c` for values."""

    def __init__(self, *parameters: str) -> None:
        self.parameters = parameters
        self.body: list[ast.stmt] = []
        self._values: dict[str, object] = {}
        self._names: dict[int, str] = {}  # of values, by identity; `_values` keeps them alive
        self._variables = 0

    def value(self, value: object) -> ast.expr:
        """An expression that gives this very value."""
        if type(value) in _WRITTEN:
            return ast.Constant(value)  # type: ignore[arg-type]  # it is one of these
        name = self._names.setdefault(id(value), f"c{len(self._values)}")
        self._values[name] = value
        return read(name)

    def variable(self) -> str:
        """The name of a new variable."""
        self._variables += 1
        return f"v{self._variables}"

    def keep(self, value: ast.expr) -> ast.expr:
        """Put what an expression gives into a new variable, and read it from there."""
        name = self.variable()
        self.body.append(assign(name, value))
        return read(name)

    @contextmanager
    def within(self) -> Iterator[list[ast.stmt]]:
        """Write into a block of its own for as long as this is open; give the block."""
        outer, self.body = self.body, []
        try:
            yield self.body
        finally:
            self.body = outer

    def done(self, name: str) -> Callable[..., Any]:
        """The function; `name` is what a traceback calls it."""
        return function(name, self.parameters, self.body, self._values)


def function(
    name: str, parameters: Sequence[str], body: Sequence[ast.stmt], values: Mapping[str, object]
) -> Callable[..., Any]:
    """Make a function of statements; it sees its parameters and these values by name, and nothing else.

    Raises ValueError for a name that is neither, and for a node that has no business in a decision.
    """
    _check(name, parameters, body, values)
    module = ast.parse("def made(): ...")  # our own text; in this way the node has what each version of Python wants
    made = module.body[0]
    assert isinstance(made, ast.FunctionDef)
    made.name, made.body = name, list(body)
    made.args.posonlyargs = [ast.arg(parameter) for parameter in parameters]
    code = compile(ast.fix_missing_locations(module), f"<made: {name}>", "exec")
    (inner,) = [one for one in code.co_consts if isinstance(one, CodeType)]
    return FunctionType(inner, {"__builtins__": {}, **values})


def _check(name: str, parameters: Sequence[str], body: Sequence[ast.stmt], values: Mapping[str, object]) -> None:
    nodes = [node for statement in body for node in ast.walk(statement)]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    known = {*parameters, *values, *(one.id for one in names if isinstance(one.ctx, ast.Store))}
    strange = [node for node in nodes if not isinstance(node, _ALLOWED)]
    if strange:
        raise ValueError(f"`{type(strange[0]).__name__}` has no business in a made function")
    for one in (name, *known, *(node.id for node in names)):
        if one.startswith("__") or not one.isidentifier() or (one not in known and one != name):
            raise ValueError(f"`{one}` is no name a made function may use")


def read(name: str) -> ast.expr:
    """The value of a parameter or variable."""
    return ast.Name(name, ast.Load())


def assign(name: str, value: ast.expr) -> ast.stmt:
    """`name = value`."""
    return ast.Assign([ast.Name(name, ast.Store())], value)


def update(name: str, operation: Operation, value: ast.expr) -> ast.stmt:
    """`name operation= value`."""
    return ast.AugAssign(ast.Name(name, ast.Store()), _OPERATIONS[operation](), value)


def reading(draft: Draft, source: str, names: Mapping[str, str]) -> list[ast.stmt]:
    """Read what a mapping has under some names into variables: many in one call, which costs less than one by one."""
    if len(names) < MANY:
        return [assign(variable, item(read(source), draft.value(name))) for name, variable in names.items()]
    return [unpack(list(names.values()), call(draft.value(itemgetter(*names)), read(source)))]


def put(of: ast.expr, key: ast.expr, value: ast.expr) -> ast.stmt:
    """`of[key] = value`."""
    return ast.Assign([ast.Subscript(of, key, ast.Store())], value)


def give(value: ast.expr) -> ast.stmt:
    """`return value`."""
    return ast.Return(value)


def when(condition: ast.expr, then: Sequence[ast.stmt], otherwise: Sequence[ast.stmt] = ()) -> ast.stmt:
    """`if condition: then`, `else: otherwise`."""
    return ast.If(condition, list(then), list(otherwise))


def attempt(body: Sequence[ast.stmt], error: ast.expr, otherwise: Sequence[ast.stmt]) -> ast.stmt:
    """`try: body`, `except error: otherwise`."""
    return ast.Try(list(body), [ast.ExceptHandler(error, None, list(otherwise))], [], [])


def unpack(names: Sequence[str], value: ast.expr) -> ast.stmt:
    """`name, name, .. = value`."""
    return ast.Assign([ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())], value)


def fail(error: ast.expr) -> ast.stmt:
    """`raise error`."""
    return ast.Raise(error, None)


def name(name: str, value: ast.expr) -> ast.expr:
    """`(name := value)`."""
    return ast.NamedExpr(ast.Name(name, ast.Store()), value)


def item(of: ast.expr, key: ast.expr) -> ast.expr:
    """`of[key]`."""
    return ast.Subscript(of, key, ast.Load())


def call(called: ast.expr, *arguments: ast.expr) -> ast.expr:
    """`called(*arguments)`."""
    return ast.Call(called, list(arguments), [])


def choose(condition: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    """`then if condition else otherwise`."""
    return ast.IfExp(condition, then, otherwise)


def row(items: Iterable[ast.expr]) -> ast.expr:
    """A tuple."""
    return ast.Tuple(list(items), ast.Load())


def table(items: Iterable[tuple[ast.expr, ast.expr]]) -> ast.expr:
    """A dictionary."""
    pairs = list(items)
    return ast.Dict([key for key, _ in pairs], [value for _, value in pairs])


def copied(of: ast.expr) -> ast.expr:
    """`{**of}`."""
    return ast.Dict([None], [of])


def operate(left: ast.expr, operation: Operation, right: ast.expr) -> ast.expr:
    """`left operation right`."""
    return ast.BinOp(left, _OPERATIONS[operation](), right)


def compare(left: ast.expr, comparison: Comparison, right: ast.expr) -> ast.expr:
    """`left comparison right`."""
    return ast.Compare(left, [_COMPARISONS[comparison]()], [right])


def between(low: ast.expr, value: ast.expr, high: ast.expr) -> ast.expr:
    """`low <= value <= high`."""
    return ast.Compare(low, [ast.LtE(), ast.LtE()], [value, high])


def every(conditions: Sequence[ast.expr]) -> ast.expr:
    """`one and other and ..`, of two or more."""
    return ast.BoolOp(ast.And(), list(conditions))


def some(conditions: Sequence[ast.expr]) -> ast.expr:
    """`one or other or ..`, of two or more."""
    return ast.BoolOp(ast.Or(), list(conditions))


def negate(condition: ast.expr) -> ast.expr:
    """`not condition`."""
    return ast.UnaryOp(ast.Not(), condition)
