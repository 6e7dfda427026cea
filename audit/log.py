"""The log: entries in one gapless order under signed checkpoints, appended in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import col

from audit import database, rows, startup
from audit.checkpoint import Checkpoint
from audit.database import Database, driver_of
from audit.edge import Edge
from audit.entry import encode
from audit.errors import AuditError, CheckpointMissing, EntryConflict, LogRefused, NoSuchEntry
from audit.keys import Keys
from audit.leaf import Leaf
from audit.merkle import leaf_hash
from audit.receipt import Receipt
from audit.seal import Sealed
from audit.store import CheckpointRow, EntryRow
from audit.tree import Tree
from audit.vault import Vault

_ENTRY = sa.select(col(EntryRow.entry)).where(col(EntryRow.idx) == sa.bindparam("index"))
_COVERING = (
    sa.select(col(CheckpointRow.note))
    .where(col(CheckpointRow.size) > sa.bindparam("index"))
    .order_by(col(CheckpointRow.size))
    .limit(1)
)


class Appended(NamedTuple):
    """One new entry of the transaction that is open, remembered until it is known to have been committed."""

    event_id: str
    idx: int
    leaf: bytes


class Log:
    """One append-only log in one database. Reads may come from any thread; appends belong to the writer's."""

    def __init__(self, writes: sa.Engine, reads: sa.Engine, keys: Keys, origin: str) -> None:
        self._signer = keys.signer(origin)
        self._edge = Edge(self._signer.vkey)
        self.write_engine = writes  #: the one connection that writes; the `Writer` holds it
        self.engine = reads  #: connections that only read
        self.origin = origin  #: the log's name, first line of every checkpoint
        self.vkey = self._signer.vkey  #: the public key of checkpoints; its text form is what strangers need
        self.vault = Vault(keys, origin)  #: what is sealed beside the entries
        event.listen(writes, "begin", lambda _connection: self._edge.doubt())
        event.listen(writes, "rollback", lambda _connection: self.forget())
        event.listen(writes, "rollback_savepoint", lambda _connection, _name, _context: self.forget())
        self.appended: list[Appended] = []  #: new entries of the work at hand, cleared by the writer
        self.adopted = 0  #: entries found beyond the newest checkpoint at start: 0 after an orderly stop

    @classmethod
    def open(cls, where: Database, keys: Keys, origin: str | None = None) -> Self:
        """Open the log in an SQLite file, creating it if there is none; `origin` names a new log.

        Raises LogRefused when the database does not match its keys, its guards or its newest checkpoint.
        """
        path = database.locate(where)
        writes = database.writing(path)
        try:
            with writes.begin() as connection:
                origin = startup.prepare(connection, keys, origin)
            log = cls(writes, database.reading(path), keys, origin)
            with writes.begin() as connection:
                log.adopted = log.sign(connection)
        except (sa.exc.DatabaseError, ValueError, TypeError) as error:
            writes.dispose()
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            remedy = "stop what else writes to it" if "locked" in str(cause) else "restore it from a backup"
            raise LogRefused(f"`{path}` cannot be opened as a log: {cause}; {remedy}") from error
        except BaseException:
            writes.dispose()
            raise
        return log

    def close(self) -> None:
        """Close all connections; the writer must have been closed before."""
        self.engine.dispose()
        self.write_engine.dispose()

    def append(
        self, connection: sa.Connection, event_id: str, entry: Mapping[str, object], sealed: Sealed | None = None
    ) -> int:
        """Append an entry with its sealed part in the caller's transaction and return its index, without a gap.

        An event that is there already with the same bytes gives its first index and changes nothing. Raises
        EntryConflict when it has other bytes, EntryRefused when the entry is outside the profile.
        """
        driver = driver_of(connection)
        if not driver.in_transaction:
            raise AuditError("an append needs a transaction: submit it to the writer")
        encoded = encode(entry)
        Leaf.read(entry).matches(event_id, sealed)
        leaf = leaf_hash(encoded)
        frontier = self._edge.current(connection)
        try:
            rows.insert_entry(driver, frontier.size, event_id, leaf, encoded)
        except rows.Refused:
            # Looked up only now, since nearly every event is new: it is there already, or the edge was outrun.
            if (found := rows.find(driver, event_id)) is not None:
                return _same(found, event_id, leaf)
            self.forget()
            frontier = self._edge.current(connection)
            rows.insert_entry(driver, frontier.size, event_id, leaf, encoded)
        if sealed is not None:
            rows.insert_sealed(driver, frontier.size, sealed.key_id, sealed.nonce, sealed.ciphertext)
        self._edge.grow(connection, leaf)
        self.appended.append(Appended(event_id, frontier.size, leaf))
        return frontier.size

    def sign(self, connection: sa.Connection) -> int:
        """Store a checkpoint over all committed entries in the caller's transaction; return how many it newly covers.

        The transaction must have begun after the entries were committed: only what a fresh read shows is signed.
        """
        self._edge.doubt()
        driver, frontier = driver_of(connection), self._edge.current(connection)
        newest = rows.newest_checkpoint(driver)
        if newest is not None and newest >= frontier.size:
            return 0
        checkpoint = Checkpoint.sign(frontier.size, frontier.root(), self._signer)
        rows.insert_checkpoint(driver, checkpoint.size, checkpoint.text)
        return frontier.size - (newest or 0)

    def forget(self) -> None:
        """Drop what is remembered of the tree, after anything but a clean commit."""
        self._edge.forget()

    def size(self) -> int:
        """Return how many entries are committed."""
        with self.engine.connect() as connection:
            return Tree(connection).size()

    def entry(self, index: int) -> bytes:
        """Return the bytes of an entry as they were written; raises NoSuchEntry."""
        with self.engine.connect() as connection:
            _check_index(connection, index)
            found: bytes = connection.execute(_ENTRY, {"index": index}).scalar_one()
            return found

    def checkpoint(self) -> Checkpoint:
        """Return the newest checkpoint."""
        with self.engine.connect() as connection:
            return Checkpoint.verify(startup.newest_note(connection) or "", self.vkey)

    def checkpoint_covering(self, index: int) -> Checkpoint:
        """Return the first stored checkpoint that covers entry `index`: always the same one; raises NoSuchEntry."""
        with self.engine.connect() as connection:
            return self._covering(connection, index)

    def inclusion_proof(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the proof that entry `index` is in the tree of `size`; raises NoSuchEntry."""
        with self.engine.connect() as connection:
            return Tree(connection).inclusion(index, size)

    def consistency_proof(self, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `new` begins with the tree of `old`; raises NoSuchEntry."""
        with self.engine.connect() as connection:
            return Tree(connection).consistency(old, new)

    def receipt(self, index: int) -> str:
        """Return the `.tlog-proof` of an entry under the first checkpoint that covers it; raises NoSuchEntry."""
        with self.engine.connect() as connection:
            checkpoint = self._covering(connection, index)
            return str(Receipt(index, Tree(connection).inclusion(index, checkpoint.size), checkpoint.text))

    def _covering(self, connection: sa.Connection, index: int) -> Checkpoint:
        _check_index(connection, index)
        note = connection.execute(_COVERING, {"index": index}).scalar()
        if note is None:
            raise CheckpointMissing(f"entry {index} is recorded, but no checkpoint covers it yet; try again")
        return Checkpoint.verify(note, self.vkey)


def _same(found: rows.Found, event_id: str, leaf: bytes) -> int:
    if found.leaf_hash != leaf:
        raise EntryConflict(event_id, found.idx)
    return found.idx


def _check_index(connection: sa.Connection, index: int) -> None:
    size = Tree(connection).size()
    if not 0 <= index < size:
        raise NoSuchEntry(f"entry {index}", size)
