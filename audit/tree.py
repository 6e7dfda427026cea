"""The tree as it is stored: subtree roots, frontier and proofs at any size, from tiles and the rows at the edge."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from audit.errors import NoSuchEntry, Tampered
from audit.merkle import HASH_BYTES, Frontier, root_of
from audit.proofs import consistency_path, inclusion_path
from audit.store import EntryRow, TileRow
from audit.tiles import HEIGHT, WIDTH

_START, _STOP = sa.bindparam("start", type_=sa.BigInteger), sa.bindparam("stop", type_=sa.BigInteger)
_SIZE = sa.select(sa.func.max(col(EntryRow.idx)))
_LEAVES = (
    sa.select(col(EntryRow.leaf_hash))
    .where(col(EntryRow.idx) >= _START, col(EntryRow.idx) < _STOP)
    .order_by(col(EntryRow.idx))
)
_FULL_TILE = sa.select(col(TileRow.data)).where(
    col(TileRow.level) == sa.bindparam("level"), col(TileRow.n) == sa.bindparam("n")
)
_ROOTS = (
    sa.select(col(TileRow.root))
    .where(col(TileRow.level) == sa.bindparam("level"), col(TileRow.n) >= _START, col(TileRow.n) < _STOP)
    .order_by(col(TileRow.n))
)


class Tree:
    """The tree in one transaction's view of the database. Rows never change, so what was read once is kept."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def subtree(self, level: int, n: int) -> bytes:
        """Return the root over leaves `n * 2**level` up to `(n + 1) * 2**level`, exclusive; a `proofs.Subtree`."""
        tile_level, height = divmod(level, HEIGHT)
        start = n << height
        return root_of(self.hashes(tile_level, start, start + (1 << height)))

    def hashes(self, level: int, start: int, stop: int) -> list[bytes]:
        """Return hashes `start` to `stop` (exclusive, within one tile) of a tile level; raises Tampered."""
        n, first = divmod(start, WIDTH)
        if (level, n) not in self._tiles:
            self._tiles[level, n] = self._full(level, n) or self._edge(level, n)
        found = self._tiles[level, n][first : first + stop - start]
        if len(found) < stop - start:
            raise Tampered(f"tile {level}/{n}", f"has fewer than {first + stop - start} hashes")
        return found

    def frontier(self, size: int) -> Frontier:
        """Return the right edge of the tree at `size`."""
        nodes, start = [], 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                nodes.append(self.subtree(level, start >> level))
                start += 1 << level
        return Frontier(size, tuple(nodes))

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the inclusion proof of an entry in the tree at `size`; raises NoSuchEntry."""
        self._check(size)
        return inclusion_path(index, size, self.subtree)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Return the consistency proof between two sizes; raises NoSuchEntry."""
        self._check(new)
        return consistency_path(old, new, self.subtree)

    def size(self) -> int:
        """Return how many entries there are."""
        found: int | None = self._connection.execute(_SIZE).scalar_one()
        return 0 if found is None else found + 1

    def _check(self, size: int) -> None:
        if size > (there := self.size()):
            raise NoSuchEntry(f"tree size {size}", there)

    def _full(self, level: int, n: int) -> list[bytes]:
        data: bytes = self._connection.execute(_FULL_TILE, {"level": level, "n": n}).scalar() or b""
        return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]

    def _edge(self, level: int, n: int) -> list[bytes]:
        place = {"start": n * WIDTH, "stop": (n + 1) * WIDTH}
        if level == 0:
            return list(self._connection.execute(_LEAVES, place).scalars())
        return list(self._connection.execute(_ROOTS, {"level": level - 1, **place}).scalars())
