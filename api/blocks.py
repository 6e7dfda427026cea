"""Blocks of the log in which filters meet: found in the bits of the listings, without a look at a decision.

The most telling filter leads: a block it has no row for is passed by. How many blocks are looked at in one go begins
small, for a page is soon full of a common code, and grows, for of a rare one there are few decisions in many blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from api.listings import unpacked
from api.tables import LISTING

_FEW, _MANY = 32, 512  #: blocks that are looked at in one go, at first and at most


class Filter(NamedTuple):
    """Decisions that say `code` in `field`, one of `listings.FIELDS`."""

    field: str
    code: str


class Block(NamedTuple):
    """Some decisions of a block: the index of its last entry, and their bits."""

    last: int
    bits: int


def meeting(
    connection: sa.Connection, filters: Sequence[Filter], first: int, last: int, *, oldest_first: bool
) -> Iterator[Block]:
    """Give the blocks ending at `first` to `last` in which decisions meet all filters, and those, in either order."""
    leading, *others = filters
    limit = _FEW
    while True:
        led = connection.execute(looked(leading, first, last, oldest_first=oldest_first, limit=limit)).all()
        found = {at: unpacked(bits) for at, bits in led}
        for other in others:
            found = _both(connection, found, other)
        yield from (Block(at, bits) for at, bits in found.items())
        if len(led) < limit:
            return
        limit = min(2 * limit, _MANY)
        first, last = (led[-1][0] + 1, last) if oldest_first else (first, led[-1][0] - 1)


def _both(connection: sa.Connection, found: dict[int, int], other: Filter) -> dict[int, int]:
    """Leave the bits that another filter has too."""
    if not found:
        return found
    stored = connection.execute(looked(other, min(found), max(found))).all()
    bits = {at: found.get(at, 0) & unpacked(bits) for at, bits in stored}
    return {at: bits[at] for at in found if bits.get(at)}


def looked(
    filtered: Filter, first: int, last: int, *, oldest_first: bool = True, limit: int | None = None
) -> sa.Select[Any]:
    """Select the blocks ending at `first` to `last` that a filter has a row for, in either order."""
    at = LISTING.c.log_index
    same = LISTING.c.field == filtered.field, LISTING.c.code == filtered.code
    chosen = sa.select(at, LISTING.c.bits).where(*same, at.between(first, last))
    return chosen.order_by(at.asc() if oldest_first else at.desc()).limit(limit)
