"""The decisions of a search that listings lead to: found in their bits, and their rows read only then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from api.blocks import Block, Filter, meeting
from api.listings import indexes
from api.narrowed import Column, Condition, Counts, Rows
from api.tables import DECISION

_AT_ONCE = 2_048  #: decisions that are counted in one go


@dataclass(frozen=True)
class Marked:
    """Decisions from `first` up to but not including `end` that all filters are true of, the most telling in front.

    All of them stand in blocks of `block` entries that the listings cover.
    """

    filters: Sequence[Filter]
    first: int
    end: int
    block: int
    conditions: Sequence[Condition] = ()  #: what is asked besides, of their rows

    def page(self, connection: sa.Connection, *columns: Column, oldest_first: bool, limit: int) -> Rows:
        """Give columns of the first rows in either order."""
        rows: Rows = []
        for found in self._indexes(connection, oldest_first=oldest_first, at_once=limit):
            rows += connection.execute(self.ordered(found, *columns, oldest_first=oldest_first))
            if len(rows) >= limit:
                break
        return rows[:limit]

    def count(self, connection: sa.Connection) -> int:
        """Count the rows; if nothing is asked besides, without reading them."""
        if not self.conditions:
            return sum(block.bits.bit_count() for block in self._blocks(connection, oldest_first=True))
        every = self._indexes(connection, oldest_first=True, at_once=_AT_ONCE)
        return sum(connection.execute(self.select(found, sa.func.count())).scalar_one() for found in every)

    def grouped(self, connection: sa.Connection, *columns: Column) -> Counts:
        """Count the rows by what they say in columns."""
        counted: Counts = Counter()
        for found in self._indexes(connection, oldest_first=True, at_once=_AT_ONCE):
            chosen = self.select(found, *columns, sa.func.count()).group_by(*columns)
            for *said, number in connection.execute(chosen):
                counted[tuple(said)] += number
        return counted

    def ordered(self, found: Sequence[int], *columns: Column, oldest_first: bool) -> sa.Select[Any]:
        """Select columns of the rows at some indexes, in either order."""
        index = DECISION.c.log_index
        return self.select(found, *columns).order_by(index.asc() if oldest_first else index.desc())

    def select(self, found: Sequence[int], *columns: Column) -> sa.Select[Any]:
        """Select columns of the rows at some indexes."""
        return sa.select(*columns).where(DECISION.c.log_index.in_(found), *self.conditions)

    def _indexes(self, connection: sa.Connection, *, oldest_first: bool, at_once: int) -> Iterator[list[int]]:
        """Give the indexes that the bits lead to, in either order, so many in one go."""
        left: list[int] = []
        for block in self._blocks(connection, oldest_first=oldest_first):
            left += indexes(*block) if oldest_first else reversed(indexes(*block))
            while len(left) >= at_once:
                yield left[:at_once]
                left = left[at_once:]
        if left:
            yield left

    def _blocks(self, connection: sa.Connection, *, oldest_first: bool) -> Iterator[Block]:
        """Give the blocks that hold some of the decisions, without those that lie outside."""
        last = self.end + self.block - 2  # of the block that holds what is in front of `end`
        for at, bits in meeting(connection, self.filters, self.first, last, oldest_first=oldest_first):
            if inside := bits & self._mask(at):
                yield Block(at, inside)

    def _mask(self, last: int) -> int:
        """Give the bits of a block that lie inside."""
        before, behind = max(self.first - (last + 1 - self.block), 0), max(last + 1 - self.end, 0)
        return (1 << self.block - before) - (1 << behind)
