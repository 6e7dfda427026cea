"""Gaps, overlaps and dead rows of decision tables, by interval algebra; every finding comes with a concrete case.

A row is a box: for each column a set of disjoint integer intervals over the codes of its values (codes.py).
Missing values are a point of their own: a table need not cover them (the derived fact is then missing), but two rows
of a unique table may not both apply there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.expression import Constant, Expression, Junction
from engine.kinds import LIMIT, Kind
from engine.policy import Table
from engine.ranges.intervals import ABSENT, MISSING, Intervals, both, domain_of, subject_of, value_text, where, without
from engine.vocabulary import Range

MAX_STEPS = 20_000  #: of the search for a gap; a table that needs more is refused as too large to check

Box = tuple[Intervals, ...]
Finding = tuple[int | None, str, str]  #: row (None: the whole table), message, remedy


class TooLarge(Exception):
    """the search was given up"""


def check_table(table: Table, kinds: Sequence[Kind], ranges: Sequence[Range | None]) -> Iterator[Finding]:
    """Find rows that cannot apply, overlaps of a unique table, dead rows of a first-hit table, and gaps."""
    domains = tuple(map(domain_of, kinds, ranges))
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


def _box(when: Expression, columns: Sequence[str], domains: Sequence[Intervals]) -> Box:
    tests = when.items if isinstance(when, Junction) else (when,)
    whole = [(*domain, *ABSENT) for domain in domains]
    for test in tests:
        if isinstance(test, Constant):
            continue
        name = subject_of(test)
        assert name is not None  # cells are read into such tests only
        column = columns.index(name.name)
        whole[column] = both(whole[column], where(test, domains[column]))
    return tuple(whole)


def _common(first: Box, second: Box) -> Box:
    return tuple(map(both, first, second))


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


def _gaps(boxes: Sequence[Box], domains: Sequence[Intervals], show: _Case) -> Iterator[Finding]:
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
            outside = without(rest[column], row[column])
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
            f"{column} = {_value(kind, intervals)}"
            for column, kind, intervals in zip(self.columns, self.kinds, box, strict=True)
        )


def _value(kind: Kind, intervals: Intervals) -> str:
    low, high = max(intervals, key=lambda interval: interval[1])  # a present value before a missing one
    if high == MISSING:
        return "missing"
    return value_text(kind, low if low > -LIMIT else high if high < LIMIT else 0)
