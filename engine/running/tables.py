"""Decision tables and scorecards decided by index; what several come to together is remembered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.evaluation import NO_ROW, OVERFLOW, TWO_ROWS, Gap, merged
from engine.kinds import LIMIT, Kind, Value
from engine.policy import Policy, Table
from engine.running.columns import Column, Values
from engine.running.families import Bits
from engine.running.index import Index
from engine.running.writing import Unknown

REMEMBERED = 4_096  #: combinations of classes per group
#: The rows that apply, or None when that is open, and what the table makes of them.
Settled = tuple[tuple[int, ...] | None, Value | Gap]


class TableIndex:
    """One table or scorecard, ready to be asked."""

    def __init__(self, table: Table, policy: Policy, kinds: Mapping[str, Kind]) -> None:
        self._table, self._policy = table, policy
        self._index = Index([row.when for row in table.rows], kinds)

    @property
    def columns(self) -> tuple[Column, ...]:
        """All that decides which rows apply."""
        return self._index.columns

    def settled(self, values: Values, today: dt.date) -> Settled:
        """The rows that apply and the value, when nothing it reads is missing; whatever is unknown makes it open."""
        certain, possible = self._index.bounds(values, today)
        return _settle(self._table, self._index.rows(certain)) if certain == possible else (None, Gap(()))

    def weighed(self, values: Values, today: dt.date, gap: Callable[[int], Gap]) -> Settled:
        """The same when some of it may be unknown; `gap` says why a row is."""
        certain, possible = self._index.bounds(values, today)
        sure = set(self._index.rows(certain))
        hits: list[int] = []
        unknown: list[Gap] = []
        for row in self._index.rows(possible):
            if row not in sure:
                unknown += [one for one in [gap(row)] if not one.silent(self._policy)]
                continue
            hits.append(row)
            if self._table.hit == "first":
                break
        if unknown and not (self._table.hit == "unique" and hits):
            return None, merged(unknown)
        return _settle(self._table, hits)


class Group:
    """Tables that are looked up together, and what they came to for the combinations of classes that were met."""

    def __init__(self, tables: Sequence[tuple[str, TableIndex]], tests: Sequence[Sequence[Bits]]) -> None:
        self.known: dict[object, tuple[Any, ...]] = {}
        self._tables, self._tests = tables, tests

    def settle(self, key: object, values: dict[str, Any], today: dt.date) -> tuple[Any, ...]:
        """Settle all tables, for facts that are all there, and remember it while there is room.

        Gives values and rows by table, then each value, then for each set of tests those that hold. Raises Unknown.
        """
        derived: dict[str, Value] = {}
        rows = {}
        for name, table in self._tables:
            hits, value = table.settled(values, today)
            if hits is None or isinstance(value, Gap):
                raise Unknown
            rows[name], values[name], derived[name] = hits, value, value
        found = (derived, rows, *derived.values(), *[self._hold(tests, values, today) for tests in self._tests])
        if len(self.known) < REMEMBERED:
            self.known[key] = found
        return found

    def _hold(self, tests: Sequence[Bits], values: Values, today: dt.date) -> int:
        hold = 0
        for column, bits in tests:
            number = column.class_of(values, today)
            assert number is not None  # it is about something a table reads or gives
            hold += bits[number]
        return hold


def _settle(table: Table, hits: Sequence[int]) -> Settled:
    applied = tuple(hits[:1] if table.hit == "first" else hits)
    if table.hit == "unique" and len(applied) > 1:
        return None, Gap((), TWO_ROWS)
    return applied, _combined(table, applied)


def _combined(table: Table, hits: Sequence[int]) -> Value | Gap:
    if not hits:
        return Gap((), NO_ROW) if table.otherwise is None else table.otherwise
    if table.hit != "collect":
        return table.rows[hits[0]].value
    numbers = [int(table.rows[index].value) for index in hits]  # type: ignore[arg-type]  # collected values are numbers
    combine: Any = {"sum": sum, "min": min, "max": max}[table.combine or "sum"]
    total: int = combine(numbers)
    return Gap((), OVERFLOW) if abs(total) > LIMIT else total
