"""The right edge of the tree, remembered between appends so that each costs hashes and not reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from audit import ring, rows, startup
from audit.database import driver_of
from audit.driver import Driver, Found
from audit.errors import NoteInvalid
from audit.merkle import Frontier, fold, leaf_hash, root_of
from audit.note import VerifierKey
from audit.tiles import HEIGHT, WIDTH
from audit.tree import Tree

_MOST_BEHIND = 16 * WIDTH
"""Entries that are taken in one by one when another process appended them; beyond that the tree is read anew."""


Outrun = Callable[[Sequence[bytes] | None], None]
"""Is told the entries that another process appended, or None if nobody can say what happened."""


class Edge:
    """What the writer knows of the tree. It counts for one transaction, and only after the database agreed to it.

    A second process may have appended since, and a rollback takes entries back. What is read anew must agree with what
    was signed before, so that a tree changed underneath is never signed.
    """

    def __init__(self, vkey: VerifierKey, vault_id: str | None = None, outrun: Outrun = lambda _entries: None) -> None:
        """`vkey` signs and the key named `vault_id` wraps; both must still be the log's whenever it is read anew.

        `outrun` is called when the tree is not as it was left.
        """
        self._vkey, self._vault_id, self._outrun = vkey, vault_id, outrun
        self._trusted = False
        self._take(Frontier(), [])

    def size(self, connection: sa.Connection) -> int:
        """Return how many entries the transaction sees; raises LogRefused when the tree is not what was signed."""
        if not self._trusted:
            self._check(connection)
            self._trusted = True
        return self._size

    def current(self, connection: sa.Connection) -> Frontier:
        """Return the edge as the transaction sees it; raises LogRefused when the tree is not what was signed."""
        self.size(connection)
        return self._folded()

    def grow(self, connection: sa.Connection, leaf: bytes) -> None:
        """Take in the leaf that was just stored, and store each tile it fills."""
        self.grow_by(connection, [leaf])

    def grow_by(self, connection: sa.Connection, leaves: Sequence[bytes]) -> None:
        """Take in leaves that were just stored, in their order, and store each tile they fill."""
        done = 0
        while done < len(leaves):
            some = leaves[done : done + WIDTH - self._size % WIDTH]
            self._pending += some
            self._tile += some
            self._size += len(some)
            done += len(some)
            if self._size % WIDTH == 0:
                self._fill(connection)

    def doubt(self) -> None:
        """Have the edge held against the database before it is used again: a new transaction began."""
        self._trusted = False

    def forget(self) -> None:
        """Drop the edge: something was rolled back, or nobody knows whether it was."""
        self._take(Frontier(), [])
        self._trusted = False

    def _take(self, frontier: Frontier, tile: list[bytes]) -> None:
        self._frontier, self._size = frontier, frontier.size
        self._pending: list[bytes] = []  # leaves the frontier lacks: as long as their transaction is open
        self._tile = tile  # leaves of the tile that is not full yet; fewer if they are not known
        self._newest = tile[-1] if tile else b""  # the frontier's last leaf, if that is known

    def _folded(self) -> Frontier:
        if self._pending:
            newest, tile = self._pending[-1], self._tile
            self._take(self._frontier.extend(self._pending), tile)
            self._newest = newest
        return self._frontier

    def _fill(self, connection: sa.Connection) -> None:
        *before, leaf = self._pending
        frontier = self._frontier.extend(before)
        # All but this leaf stands in perfect subtrees: of the tile's share there is one on each level below its root.
        root = fold([*frontier.nodes[-HEIGHT:], leaf])
        tile = self._tile if len(self._tile) == WIDTH else Tree(connection).hashes(0, self._size - WIDTH, self._size)
        driver = driver_of(connection)
        rows.insert_tile(driver, 0, self._size // WIDTH - 1, root, b"".join(tile))
        self._take(frontier.append(leaf), [])
        self._newest = leaf
        level, hashes = 1, self._size // WIDTH
        while hashes % WIDTH == 0:
            data = Tree(connection).hashes(level, hashes - WIDTH, hashes)
            rows.insert_tile(driver, level, hashes // WIDTH - 1, root_of(data), b"".join(data))
            level, hashes = level + 1, hashes // WIDTH

    def _check(self, connection: sa.Connection) -> None:
        driver = driver_of(connection)
        newest = driver.newest()
        if newest is None:
            if self._size:
                self._outrun(None)
            self._take(Frontier(), [])
        elif not self._agrees(newest) and not self._caught_up(connection, driver, newest.idx + 1):
            self._outrun(None)
            self._read(connection, newest)

    def _agrees(self, newest: Found) -> bool:
        """Whether the log ends here, or where it ended before works that were undone."""
        kept = newest.idx + 1 - self._frontier.size
        if not 0 <= kept <= len(self._pending):
            return False
        if (self._pending[kept - 1] if kept else self._newest) != newest.leaf_hash:
            return False
        undone = len(self._pending) - kept
        if undone:
            del self._pending[kept:], self._tile[-undone:]
            self._size -= undone
        return True

    def _caught_up(self, connection: sa.Connection, driver: Driver, size: int) -> bool:
        """Take in what others appended, if a checkpoint bears out what was known before with that; else do nothing."""
        if self._pending or not 0 < self._size < size <= self._size + _MOST_BEHIND:
            return False
        ring.check_current(driver, startup.held(self._vkey, self._vault_id))
        added = rows.entries(driver, self._size, size)
        leaves = [leaf for leaf, entry in added if leaf_hash(entry) == leaf]
        frontier = self._frontier.extend(leaves)
        try:
            checkpoint = ring.verify(connection, rows.newest_note(driver) or "", self._vkey)
        except NoteInvalid:
            return False
        if (checkpoint.size, checkpoint.root, frontier.size) != (size, frontier.root(), size):
            return False
        self._take(frontier, [*self._tile, *leaves][-(size % WIDTH) :] if size % WIDTH else [])
        self._newest = leaves[-1]
        self._outrun([entry for _leaf, entry in added])
        return True

    def _read(self, connection: sa.Connection, newest: Found) -> None:
        startup.check_head(connection, self._vkey, self._vault_id)
        tree, size = Tree(connection), newest.idx + 1
        start = size - size % WIDTH
        self._take(tree.frontier(size), tree.hashes(0, start, size) if start < size else [])
        self._newest = newest.leaf_hash
