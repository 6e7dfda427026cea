"""What the parser of expressions refuses: other Python, other literals, absurd sizes, random and damaged text."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expression import show
from engine.kinds import BOOL
from engine.reading.parsing import parse, parse_condition
from engine.reading.syntax import MAX_DEPTH, MAX_TEXT, ExpressionError
from tests.engine.expressions import SCOPE, conditions

HOSTILE = [  # Python, but not the policy language
    "income.real",
    "flag.__class__",
    "income.__class__.__mro__[1].__subclasses__()",
    "().__class__",
    "__import__",
    "__import__('os')",
    "__builtins__",
    "open('/etc/passwd')",
    "eval('1')",
    "min(count_a)",
    "min()",
    "min(count_a, key=count_b)",
    "min(*count_a)",
    "max(count_a, **count_b)",
    "sum(count_a, count_b)",
    "abs(count_a)",
    "days_since()",
    "days_since(count_a)",
    "days_since('2026-12-01')",
    "days_since(day, day)",
    "round_down(count_a)",
    "round_down(count_a, count_b)",
    "round_down(count_a, 0)",
    "round_down(count_a, -1)",
    "round_down(flag, 1)",
    "min(flag, mark)",
    "min(word, hue)",
    "(lambda: 1)()",
    "(lambda x: x)",
    "[x for x in count_a]",
    "{x for x in count_a}",
    "{x: x for x in count_a}",
    "(x for x in count_a)",
    "f'{count_a}'",
    "f'red'",
    "(count_a := 5)",
    "*count_a",
    "count_a[0]",
    "count_a[::]",
    "[count_a]",
    "[]",
    "()",
    "{}",
    "{count_a}",
    "{'a': count_a}",
    "b'red'",
    "1j",
    "...",
    "None",
    "True",
    "False",
    "0x10",
    "0b1",
    "0o7",
    "1e5",
    "1E-5",
    "1e400",
    "1e5000",
    "count_a ** 2",
    "count_a // 2",
    "count_a % 2",
    "count_a @ count_b",
    "count_a << 1",
    "count_a & count_b",
    "count_a | count_b",
    "count_a ^ count_b",
    "~count_a",
    "+count_a",
    "count_a if flag else count_b",
    "await count_a",
    "(yield count_a)",
    "income * debt",
    "1 / income",
    "income + 1 + count_a",
    "missing",
    "nonsense",
    "outcome",
    "count_a is None",
    "count_a is 5",
    "count_a is missing is missing",
    "(count_a + 1) is missing",
    "true is missing",
    "red is missing",
    "count_a in count_b",
    "count_a in []",
    "count_a in [count_b]",
    "count_a in [1, [2]]",
    "count_a in [*count_b]",
    "flag in [true]",
    "word in [purple]",
    "flag < mark",
    "word > red",
    "count_a == word",
    "income > count_a",
    "day > 5",
    "day == word",
    "(flag and mark) == true",
    "not count_a",
    "count_a and flag",
    "\uff43ount_a",  # Python reads a full-width c as c
    "count_a\u200b",
    "\u0441ount_a",  # a Cyrillic с
    "x\x00",
    "\ud800",
    "count_a; import os",
    "import os",
    "count_a = 5",
    "assert flag",
    "count_a\ncount_b",
    "(",
    "'",
    "\\",
    "#",
    "",
    " ",
    "\x0c",
    "π",
    "١",
    "1_",
    "01",
    "1..2",
    ">= 5",
    "A B",
]
PLACES = ["{}", "({}) > 1", "flag and ({})", "min(count_a, {}) > 1", "not ({})", "count_a in [{}, 1]"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_is_not_the_language_is_refused_wherever_it_stands(hostile: str) -> None:
    """Attributes, calls, code, other literals, wrong types and nonsense are refused, alone or inside a condition."""
    for place in PLACES:
        with pytest.raises(ExpressionError) as refusal:
            parse_condition(place.format(hostile), SCOPE)
        assert refusal.value.message
        assert "`" in refusal.value.message or "nested" in refusal.value.message


@pytest.mark.parametrize("text", ["count_a > 1e999999999", "count_a > 1e-999999999", "count_a > 9" + "9" * 3_900])
def test_no_number_keeps_the_parser_busy(text: str) -> None:
    """Numbers with absurd exponents or thousands of digits are settled at once, without being computed."""
    code = (
        "import sys, resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "from engine.reading.parsing import parse; from engine.reading.syntax import ExpressionError\n"
        "from engine.kinds import INT\n"
        "try: parse(sys.argv[1], {'count_a': INT}); print('read')\n"
        "except ExpressionError: print('refused')"
    )
    run = subprocess.run([sys.executable, "-c", code, text], capture_output=True, text=True, timeout=20, check=True)

    assert run.stdout.strip() in (("refused",) if "e" in text else ("read", "refused"))


def test_depth_and_length_have_limits_and_nothing_breaks_before_them() -> None:
    """What is nested or long beyond the limit is refused with a message, what is just within it is read."""
    wide = " and ".join(["flag"] * 300)

    assert len(parse_condition(wide, SCOPE).items) == 300  # type: ignore[union-attr]  # a junction
    assert parse_condition("flag" + " " * (MAX_TEXT - 4), SCOPE).kind == BOOL
    assert parse_condition("not " * (MAX_DEPTH - 1) + "flag", SCOPE).kind == BOOL
    for deep in (
        "not " * MAX_DEPTH + "flag",
        "-" * 60 + "count_a > 1",
        "min(1, " * 60 + "count_a" + ")" * 60 + " > 1",
        " + ".join(["count_a"] * 60) + " > 1",
        "(" * 1_500 + "flag" + ")" * 1_500,
        "[" * 1_900 + "]" * 1_900,
        "not " * 990 + "flag",
    ):
        with pytest.raises(ExpressionError, match=r"nested|not an expression"):
            parse_condition(deep, SCOPE)


ALPHABET = (
    "count_a income flag word day red and or not in is missing "
    "<>=!+-*/()[]{}.,:;'\"\\@%^&|~#0123456789e_\n\t\x00é中\ud800"
)


@given(st.text(max_size=60) | st.text(alphabet=ALPHABET, max_size=80))
def test_random_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    """Whatever the text, the parser gives a tree or raises ExpressionError."""
    for read in (parse, parse_condition):
        try:
            read(text, SCOPE)
        except ExpressionError:
            continue


@given(conditions(), st.integers(0, 400), st.integers(0, 3), st.text(alphabet=ALPHABET, max_size=3))
def test_a_damaged_expression_is_read_or_refused(text: str, place: int, gone: int, new: str) -> None:
    """After any small edit an expression is refused, or is one that prints and reads back as itself."""
    place %= len(text)
    damaged = text[:place] + new + text[place + gone :]
    try:
        tree = parse(damaged, SCOPE)
    except ExpressionError:
        return
    printed = show(tree)
    assert len(printed) > MAX_TEXT or parse(printed, SCOPE) == tree
