"""Whether ranges alone decide a condition: it can never be true, or never be false.

A condition is split into boxes, as tables are: for each fact a set of intervals, in which it has the status asked for.
Tests of one fact against literals are exact. What else there is (arithmetic, two facts, time) is taken as `statuses`
has it. So an answer of yes is certain, and one of no is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.expression import Constant, Expression, IsMissing, Junction, Name, Not, walk
from engine.kinds import Kind
from engine.ranges.derivings import hull
from engine.ranges.domains import intervals_of
from engine.ranges.intervals import ABSENT, Intervals, both, subject_of, where, without
from engine.ranges.spans import Ranges
from engine.ranges.statuses import FALSE, TRUE, gap_in, truth_of

MAX_STEPS = 1_000  #: of splitting one condition; beyond them its parts are taken to have nothing to do with each other

Box = Mapping[str, Intervals]  #: facts that are not in it may be anything


class TooMany(Exception):
    """a condition has too many boxes"""


class Deciding:
    """One set of facts with their ranges, ready to be asked about conditions over them."""

    def __init__(self, kinds: Mapping[str, Kind], ranges: Ranges) -> None:
        self._ranges = ranges
        nothing = {name: hull(kind, [], gap=True) for name, kind in kinds.items()}
        self.present = {name: intervals_of(kinds[name], ranges.get(name, nothing[name])) for name in kinds}
        self._absent = {name for name in kinds if name not in ranges or gap_in(ranges[name])}
        self._steps = 0

    def excluded(self, condition: Expression, status: bool) -> bool:
        """Whether a condition can never come to a status."""
        self._steps = MAX_STEPS
        try:
            return not self._boxes(condition, status)
        except TooMany:
            return not truth_of(condition, None)(self._ranges) & (TRUE if status else FALSE)

    def _boxes(self, condition: Expression, status: bool) -> Sequence[Box]:
        match condition:
            case Constant():
                return [{}] if condition.value is status else []
            case Not():
                return self._boxes(condition.item, not status)
            case Junction() if (condition.op == "or") is status:
                return [box for item in condition.items for box in self._boxes(item, status)]
            case Junction():
                return self._product(condition.items, status)
        name = subject_of(condition)
        return self._opaque(condition, status) if name is None else self._tested(condition, name, status)

    def _product(self, items: Sequence[Expression], status: bool) -> Sequence[Box]:
        boxes: Sequence[Box] = [{}]
        for item in items:
            others = self._boxes(item, status)
            self._steps -= len(boxes) * len(others)
            if self._steps < 0:
                raise TooMany
            boxes = [common for box in boxes for other in others if (common := _common(box, other)) is not None]
        return boxes

    def _tested(self, test: Expression, name: Name, status: bool) -> Sequence[Box]:
        present = self.present[name.name]
        whole = (*present, *ABSENT) if name.name in self._absent else present
        held = both(where(test, present), whole)
        if not status:
            held = without(
                whole if isinstance(test, IsMissing) else present, held
            )  # no other test tells without a value
        return [{name.name: held}] if held else []

    def _opaque(self, test: Expression, status: bool) -> Sequence[Box]:
        """A test of several facts is decided only where all of them are there."""
        if not truth_of(test, None)(self._ranges) & (TRUE if status else FALSE):
            return []
        names = {node.name for node in walk(test) if isinstance(node, Name)}
        return [{name: self.present[name] for name in names}] if all(self.present[name] for name in names) else []


def _common(first: Box, second: Box) -> Box | None:
    found = {**first, **second}
    for name in first.keys() & second.keys():
        found[name] = both(first[name], second[name])
        if not found[name]:
            return None
    return found
