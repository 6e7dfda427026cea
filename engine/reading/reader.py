"""One syntax tree -> one typed tree, node by node; the forms it is given are all that the language knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from engine.errors import meant
from engine.expression import Constant, Expression, Name, show
from engine.kinds import BOOL, DATE, Kind, KindError, read_date
from engine.reading.fitting import a_kind
from engine.reading.syntax import ExpressionError

#: How a node of one type is read; the kind is the one a bare word should have.
Form = Callable[["Reader", Any, Kind | None], Expression]
Forms = Mapping[type[ast.expr], Form]

_TRUTH = {"true": True, "false": False}
_AMONG = "write one of these words"
_DECLARE = "declare it in facts.yaml, `records` or `derive`"


class Reader:
    """Reads the nodes of one expression over the facts of a scope."""

    def __init__(self, text: str, scope: Mapping[str, Kind], forms: Forms) -> None:
        self._text = text
        self._lines = re.split(r"\r\n|\r|\n", text)  # ASCII, so that columns are characters
        self._forms = forms
        self.scope = scope

    def read(self, node: ast.expr, expected: Kind | None) -> Expression:
        """Read a node of any form there is; refuse all others."""
        form = self._forms.get(type(node))
        if form is None:
            self.refuse(node)
        try:
            return form(self, node, expected)
        except KindError as error:
            raise ExpressionError(f"`{self.source(node)}`: {error}", "bring both sides to one unit") from None

    def condition(self, node: ast.expr) -> Expression:
        """Read a node that must be a condition."""
        return a_condition(self.read(node, None))

    def number(self, node: ast.expr) -> Expression:
        """Read a node that must be a number."""
        tree = self.read(node, None)
        if not tree.kind.numeric:
            raise ExpressionError(f"`{show(tree)}` is {a_kind(tree.kind)}, not a number", "use a number here")
        return tree

    def word(self, word: str, expected: Kind | None, node: ast.AST) -> Constant:
        """Read a word as the enum word, or the date, that is expected."""
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
        self.refuse(node)

    def name(self, node: ast.Name, expected: Kind | None) -> Expression:
        """Read a bare word: a fact, true or false, or the enum word that is expected."""
        if node.id in self.scope:
            return Name(node.id, self.scope[node.id])
        if node.id in _TRUTH:
            return Constant(_TRUTH[node.id], BOOL)
        if expected is not None and expected.name == "enum":
            return self.word(node.id, expected, node)
        raise ExpressionError(f"`{node.id}` is not a declared fact", meant(node.id, self.scope, _DECLARE))

    def source(self, node: ast.AST) -> str:
        """Quote a node as it is written; all of the text where it stands on several lines."""
        if not isinstance(node, ast.expr) or node.end_lineno != node.lineno:
            return self._text[:120]
        return self._lines[node.lineno - 1][node.col_offset : node.end_col_offset][:120]

    def refuse(self, node: ast.AST) -> NoReturn:
        """Refuse what the language does not have."""
        raise ExpressionError(
            f"`{self.source(node)}` is not part of the policy language",
            "use comparisons, and/or/not, in, + - * /, min, max, round_down, days_since, months_since, years_since",
        )


def a_condition(tree: Expression) -> Expression:
    """Give the tree if it is a condition; raise ExpressionError otherwise."""
    if tree.kind != BOOL:
        raise ExpressionError(f"`{show(tree)}` is {a_kind(tree.kind)}, not a condition", "compare it with something")
    return tree
