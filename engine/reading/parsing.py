"""Text of a condition or formula -> typed expression tree.

Python's own parser reads the text (`ast`), a table of the few node types we know (`operands`, `comparing`) turns it
into our tree, and everything else is refused: attributes, calls of anything but our functions, comprehensions, strings
other than enum words and dates. Nothing is ever evaluated by Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.expression import Constant, Expression
from engine.kinds import DATE, Kind
from engine.reading.comparing import CONDITIONS
from engine.reading.fitting import fitted
from engine.reading.operands import OPERANDS
from engine.reading.reader import Forms, Reader, a_condition
from engine.reading.syntax import ExpressionError, syntax

_FORMS: Final[Forms] = {**OPERANDS, **CONDITIONS}


def parse(text: str, scope: Mapping[str, Kind]) -> Expression:
    """Read and type an expression over the facts of `scope`; raise ExpressionError with the remedy."""
    return Reader(text.strip(), scope, _FORMS).read(syntax(text), None)


def parse_condition(text: str, scope: Mapping[str, Kind]) -> Expression:
    """Read an expression that must be a condition."""
    return a_condition(parse(text, scope))


def literal(text: str, kind: Kind) -> Constant:
    """Read one literal of a known kind, e.g. a table cell; raise ExpressionError if it does not fit."""
    text = text.strip()
    if kind == DATE and not text.startswith(("'", '"')):
        text = f"'{text}'"
    tree = Reader(text, {}, _FORMS).read(syntax(text), kind)
    if not isinstance(tree, Constant):
        raise ExpressionError(f"`{text}` is not a plain value", "write a number, a word, a date, true or false")
    return fitted(tree, kind)
