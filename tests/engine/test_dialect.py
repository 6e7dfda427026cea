"""The edges of the small YAML dialect: how deep, how many, which numbers, and the line each refusal names."""

from __future__ import annotations

from fractions import Fraction

import pytest

from engine.reading.source import MAX_DEPTH, MAX_NODES, Findings, Item, Skip, read_yaml


def _read(text: str, times: int = 1) -> Item:
    return read_yaml(text.encode(), "page.yaml", Findings(), times)


def _refused(text: str, times: int = 1) -> tuple[int, str]:
    """The line and the message of the one finding about a text."""
    findings = Findings()
    with pytest.raises(Skip):
        read_yaml(text.encode(), "page.yaml", findings, times)
    (found,) = findings.all
    return found.line, found.message


@pytest.mark.parametrize("times", [1, 4])
def test_nesting_is_read_up_to_its_limit(times: int) -> None:
    """A list in a list counts as two levels; what is `times` as large may go so many levels deeper."""
    deepest = MAX_DEPTH + times

    assert _read("[" * deepest + "]" * deepest, times).listed
    assert "deeper than" in _refused("[" * (deepest + 1) + "]" * (deepest + 1), times)[1]


def test_levels_that_are_closed_do_not_add_up() -> None:
    """A hundred lists side by side are no deeper than one."""
    assert len(_read("[" + "[{a: [b]}], " * 100 + "[c]]").sequence()) == 101


def test_levels_that_are_closed_make_no_room_for_others() -> None:
    """After a hundred lists side by side nesting ends where it always ends."""
    deepest = MAX_DEPTH  # inside of the list that holds them all
    side_by_side = "[" + "[b], {c: d}, " * 100

    assert _read(f"{side_by_side}{'[' * deepest}{']' * deepest}]").listed
    assert "deeper than" in _refused(f"{side_by_side}{'[' * (deepest + 1)}{']' * (deepest + 1)}]")[1]


def test_many_values_are_read_up_to_their_limit() -> None:
    """As many values as the limit says are read; more are refused, on the line where they begin to be too many."""
    assert len(_read("- a\n" * (MAX_NODES - 10)).sequence()) == MAX_NODES - 10
    line, message = _refused("- a\n" * (MAX_NODES + 10))
    assert "more than 100000 values" in message
    assert MAX_NODES - 10 < line < MAX_NODES + 10


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: b\nc: &d e\n", 2, "anchors and aliases"),
        ("a: &d [b]\nc: e\n", 1, "anchors and aliases"),
        ("a: b\n\nc: *d\n", 3, "anchors and aliases"),
        ("a: b\nc:\n  - !!str d\n", 3, "the tag `tag:yaml.org,2002:str` is not used"),
        ("a: b\nc: d: e\n", 2, "broken YAML"),
        ("a: [b\n", 2, "broken YAML"),
        ("", 1, "the file is empty"),
        ("# a\n# b\n", 1, "the file is empty"),
    ],
)
def test_what_the_dialect_leaves_out_is_refused_where_it_stands(text: str, line: int, message: str) -> None:
    """Anchors, aliases, tags and broken text are refused on the line they stand on, not where they are used."""
    at, said = _refused(text)

    assert at == line
    assert message in said


@pytest.mark.parametrize(
    ("text", "value"),
    [("1_000", 1_000), ("1__0", 10), ("1_", 1), ("-5", -5), ("+5", 5), ("007", 7), ("0", 0), ("9", 9), ("-9", -9)],
)
def test_whole_numbers_may_be_grouped_as_one_likes(text: str, value: int) -> None:
    """Underscores are left out wherever they stand; signs and leading noughts do no harm."""
    assert _read(text).integer(-9, 1_000) == value
    assert _read(text).number() == value


@pytest.mark.parametrize(("text", "value"), [("1__0.2_5_", Fraction(41, 4)), ("-0.50", Fraction(-1, 2))])
def test_decimals_are_exact(text: str, value: Fraction) -> None:
    """A decimal is the fraction it says, never the nearest binary one."""
    assert _read(text).number() == value


@pytest.mark.parametrize("text", ["10", "-10", "1.0", "1e3", "0x1", "_1", "'1 '", "one"])
def test_what_is_no_whole_number_within_bounds_is_refused(text: str) -> None:
    """Bounds are inclusive; exponents, hexadecimal, decimals, words and blanks are no whole numbers."""
    with pytest.raises(Skip):
        _read(f"[{text}]").sequence()[0].integer(-9, 9)


def test_a_long_text_is_cut_where_it_is_quoted() -> None:
    """A finding quotes at most sixty characters of what is wrong."""
    item = _read("9" * 99)
    with pytest.raises(Skip):
        item.integer(0, 9)

    assert "`" + "9" * 60 + "`" in item.findings.all[0].message
