"""Gaps, overlaps and dead rows of decision tables, by interval algebra; every finding comes with a concrete case.

A row is a box: for each column a set of disjoint integer intervals over the codes of its values (codes.py).
Missing values are a point of their own: a table need not cover them (the derived fact is then missing), but two rows
of a unique table may not both apply there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from engine.codes import code_against
from engine.expression import Among, Compare, CompareOp, Constant, Expression, IsMissing, Junction, Name, constant_text
from engine.kinds import LIMIT, SCALE, Kind
from engine.policy import Table
from engine.vocabulary import Range

MISSING = -(2**62)
BEYOND = LIMIT + 1  #: with either sign, past every code of a value
MAX_STEPS = 20_000  #: of the search for a gap; a table that needs more is refused as too large to check

Span = tuple[int, int]
Spans = tuple[Span, ...]
Box = tuple[Spans, ...]
Finding = tuple[int | None, str, str]  #: row (None: the whole table), message, remedy


class TooLarge(Exception):
    """the search was given up"""


def check_table(table: Table, kinds: Sequence[Kind], ranges: Sequence[Range | None]) -> Iterator[Finding]:
    """Find rows that cannot apply, overlaps of a unique table, dead rows of a first-hit table, and gaps."""
    domains = tuple(map(_domain, kinds, ranges))
    boxes = [_box(row.when, table.columns, domains) for row in table.rows]
    show = _Case(table.columns, kinds)
    for index, box in enumerate(boxes):
        if not all(box):
            yield index, "this row can never apply", "its cells lie outside the range of their facts"
    try:
        if table.hit == "unique":
            yield from _overlaps(boxes, show)
        if table.hit == "first":
            yield from _dead(boxes)
        if table.otherwise is None:
            yield from _gaps(boxes, domains, show)
    except TooLarge:
        yield None, "the table is too large to be checked for gaps and overlaps", "split it, or use fewer columns"


def _domain(kind: Kind, bounds: Range | None) -> Spans:
    if kind.name == "bool":
        return ((0, 1),)
    if kind.name == "enum":
        return ((0, len(kind.values) - 1),)
    if kind.name == "date":
        return ((dt.date.min.toordinal(), dt.date.max.toordinal()),)
    return ((bounds.low, bounds.high) if bounds else (-LIMIT, LIMIT),)


def _box(when: Expression, columns: Sequence[str], domains: Sequence[Spans]) -> Box:
    tests = when.items if isinstance(when, Junction) else (when,)
    whole = [(*domain, (MISSING, MISSING)) for domain in domains]
    for test in tests:
        if isinstance(test, Constant):
            continue
        column = columns.index(_subject(test))
        whole[column] = _both(whole[column], _spans(test, domains[column]))
    return tuple(whole)


def _subject(test: Expression) -> str:
    match test:
        case Name():
            return test.name
        case Compare() if isinstance(test.left, Name):
            return test.left.name
        case Among() if isinstance(test.item, Name):
            return test.item.name
        case IsMissing():
            return test.name.name
    raise AssertionError(test)  # cells are read into these forms only


def _spans(test: Expression, domain: Spans) -> Spans:
    match test:
        case Name():
            return ((1, 1),)
        case IsMissing():
            return domain if test.negated else ((MISSING, MISSING),)
        case Among():
            spans = [_compared("==", _code(test.item, value), domain) for value in test.values]
            return tuple({span for part in spans for span in part})
        case Compare():
            return _compared(test.op, _code(test.left, test.right), domain)
    raise AssertionError(test)


def _code(left: Expression, right: Expression) -> int:
    code = code_against(left, right)
    if code is None:  # beyond every stored number: stands outside every domain, on its own side
        assert isinstance(right, Constant)
        return BEYOND if Fraction(right.value) > 0 else -BEYOND  # type: ignore[arg-type]  # a numeric literal
    return code


def _compared(op: CompareOp, code: int, domain: Spans) -> Spans:
    ends: Mapping[str, Spans] = {
        "==": ((code, code),),
        "<": ((-BEYOND, code - 1),),
        "<=": ((-BEYOND, code),),
        ">": ((code + 1, BEYOND),),
        ">=": ((code, BEYOND),),
        "!=": ((-BEYOND, code - 1), (code + 1, BEYOND)),
    }
    return _both(domain, ends[op])


def _both(first: Spans, second: Spans) -> Spans:
    """The common part of two sets."""
    found = [(max(a, c), min(b, d)) for a, b in first for c, d in second]
    return tuple(span for span in found if span[0] <= span[1])


def _without(whole: Spans, part: Spans) -> Spans:
    """What is in the first set but not in the second."""
    for low, high in part:
        whole = tuple(
            piece for a, b in whole for piece in ((a, min(b, low - 1)), (max(a, high + 1), b)) if piece[0] <= piece[1]
        )
    return whole


def _common(first: Box, second: Box) -> Box:
    return tuple(map(_both, first, second))


def _overlaps(boxes: Sequence[Box], show: _Case) -> Iterator[Finding]:
    for later in range(len(boxes)):
        for earlier in range(later):
            common = _common(boxes[earlier], boxes[later])
            if all(common):
                yield (
                    later,
                    f"overlaps row {earlier + 1}, e.g. {show(common)}",
                    "rows of a unique table exclude each other",
                )
                break


def _dead(boxes: Sequence[Box]) -> Iterator[Finding]:
    for index, box in enumerate(boxes):
        if _uncovered(box, boxes[:index], [MAX_STEPS]) is None:  # never for an empty one, which nothing touches
            yield index, "this row is never reached", "earlier rows take every case; remove it or move it up"


def _gaps(boxes: Sequence[Box], domains: Sequence[Spans], show: _Case) -> Iterator[Finding]:
    gap = _uncovered(tuple(domains), boxes, [MAX_STEPS])
    if gap is not None:
        yield None, f"no row applies, e.g. for {show(gap)}", "add a row or say `otherwise`"


def _uncovered(box: Box, rows: Sequence[Box], steps: list[int]) -> Box | None:
    """Give a part of `box` that no row covers, or None: cut the first row that touches it out, column by column."""
    steps[0] -= 1
    if steps[0] < 0:
        raise TooLarge
    for index, row in enumerate(rows):
        common = _common(box, row)
        if not all(common):
            continue
        rest = list(box)
        for column in range(len(box)):
            outside = _without(rest[column], row[column])
            if outside:
                part = (*rest[:column], outside, *rest[column + 1 :])
                found = _uncovered(tuple(part), rows[index + 1 :], steps)
                if found is not None:
                    return found
            rest[column] = common[column]
        return None
    return box


class _Case:
    """Prints one concrete case of a box in the units of the policy."""

    def __init__(self, columns: Sequence[str], kinds: Sequence[Kind]) -> None:
        self.columns = columns
        self.kinds = kinds

    def __call__(self, box: Box) -> str:
        """Name one value per column."""
        return ", ".join(
            f"{column} = {_value(kind, spans)}"
            for column, kind, spans in zip(self.columns, self.kinds, box, strict=True)
        )


def _value(kind: Kind, spans: Spans) -> str:
    low, high = max(spans, key=lambda span: span[1])  # a present value before a missing one
    if high == MISSING:
        return "missing"
    code = low if low > -LIMIT else high if high < LIMIT else 0
    if kind.name == "enum":
        return kind.values[code]
    if kind.name == "bool":
        return constant_text(bool(code))
    if kind.name == "date":
        return dt.date.fromordinal(code).isoformat()
    return constant_text(Fraction(code, SCALE[kind.name]))
