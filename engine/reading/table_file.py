"""Reads decision tables and scorecards: cells become conditions, outputs become values of one kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, cast

from engine.expression import Among, Compare, CompareOp, Constant, Expression, IsMissing, Name
from engine.kinds import BOOL, INT, SCALE, Kind, Value
from engine.policy import Row, Table
from engine.reading.comparing import junction
from engine.reading.facts_file import enum_word, in_base_units
from engine.reading.language import POINTS, TABLE
from engine.reading.parsing import literal
from engine.reading.source import Item, attempt
from engine.reading.syntax import ExpressionError

ALWAYS = Constant(True, BOOL)
MAX_ROWS = 500
_CELL = re.compile(r"(==|!=|<=|>=|<|>)\s*(.+)\Z", re.DOTALL)
_SPAN = re.compile(r"(-?[0-9_]+(?:\.[0-9_]+)?)\s*\.\.\s*(-?[0-9_]+(?:\.[0-9_]+)?)\Z")

Condition = Callable[[Item], Expression]


def read_table(item: Item, kind: Kind | None, scope: Mapping[str, Kind]) -> tuple[Table, Kind]:
    """Read a decision table over the facts in scope; its kind follows from the outputs unless given."""
    found = item.fields(TABLE.required, TABLE.optional)
    hit = cast('Literal["unique", "first", "collect"]', found["hit"].choice(("unique", "first", "collect")))
    columns = [_column(column, scope) for column in found["when"].sequence()]
    lines = found["rows"].sequence()
    if not 1 <= len(lines) <= MAX_ROWS or not columns:
        found["rows"].wrong(f"a table has at least one column and 1 to {MAX_ROWS} rows", "write one, or split it")
    outputs = [_output_cell(line, len(columns)) for line in lines]
    if "otherwise" in found:
        outputs.append(found["otherwise"])
    kind = kind or output_kind(outputs)
    rows = tuple(row for line in lines for row in attempt(lambda i: _row(i, columns, kind), line))
    otherwise = output(found["otherwise"], kind) if "otherwise" in found else None
    combine = _combine(found, hit, item, kind)
    return Table(hit, combine, tuple(name.name for name in columns), rows, otherwise), kind


def _combine(found: Mapping[str, Item], hit: str, item: Item, kind: Kind) -> Literal["min", "max", "sum"] | None:
    if (hit == "collect") != ("combine" in found):
        item.wrong("`combine` goes with `hit: collect`", "say how the rows combine: min, max or sum")
    if "combine" in found and kind.name not in SCALE:
        found["combine"].wrong(f"{kind.name} values cannot be combined", "collect numbers")
    return (
        cast('Literal["min", "max", "sum"]', found["combine"].choice(("min", "max", "sum")))
        if "combine" in found
        else None
    )


def _column(item: Item, scope: Mapping[str, Kind]) -> Name:
    name = item.text()
    if name not in scope:
        item.sound(name)
        item.wrong(f"`{name}` is not a declared fact", "declare it in facts.yaml, `records` or `derive`")
    return Name(name, scope[name])


def _output_cell(line: Item, columns: int) -> Item:
    cells = line.sequence()
    if len(cells) != columns + 1:
        line.wrong(f"the row has {len(cells)} cells", f"write {columns} conditions and one output")
    return cells[-1]


def _row(line: Item, columns: list[Name], kind: Kind) -> Row:
    *conditions, result = line.sequence()
    tests = [
        test
        for name, cell in zip(columns, conditions, strict=True)
        for test in [read_cell(cell, name)]
        if test != ALWAYS
    ]
    when = junction("and", tuple(tests)) if len(tests) > 1 else tests[0] if tests else ALWAYS
    return Row(when, output(result, kind), tuple(map(cell_text, conditions)), line.line)


def cell_text(cell: Item) -> str:
    """A cell as it is written."""
    return f"[{', '.join(part.text() for part in cell.sequence())}]" if cell.listed else cell.text()


def read_cell(cell: Item, name: Name) -> Expression:
    """Read one cell: any, a value, a list of values, `OP value`, `low..high`, `missing`."""
    try:
        if cell.listed:
            return Among(name, tuple(literal(part.text(), name.kind) for part in cell.sequence()), negated=False)
        return _cell(cell.text().strip(), name)
    except ExpressionError as error:
        cell.wrong(error.message, error.remedy or "a cell is any, a value, [a, b], `>= 5`, `1..5` or missing")


def _cell(text: str, name: Name) -> Expression:
    if text == "any":
        return ALWAYS
    if text in ("missing", "not missing"):
        return IsMissing(name, negated=text.startswith("not"))
    if span := _SPAN.match(text):
        low, high = literal(span[1], name.kind), literal(span[2], name.kind)
        if not low.value <= high.value:  # type: ignore[operator]  # both are numbers
            raise ExpressionError(f"`{text}` is empty", "write the lower end first")
        return junction("and", (Compare(">=", name, low), Compare("<=", name, high)))
    if comparison := _CELL.match(text):
        op = cast("CompareOp", comparison[1])
        if op not in ("==", "!=") and not (name.kind.numeric or name.kind.name == "date"):
            raise ExpressionError(f"`{name.name}` has no order", "use a value, [a, b] or `!= a`")
        return Compare(op, name, literal(comparison[2], name.kind))
    value = literal(text, name.kind)
    if name.kind == BOOL:
        return name if value.value else Compare("==", name, value)
    return Compare("==", name, value)


def output_kind(cells: list[Item]) -> Kind:
    """Infer the kind of a table's outputs: words make an enum, true/false a bool, whole numbers an int."""
    texts = [cell.text() for cell in cells]
    if all(text in ("true", "false") for text in texts):
        return BOOL
    if all(re.match(r"-?[0-9][0-9_]*\Z", text) for text in texts):
        return INT
    if any(re.match(r"-?[0-9]", text) for text in texts):
        cells[0].wrong("the kind of these outputs is not clear", "say `type: money` or `type: rate` beside `fact:`")
    return Kind("enum", tuple(dict.fromkeys(enum_word(cell) for cell in cells)))


def output(cell: Item, kind: Kind) -> Value:
    """Read one output in base units."""
    if kind.name in SCALE:
        return in_base_units(cell, kind)
    try:
        value = literal(cell.text(), kind).value
    except ExpressionError as error:
        cell.wrong(error.message, error.remedy)
    return cast("Value", value)


def read_scorecard(item: Item, kind: Kind, condition: Condition) -> Table:
    """Read a scorecard: `{when, add}` items, summed from 0."""
    items = item.sequence()
    if not 1 <= len(items) <= MAX_ROWS or kind.name not in SCALE:
        item.wrong(f"a scorecard sums 1 to {MAX_ROWS} numbers", "write one, or split it")
    rows = tuple(row for entry in items for row in attempt(lambda i: _points(i, kind, condition), entry))
    return Table("collect", "sum", (), rows, 0, scorecard=True)


def _points(item: Item, kind: Kind, condition: Condition) -> Row:
    found = item.fields(POINTS.required, POINTS.optional)
    if "note" in found:
        found["note"].text()
    return Row(condition(found["when"]), in_base_units(found["add"], kind), (found["when"].text(),), item.line)
