"""Conditions that the ranges of their facts decide: never true, or true whenever they are known; literals out of range.

Ranges are those of facts.yaml, and for derived facts what these make of them (`engine.ranges`). What is reported is
certain; what only follows from how several facts go together may be overlooked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.expression import (
    FLIPPED,
    Among,
    Compare,
    Constant,
    Expression,
    Junction,
    Not,
    children,
    names_in,
    show,
    walk,
)
from engine.kinds import Kind
from engine.ranges.deciding import Deciding
from engine.ranges.intervals import Intervals, literal_code, subject_of, value_text
from engine.ranges.spans import Ranges

Finding = tuple[str, str]  #: message, remedy

_WITHIN = "compare the fact with what it may be, or widen its range"
_NEVER = "mend it or the range of a fact, or remove it"
_ALWAYS = "mend it or the range of a fact; `x is not missing` asks whether a fact is known, and `true` always holds"
MAX_SHOWN = 120  #: characters of a condition in one message
MAX_NAMED = 3  #: ranges named in one message
MAX_WORDS = 6  #: of an enum named in one message


class Conditions:
    """What is wrong with conditions over one set of facts."""

    def __init__(self, kinds: Mapping[str, Kind], ranges: Ranges) -> None:
        self._kinds = kinds
        self._deciding = Deciding(kinds, ranges)
        self._told: dict[Expression, Sequence[Constant]] = {}  # each test is asked about for every part it stands in

    def check(self, condition: Expression) -> Iterator[Finding]:
        """Find literals out of range, and the largest parts that are decided without them."""
        yield from self.literals(condition)
        yield from self._decided(condition, within="")

    def literals(self, condition: Expression) -> Iterator[Finding]:
        """Find the literals no value of their fact can be told apart by."""
        for test in walk(condition):
            for literal in self._outside(test):
                name = subject_of(test)
                assert name is not None
                wrong = f"`{show(literal)}` lies outside the range of `{name.name}`, {self._range(name.name)}"
                yield f"`{show(test)[:MAX_SHOWN]}`: {wrong}", _WITHIN

    def whole(self, condition: Expression) -> Finding | None:
        """Say whether a condition as a whole is decided, as far as its literals are within range."""
        if isinstance(condition, Constant) or any(self._outside(test) for test in walk(condition)):
            return None
        if self._deciding.excluded(condition, True):
            return f"`{show(condition)[:MAX_SHOWN]}` can never be true{self._ranges(condition)}", _NEVER
        if self._deciding.excluded(condition, False):
            return f"`{show(condition)[:MAX_SHOWN]}` is true whenever it is known{self._ranges(condition)}", _ALWAYS
        return None

    def _decided(self, condition: Expression, within: str) -> Iterator[Finding]:
        found = self.whole(condition)
        if found and not (within == "and" and self._spelt_out(condition)):
            yield found
        elif not found and isinstance(condition, Junction | Not):
            op = condition.op if isinstance(condition, Junction) else ""
            for part in children(condition):
                yield from self._decided(part, op)

    def _spelt_out(self, test: Expression) -> bool:
        """Whether a test names the end of a range, as in `0 <= x < 5`: idle, and clear."""
        name = subject_of(test)
        if not isinstance(test, Compare) or name is None:
            return False
        op, literal = (test.op, test.right) if test.left == name else (FLIPPED[test.op], test.left)
        low, high = _ends(self._deciding.present[name.name])
        return (op, literal_code(name, literal)) in ((">=", low), ("<=", high))

    def _outside(self, test: Expression) -> Sequence[Constant]:
        if not isinstance(test, Compare | Among):
            return ()
        if test not in self._told:
            self._told[test] = self._beyond(test)
        return self._told[test]

    def _beyond(self, test: Compare | Among) -> Sequence[Constant]:
        name = subject_of(test)
        present = self._deciding.present.get(name.name) if name else None
        if name is None or name.kind.name == "bool" or not present:
            return ()
        low, high = _ends(present)
        return [literal for literal in _literals(test) if not low <= literal_code(name, literal) <= high]

    def _ranges(self, condition: Expression) -> str:
        named = [name for name in names_in(condition) if self._kinds[name].name not in ("bool", "date")]
        texts = [f"{name}: {self._range(name)}" for name in named[:MAX_NAMED]]
        return f" ({'; '.join(texts)})" if texts else ""

    def _range(self, name: str) -> str:
        kind, present = self._kinds[name], self._deciding.present[name]
        if not present:
            return "no value"
        if kind.name == "enum":
            words = [value_text(kind, low) for low, _ in present]
            return ", ".join(words[:MAX_WORDS]) + (" ..." if len(words) > MAX_WORDS else "")
        return "..".join(value_text(kind, end) for end in _ends(present))


def _literals(test: Expression) -> Sequence[Constant]:
    sides = test.values if isinstance(test, Among) else (test.left, test.right) if isinstance(test, Compare) else ()
    return [side for side in sides if isinstance(side, Constant)]


def _ends(intervals: Intervals) -> tuple[int, int]:
    return min(low for low, _ in intervals), max(high for _, high in intervals)
