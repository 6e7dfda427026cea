"""Auditing one stretch of a log in its database: entries, full tiles of level 0, checkpoints and sealed parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa

from audit.database import Database, inspecting
from audit.errors import AuditError
from audit.keys import Keys
from audit.leaf import Leaf
from audit.ring import Ring
from audit.tiles import WIDTH, Tile
from audit.verify import quick
from audit.verify.report import Draft
from audit.verify.rows import Row, guarded, read, read_many
from audit.verify.sealed import SealedParts
from audit.verify.stretch import Milestones, Outcome, Stretch
from audit.verify.tree import Signed, Sprout

_ENTRIES = "SELECT idx, event_id, leaf_hash, entry FROM audit_entry WHERE idx >= :since AND idx < :stop ORDER BY idx"
_CHECKPOINTS = "SELECT size, note FROM audit_checkpoint WHERE size > :since AND size <= :stop ORDER BY size"
_TILE = "SELECT root, data FROM audit_tile WHERE level = :level AND n = :n"


@dataclass(frozen=True, slots=True)
class CheckStored:
    """Checks a stretch through a connection of its own; a value, so that another process can do it.

    Rows below `stretch.stop` never change but for erasures, so it does not matter that the connections do not see the
    same moment: what one of them sees of an erasure, it sees whole.
    """

    where: Database
    ring: Ring  #: the keys that sign checkpoints
    keys: Keys | None  #: to open sealed parts; without them they are hashed
    sealed: bool
    known: tuple[int, ...]  #: sizes at which somebody else wants the root

    def __call__(self, stretch: Stretch) -> Outcome:
        """Check everything in a stretch."""
        engine = inspecting(self.where)
        try:
            with engine.begin() as connection:
                return _StoredAudit(connection, self, stretch).run()
        finally:
            engine.dispose()


class _StoredAudit:
    """One pass over one stretch."""

    def __init__(self, connection: sa.Connection, check: CheckStored, stretch: Stretch) -> None:
        self._connection, self._check, self._stretch = connection, check, stretch
        self._draft = Draft()
        self._sprout = Sprout(stretch.start, self._see_tile)
        self._expected = stretch.start  #: the index that comes next
        self._range = {"since": stretch.since, "stop": stretch.stop}

    def run(self) -> Outcome:
        heads = list(self.heads(self._range))
        milestones = Milestones([*(each.size for each in heads), *self._check.known])
        milestones.pass_by(self._sprout)
        parts = self._parts()
        for rows in self._rows():
            leaves = self._entries(rows, milestones)
            if parts is not None:
                for row, leaf in zip(rows, leaves, strict=True):
                    parts.see(row[0], leaf)
        if parts is not None:
            parts.finish()
        sprout = self._sprout
        return Outcome(sprout.size, sprout.root(), sprout.tiles, heads, milestones.roots, self._draft)

    def _parts(self) -> SealedParts | None:
        if not self._check.sealed:
            return None
        return SealedParts(self._connection, self._check.ring.current.name, self._check.keys, self._draft, self._range)

    def _rows(self) -> Iterator[list[Row]]:
        rows = read_many(self._connection, _ENTRIES, int, str, bytes, bytes, **self._range)
        yield from guarded(self._draft, "entries", filter(None, rows))
        if self._expected != self._stretch.stop:
            self._draft.add(f"entry {self._expected}", "is missing")

    def _entries(self, rows: list[Row], milestones: Milestones) -> Sequence[Leaf | None]:
        """Check entries; give what is to be read in each, None of one that cannot be."""
        indexes, event_ids, stored, entries = map(list, zip(*rows, strict=True))
        hashes = [sha256(b"\x00" + entry).digest() for entry in entries]
        milestones.grow(self._sprout, hashes)
        expected, self._expected = self._expected, indexes[-1] + 1
        leaves = quick.read_all(entries)
        in_order = indexes == list(range(expected, self._expected)) and hashes == stored
        if leaves is not None and in_order and [leaf.id for leaf in leaves] == event_ids:
            return leaves
        wanted = [expected, *(index + 1 for index in indexes[:-1])]
        return list(map(self._entry, wanted, rows, hashes))

    def _entry(self, expected: int, row: Row, leaf: bytes) -> Leaf | None:
        index, event_id, stored, entry = row
        if index != expected:
            self._draft.add(f"entry {index}", f"stands where entry {expected} should")
        if leaf != stored:
            self._draft.add(f"entry {index}", "its bytes do not hash to its stored leaf")
        return self._read(index, event_id, entry)

    def _read(self, index: int, event_id: str, entry: bytes) -> Leaf | None:
        try:
            leaf = quick.read(entry)
        except AuditError as error:
            self._draft.add(f"entry {index}", str(error))
            return None
        if leaf.id != event_id:
            self._draft.add(f"entry {index}", f"is stored as event `{event_id}`, its bytes say `{leaf.id}`")
        return leaf

    def _see_tile(self, tile: Tile, data: bytes, root: bytes) -> None:
        if tile.width == WIDTH:
            check_tile(self._connection, self._draft, tile, data, root)

    def heads(self, range_: dict[str, int]) -> Iterator[Signed]:
        return stored_heads(self._connection, self._check.ring, self._draft, range_)


def stored_heads(connection: sa.Connection, ring: Ring, draft: Draft, range_: dict[str, int]) -> Iterator[Signed]:
    """Yield the stored checkpoints of a range of sizes that can be believed."""
    for size, note in guarded(draft, "checkpoints", read(connection, _CHECKPOINTS, int, str, **range_)):
        where = f"checkpoint of size {size}"
        with draft.reading(where):
            checkpoint = ring.verify(note)
            draft.checkpoints += 1
            if checkpoint.size == size:
                yield Signed.of(checkpoint, where)
            else:
                draft.add(where, f"its note says size {checkpoint.size}")


def check_tile(connection: sa.Connection, draft: Draft, tile: Tile, data: bytes, root: bytes) -> None:
    """Hold a stored tile against the hashes it must have."""
    where = f"tile {tile.level}/{tile.n}"
    with draft.reading(where):
        row = next(read(connection, _TILE, bytes, bytes, level=tile.level or 0, n=tile.n), None)
        if row is None:
            draft.add(where, "is missing")
        elif row[1] != data:
            draft.add(where, "does not hold the hashes of its entries")
        elif row[0] != root:
            draft.add(where, "its stored root is not that of its hashes")
