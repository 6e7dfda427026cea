"""Text -> Python syntax tree, within limits. Python's parser reads it; nothing is ever evaluated by Python."""

from __future__ import annotations

import ast
import warnings

MAX_TEXT = 4_000  #: characters in one expression
MAX_DEPTH = 40  #: nesting of one expression
_SEE = "policies/README.md shows what an expression may be"


class ExpressionError(Exception):
    """an expression cannot be read"""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(message)


def syntax(text: str) -> ast.expr:
    """Read the text with Python's grammar; raise ExpressionError when it is not one expression within the limits."""
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"expression has {len(text)} characters", f"the limit is {MAX_TEXT}; derive a fact first")
    if not text.isascii():
        raise ExpressionError(f"`{text.strip()[:80]}` holds characters beyond ASCII", "facts and words are plain ASCII")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # e.g. `1if x` is a warning to Python and an error to us
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError, Warning) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "too deep or malformed"
        raise ExpressionError(f"`{text.strip()[:80]}` is not an expression: {reason}", _SEE) from None
    if _depth(tree) > MAX_DEPTH:
        raise ExpressionError(f"expression is nested deeper than {MAX_DEPTH}", "derive a fact first")
    return tree


def _depth(tree: ast.AST) -> int:
    deepest, stack = 0, [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return deepest


def free_names(text: str) -> tuple[str, ...]:
    """All bare words of an expression: facts and enum words alike, before their kinds are known."""
    return tuple(dict.fromkeys(node.id for node in ast.walk(syntax(text)) if isinstance(node, ast.Name)))
