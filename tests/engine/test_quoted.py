"""What a refusal of an expression quotes: the reason of Python's parser, and a long text only in part."""

from __future__ import annotations

import pytest

from engine.reading.parsing import parse
from engine.reading.syntax import MAX_DEPTH, MAX_TEXT, ExpressionError
from tests.engine.expressions import SCOPE


def _refusal(text: str) -> str:
    with pytest.raises(ExpressionError) as refusal:
        parse(text, SCOPE)
    return refusal.value.message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("count_a >", "invalid syntax"),
        ("(count_a > 1", "'(' was never closed"),
        ("word == 'red", "unterminated string literal"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_reason(text: str, reason: str) -> None:
    """Python's own words say what is wrong with the text."""
    assert reason in _refusal(text)


def test_a_long_part_is_quoted_in_part() -> None:
    """A part is quoted up to 120 characters, a text that is no expression up to 80."""
    names = " or ".join(["flag"] * 60)

    assert f"`{('[' + names + ']')[:120]}`" in _refusal(f"[{names}]")
    assert f"`{('[' + chr(10) + names + ']')[:120]}`" in _refusal(f"[\n{names}]")
    assert f"`{names[:80]}` is not an expression" in _refusal(f"{names} or")


def test_a_part_is_quoted_from_its_own_line() -> None:
    """In an expression of several lines the part that is wrong is quoted, not its neighbours."""
    assert "`count_c`" in _refusal("(count_a > 1\n  and count_c > 2\n  and flag)")
    assert "`flag.real`" in _refusal("(count_a > 1 and\r\n  flag.real)")


def test_expressions_are_read_up_to_their_limits() -> None:
    """As long and as deep as the limits say is read, one more is not."""
    padding = " " * (MAX_TEXT - len("flag"))

    assert parse("flag" + padding, SCOPE).kind.name == "bool"
    assert "characters" in _refusal("flag" + padding + " ")
    deep = "not " * (MAX_DEPTH - 1)
    assert parse(deep + "flag", SCOPE).kind.name == "bool"
    assert "nested deeper" in _refusal(deep + "not not flag")
