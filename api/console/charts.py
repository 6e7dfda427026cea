"""Charts drawn here, as places in an SVG: bars for shares, columns for counts over time. No script, no inline style."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api.statistics.mix import MixRow

HIGH, WIDE, GAP = 140, 26, 6
_ORDER = (
    *("approve", "keep", "increase", "restore", "verify", "incomplete", "refer", "decrease", "suspend", "reject"),
    "close",
)


class Block(msgspec.Struct, frozen=True):
    """One outcome in one period: where it stands, and how many."""

    outcome: str
    count: int
    y: float
    height: float


class Pillar(msgspec.Struct, frozen=True):
    """One period."""

    period: str
    decisions: int
    x: int
    blocks: tuple[Block, ...]


class Columns(msgspec.Struct, frozen=True):
    """Counts over time."""

    width: int
    most: int  #: what the full height stands for
    pillars: tuple[Pillar, ...]
    outcomes: tuple[str, ...]  #: those that occur, for the legend


def columns(rows: Sequence[MixRow]) -> Columns:
    """Pile up the outcomes of each period, the favourable at the bottom."""
    most = max((row.decisions for row in rows), default=1)
    pillars = tuple(
        Pillar(row.period, row.decisions, place * (WIDE + GAP), _blocks(row, most)) for place, row in enumerate(rows)
    )
    seen = {outcome for row in rows for outcome in row.outcomes}
    return Columns(max(1, len(rows)) * (WIDE + GAP), most, pillars, tuple(sorted(seen, key=_rank)))


def _blocks(row: MixRow, most: int) -> tuple[Block, ...]:
    blocks, below = [], float(HIGH)
    for outcome in sorted(row.outcomes, key=_rank):
        height = row.outcomes[outcome] * HIGH / most
        below -= height
        blocks.append(Block(outcome, row.outcomes[outcome], round(below, 2), round(height, 2)))
    return tuple(blocks)


def _rank(outcome: str) -> int:
    return _ORDER.index(outcome) if outcome in _ORDER else len(_ORDER)
