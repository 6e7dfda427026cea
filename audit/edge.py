"""The right edge of the tree, remembered between appends so that each costs hashes and not reads."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from audit import rows, startup
from audit.database import driver_of
from audit.merkle import Frontier, root_of
from audit.note import VerifierKey
from audit.tiles import WIDTH
from audit.tree import Tree


class Edge:
    """What the writer knows of the tree. It counts for one transaction, and only after the database agreed to it.

    A second process may have appended since, and a rollback takes entries back. What is read anew must agree with what
    was signed before, so that a tree changed underneath is never signed.
    """

    def __init__(
        self, vkey: VerifierKey, vault_id: str | None = None, outrun: Callable[[], None] = lambda: None
    ) -> None:
        """`vkey` signs and the key named `vault_id` wraps; both must still be the log's whenever it is read anew.

        `outrun` is called when the tree is not as it was left: another process appended, or something was taken back.
        """
        self._vkey, self._vault_id, self._outrun = vkey, vault_id, outrun
        self._frontier, self._newest = Frontier(), b""
        self._trusted = False

    def current(self, connection: sa.Connection) -> Frontier:
        """Return the edge as the transaction sees it; raises LogRefused when the tree is not what was signed."""
        if not self._trusted:
            self._check(connection)
            self._trusted = True
        return self._frontier

    def grow(self, connection: sa.Connection, leaf: bytes) -> None:
        """Take in the leaf that was just stored, and store each tile it fills."""
        self._frontier, self._newest = self._frontier.append(leaf), leaf
        level, hashes = 0, self._frontier.size
        while hashes and hashes % WIDTH == 0:
            n = hashes // WIDTH - 1
            data = Tree(connection).hashes(level, hashes - WIDTH, hashes)
            rows.insert_tile(driver_of(connection), level, n, root_of(data), b"".join(data))
            level, hashes = level + 1, hashes // WIDTH

    def doubt(self) -> None:
        """Have the edge held against the database before it is used again: a new transaction began."""
        self._trusted = False

    def forget(self) -> None:
        """Drop the edge: something was rolled back, or nobody knows whether it was."""
        self._frontier, self._newest, self._trusted = Frontier(), b"", False

    def _check(self, connection: sa.Connection) -> None:
        newest = driver_of(connection).newest()
        size, leaf = (0, b"") if newest is None else (newest.idx + 1, newest.leaf_hash)
        if (self._frontier.size, self._newest) == (size, leaf):
            return
        self._outrun()
        self._frontier, self._newest = Frontier(), b""
        if newest is not None:
            startup.check_head(connection, self._vkey, self._vault_id)
            self._frontier, self._newest = Tree(connection).frontier(newest.idx + 1), newest.leaf_hash
