"""Our expressions spelt for another engine, so that what the contenders compute cannot drift from the policy.

Everything is spelt in whole numbers of base units: a money fact is fen, a rate basis points, `debt > income * 0.5`
becomes `debt * 10 > income * 5` less common factors. Division is spelt where a formula ends in it and rounds down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import reduce
from itertools import product
from math import gcd, lcm
from typing import NamedTuple

from engine.expression import Among, Arithmetic, Call, Compare, Constant, Expression, Junction, Name, Not
from engine.kinds import SCALE, Kind
from engine.policy import Derived, Policy

_INFIX = "({left} {op} {right})"


class Dialect(NamedTuple):
    """How an engine writes things; the defaults are Python's."""

    name: Callable[[str], str] = str  #: how a fact is called
    flag: str = "{}"  #: a bool fact as a condition
    word: str = "'{}'"
    binary: str = _INFIX
    operators: Mapping[str, str] = {}  #: where they differ from Python's
    negation: str = "(not {})"
    among: str = "({item} in [{values}])"
    between: str = ", "  #: values of a list
    floor: str = "({left} // {right})"
    least: str = "min({left}, {right})"
    most: str = "max({left}, {right})"
    true: str = "True"

    def both(self, op: str, left: str, right: str) -> str:
        """Spell an operator between two texts."""
        return self.binary.format(left=left, op=self.operators.get(op, op), right=right)


PYTHON = Dialect(name="f['{}']".format)
C_LIKE = {"and": "&&", "or": "||"}


def condition(expression: Expression, dialect: Dialect) -> str:
    """Spell a condition."""
    match expression:
        case Junction():
            return reduce(
                lambda left, right: dialect.both(expression.op, left, right),
                [condition(item, dialect) for item in expression.items],
            )
        case Not():
            return dialect.negation.format(condition(expression.item, dialect))
        case Compare():
            return dialect.both(expression.op, *sides(expression, dialect))
        case Among():
            values = dialect.between.join(_word(value, dialect) for value in expression.values)
            text = dialect.among.format(item=_plain(expression.item, dialect), values=values)
            return dialect.negation.format(text) if expression.negated else text
        case Name():
            return dialect.flag.format(dialect.name(expression.name))
        case Constant(value=True):
            return dialect.true
    raise NotImplementedError(expression)


def sides(compare: Compare, dialect: Dialect) -> tuple[str, str]:
    """Spell what stands left and right of a comparison."""
    if not compare.left.kind.numeric:
        return _plain(compare.left, dialect), _plain(compare.right, dialect)
    scale = lcm(_scale(compare.left), _scale(compare.right))
    return _at(compare.left, scale, dialect), _at(compare.right, scale, dialect)


def stored(formula: Expression, kind: Kind, dialect: Dialect) -> str:
    """Spell a formula in base units of its kind, rounded down."""
    scale = SCALE[kind.name]
    if isinstance(formula, Arithmetic) and formula.op == "/":
        up, down = scale * _scale(formula.right), _scale(formula.left)
        common = gcd(up, down)
        above = _times(_at(formula.left, _scale(formula.left), dialect), up // common, dialect)
        below = _times(_at(formula.right, _scale(formula.right), dialect), down // common, dialect)
        return dialect.floor.format(left=above, right=below)
    own = _scale(formula)
    if scale % own == 0:
        return _at(formula, scale, dialect)
    return dialect.floor.format(left=_at(formula, own, dialect), right=own // scale)


def branches(derived: Derived) -> list[tuple[Expression, str | int]]:
    """Give a table as conditions in order and what each comes to; the last is `otherwise`, where there is one."""
    table = derived.table
    assert table is not None
    found = [(row.when, row.value) for row in table.rows]
    if table.otherwise is not None:
        found.append((_ALWAYS, table.otherwise))
    return found  # type: ignore[return-value]  # words and numbers


def output(value: str | int, dialect: Dialect) -> str:
    """Spell what a table comes to."""
    return dialect.word.format(value) if isinstance(value, str) else str(value)


def listed(texts: Iterable[str]) -> str:
    """Spell a list as most languages do."""
    return f"[{', '.join(texts)}]"


def alternatives(expression: Expression) -> Iterator[tuple[Expression, ...]]:
    """Spread a condition into alternatives of terms that must all hold."""
    if isinstance(expression, Junction):
        parts = [list(alternatives(item)) for item in expression.items]
        if expression.op == "or":
            yield from (terms for part in parts for terms in part)
        else:
            yield from (tuple(term for terms in chosen for term in terms) for chosen in product(*parts))
    else:
        yield (expression,)


def layers(policy: Policy) -> list[list[Derived]]:
    """Give the derived facts stage by stage."""
    derived = {one.name: one for one in policy.derived}
    return [[derived[name] for name in layer] for layer in policy.strata]


_ALWAYS = Constant(True, Kind("bool"))


def _plain(expression: Expression, dialect: Dialect) -> str:
    if isinstance(expression, Constant):
        return _word(expression, dialect)
    assert isinstance(expression, Name)
    return dialect.name(expression.name)


def _word(constant: Constant, dialect: Dialect) -> str:
    return dialect.word.format(constant.value)


def _scale(expression: Expression) -> int:
    match expression:
        case Constant():
            return Fraction(expression.value).denominator  # type: ignore[arg-type]  # a number
        case Name():
            return SCALE[expression.kind.name]
        case Arithmetic(op="*"):
            return _scale(expression.left) * _scale(expression.right)
        case Arithmetic():
            return lcm(_scale(expression.left), _scale(expression.right))
        case Call():
            return lcm(*map(_scale, expression.arguments))
    raise NotImplementedError(expression)


def _at(expression: Expression, scale: int, dialect: Dialect) -> str:
    """Spell a number times `scale`, a multiple of its own."""
    match expression:
        case Constant():
            return str(int(Fraction(expression.value) * scale))  # type: ignore[arg-type]  # a number
        case Name():
            return _times(dialect.name(expression.name), scale // _scale(expression), dialect)
        case Arithmetic(op="*"):
            parts = (_at(one, _scale(one), dialect) for one in (expression.left, expression.right))
            return _times(dialect.both("*", *parts), scale // _scale(expression), dialect)
        case Arithmetic(op="+" | "-"):
            left, right = (_at(one, scale, dialect) for one in (expression.left, expression.right))
            return dialect.both(expression.op, left, right)
        case Call():
            return _call(expression, scale, dialect)
    raise NotImplementedError(expression)


def _call(call: Call, scale: int, dialect: Dialect) -> str:
    first, *rest = (_at(argument, scale, dialect) for argument in call.arguments)
    if call.function == "round_down":
        return dialect.both("*", dialect.floor.format(left=first, right=rest[0]), rest[0])
    template = {"min": dialect.least, "max": dialect.most}[call.function]
    return reduce(lambda left, right: template.format(left=left, right=right), rest, first)


def _times(text: str, factor: int, dialect: Dialect) -> str:
    return text if factor == 1 else dialect.both("*", text, str(factor))
