"""Gaps, overlaps and dead rows of decision tables: what the loader finds is what trying every case finds."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from random import Random

import pytest

from engine import PolicyError
from tests.engine.recorded import load_recorded
from tests.engine.tiny import COMMON, write

FACTS = f"""
facts:
  asked: {{type: int, range: [0, 9], if_missing: ask, {COMMON}}}
  small: {{type: int, range: [0, 5], if_missing: ask, {COMMON}}}
  price: {{type: money, range: [0.00, 0.04], if_missing: ask, {COMMON}}}
  word: {{type: enum, values: [red, green, blue], if_missing: ask, {COMMON}}}
  flag: {{type: bool, if_missing: ask, {COMMON}}}
"""
DOMAINS: dict[str, tuple[object, ...]] = {
    "small": (0, 1, 2, 3, 4, 5, None),
    "price": (0, 1, 2, 3, 4, None),
    "word": ("red", "green", "blue", None),
    "flag": ("true", "false", None),
}
Cell = str | tuple[str, ...]
Rows = list[tuple[Cell, ...]]


def _number(draw: Random, column: str) -> str:
    value = draw.randint(-1, 6)
    return str(value) if column == "small" else f"{value / 100:.2f}"


def _cell(draw: Random, column: str) -> Cell:
    shape = draw.random()
    if shape < 0.35:
        return "any"
    if shape < 0.45:
        return draw.choice(("missing", "not missing"))
    if column in ("word", "flag"):
        word = draw.choice([str(word) for word in DOMAINS[column] if word is not None])
        return (
            draw.choice((word, f"!= {word}")) if column == "flag" else draw.choice((word, f"!= {word}", (word, "red")))
        )
    low, high = sorted((_number(draw, column), _number(draw, column)), key=float)
    op = draw.choice(("<", "<=", ">", ">=", "==", "!="))
    return draw.choice((f"{op} {low}", f"{op} {low}", f"{low}..{high}", (low, high)))


def _applies(cell: Cell, column: str, value: object) -> bool:
    """Whether a cell certainly applies to a value in base units; None is a missing fact."""
    if cell == "any" or cell in ("missing", "not missing"):
        return cell == "any" or (value is None) is (cell == "missing")
    if value is None:
        return False
    if isinstance(cell, tuple):
        return any(_applies(part, column, value) for part in cell)
    if column in ("word", "flag"):
        return (value != cell[3:]) if cell.startswith("!= ") else value == cell
    scale = 100 if column == "price" else 1
    low, dots, high = cell.partition("..")
    if dots:
        return round(float(low) * scale) <= int(str(value)) <= round(float(high) * scale)
    op, _, text = cell.rpartition(" ")
    number, limit = int(str(value)), round(float(text) * scale)
    return {
        "<": number < limit,
        "<=": number <= limit,
        ">": number > limit,
        ">=": number >= limit,
        "!=": number != limit,
    }.get(op, number == limit)


def _by_trying(rows: Rows, columns: list[str], hit: str, otherwise: bool) -> set[tuple[int | None, str]]:
    """The findings, by enumerating every case."""
    cases = list(itertools.product(*(DOMAINS[column] for column in columns)))
    hits = [{case for case in cases if all(map(_applies, row, columns, case))} for row in rows]
    found: set[tuple[int | None, str]] = {(index, "never apply") for index, mine in enumerate(hits) if not mine}
    for index, mine in enumerate(hits):
        earlier = set().union(*hits[:index])
        if hit == "unique" and mine & earlier:
            found.add((index, "overlaps"))
        if hit == "first" and mine and mine <= earlier:
            found.add((index, "never reached"))
    present = {case for case in cases if None not in case}
    if not otherwise and present - set().union(*hits):
        found.add((None, "no row applies"))
    return found


def _written(rows: Rows) -> str:
    cells = (["[" + ", ".join(cell) + "]" if isinstance(cell, tuple) else f'"{cell}"' for cell in row] for row in rows)
    return ", ".join(f"[{', '.join(row)}, 1]" for row in cells)


def _by_the_loader(folder: Path, body: str) -> set[tuple[int | None, str]]:
    try:
        load_recorded(write(folder, body, FACTS))
    except PolicyError as refusal:
        return {_finding(str(one)) for one in refusal.findings}
    return set()


def _finding(text: str) -> tuple[int | None, str]:
    row = re.search(r"rows\[(\d+)\]", text)
    kind = re.search(r"never apply|overlaps|never reached|no row applies", text)
    assert kind, text
    return (int(row[1]) if row else None), kind[0]


@pytest.mark.parametrize("block", range(4))
def test_the_loader_finds_what_trying_every_case_finds(block: int, tmp_path: Path) -> None:
    """Random small tables over ints, money, enums and bools: the same rows, for the same reasons, and no others."""
    seen = set()
    for seed in range(block * 100, block * 100 + 100):
        draw = Random(seed)
        columns = draw.sample(sorted(DOMAINS), draw.randint(1, 3))
        rows: Rows = [tuple(_cell(draw, column) for column in columns) for _ in range(draw.randint(1, 5))]
        hit, otherwise = draw.choice(("unique", "first")), draw.random() < 0.3
        body = f"derive:\n  - fact: result\n    table:\n      hit: {hit}\n      when: [{', '.join(columns)}]\n"
        body += f"      rows: [{_written(rows)}]\n" + ("      otherwise: 2\n" if otherwise else "")
        expected = _by_trying(rows, columns, hit, otherwise)

        assert _by_the_loader(tmp_path, body + "rules:\n  - {rule: ok, when: result > 0, then: approve}") == expected, (
            f"seed {seed}"
        )
        seen |= {kind for _, kind in expected}

    assert len(seen) == 4, f"not every kind of finding came up: {seen}"


def test_a_finding_comes_with_a_case_that_shows_it(tmp_path: Path) -> None:
    """A gap names a case no row takes, an overlap one that both rows take, in the units of the policy."""
    table = "derive:\n  - fact: result\n    table: {{hit: unique, when: [price, word], rows: [{}]}}"
    table += "\nrules:\n  - {{rule: ok, when: result > 0, then: approve}}"
    for rows, message in (
        ('["<= 0.02", any, 1], [any, red, 2]', "overlaps row 1, e.g. price = 0, word = red"),
        ('["<= 0.02", any, 1], ["> 0.02", [red, green], 2]', "no row applies, e.g. for price = 0.03, word = blue"),
        ('["any", "not missing", 1], ["any", "!= red", 2]', "overlaps row 1, e.g. price = 0, word = green"),
        ('["missing", any, 1], [any, red, 2]', "overlaps row 1, e.g. price = missing, word = red"),
    ):
        with pytest.raises(PolicyError) as refusal:
            load_recorded(write(tmp_path, table.format(rows), FACTS))
        assert message in str(refusal.value)


def test_a_row_that_overlaps_several_is_told_of_once(tmp_path: Path) -> None:
    """With the first of them; mending that may mend the others."""
    table = "derive:\n  - fact: result\n    table: {hit: unique, when: [price], rows: ["
    table += '["<= 0.04", 1], ["<= 0.03", 2], ["<= 0.02", 3]]}\nrules:\n  - {rule: ok, when: result > 0, then: approve}'
    with pytest.raises(PolicyError) as refusal:
        load_recorded(write(tmp_path, table, FACTS))

    assert [one.message.partition(",")[0] for one in refusal.value.findings] == ["overlaps row 1", "overlaps row 1"]


DERIVED = f"""
facts:
  asked: {{type: int, range: [-200, 200], if_missing: ask, {COMMON}}}
  paid: {{type: money, range: [0.00, 9.00], if_missing: ask, {COMMON}}}
  flag: {{type: bool, if_missing: ask, {COMMON}}}
  day: {{type: date, if_missing: ask, {COMMON}}}
"""
FREE = """derive:
  - {{fact: free, type: int, value: asked * 2}}
  - {{fact: owed, value: paid * 2}}
  - {{fact: result, table: {{hit: unique, when: [{}], rows: [{}]}}}}
rules:
  - {{rule: ok, when: result > 0 and free > 0 and owed > 0.00 and flag and day >= '2026-01-01', then: approve}}"""
HUGE = 2**53 - 1  #: the greatest number there is


@pytest.mark.parametrize(
    ("columns", "rows", "case"),
    [
        ("free", '["> 5", 1]', "free = 5"),
        ("free", '["<= 5", 1]', "free = 6"),
        ("owed", '["> 5.01", 1]', "owed = 5.01"),
        ("free, flag", "[any, true, 1]", "free = 0, flag = false"),
        ("flag, free", '[true, any, 1], [false, "!= 7", 2]', "flag = false, free = 7"),
        ("day", '["> 2026-01-01", 1]', "day = 0001-01-01"),
        ("day", '["< 2026-01-01", 1]', "day = 2026-01-01"),
    ],
)
def test_a_gap_without_end_is_shown_by_a_value_near_its_end(tmp_path: Path, columns: str, rows: str, case: str) -> None:
    """Of what has no range, the end that is a value is named, and zero where neither is; dates are dates."""
    with pytest.raises(PolicyError) as refusal:
        load_recorded(write(tmp_path, FREE.format(columns, rows), DERIVED))

    assert f"no row applies, e.g. for {case}" in [one.message for one in refusal.value.findings]


@pytest.mark.parametrize("number", [-200, -124, -62, -1, 0, 1, 200])
def test_a_missing_value_is_no_number(tmp_path: Path, number: int) -> None:
    """A row for what is missing and a row for any one number never meet."""
    rows = f'[missing, 1], ["== {number}", 2], ["!= {number}", 3]'

    load_recorded(write(tmp_path, FREE.format("asked", rows), DERIVED))


@pytest.mark.parametrize("number", [HUGE, -HUGE, HUGE + 1, -HUGE - 1, 10**19, -(10**19)])
def test_numbers_beyond_every_fact_are_compared_like_others(tmp_path: Path, number: int) -> None:
    """Everything lies on one side of them; a row for the other side, or for the number itself, can never apply."""
    near, far = ("<", ">") if number > 0 else (">", "<")
    messages = {}
    for op in (f"{near} ", f"{near}= ", "!= ", f"{far} ", f"{far}= ", "== "):
        try:
            load_recorded(write(tmp_path, FREE.format("free", f'["{op}{number}", 1]'), DERIVED))
        except PolicyError as refusal:
            messages[op.strip(" ")] = [one.message for one in refusal.findings]

    beyond = abs(number) > HUGE
    assert set(messages) == {far, f"{far}=", "=="} | (set() if beyond else {near, "!="})
    assert ("this row can never apply" in messages[far]) is True
    assert ("this row can never apply" in messages[f"{far}="]) is beyond
    assert ("this row can never apply" in messages["=="]) is beyond
