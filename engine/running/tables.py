"""Decision tables and scorecards decided by index; what comes out of the same rows is remembered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from engine.evaluation import NO_ROW, OVERFLOW, TWO_ROWS, Gap, merged
from engine.kinds import LIMIT, Kind, Value
from engine.policy import Policy, Table
from engine.running.columns import Values
from engine.running.index import Index

#: The rows that apply, or None when that is open, and what the table makes of them.
Settled = tuple[tuple[int, ...] | None, Value | Gap]
REMEMBERED = 4_096  #: combinations of rows; a scorecard may have more


class TableIndex:
    """One table or scorecard, ready to be asked."""

    def __init__(self, table: Table, policy: Policy, kinds: Mapping[str, Kind]) -> None:
        self._table, self._policy = table, policy
        self._index = Index([row.when for row in table.rows], kinds)
        self._settled: dict[object, tuple[tuple[int, ...], Value]] = {}
        words = self._index.words
        self._read = itemgetter(*words) if words else None

    def settled(self, values: Values, today: dt.date) -> tuple[tuple[int, ...], Value]:
        """The rows that apply and the value; raises KeyError when something is unknown or there is no value."""
        key = self._index.standing(values, today) if self._read is None else self._read(values)
        found = self._settled.get(key)
        return self._settle(key, values, today) if found is None else found

    def _settle(self, key: object, values: Values, today: dt.date) -> tuple[tuple[int, ...], Value]:
        rows, value = _settle(self._table, self._index.rows(self._index.standing(values, today)))
        if rows is None or isinstance(value, Gap):
            raise KeyError(key)
        if len(self._settled) < REMEMBERED:
            self._settled[key] = rows, value
        return rows, value

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
