"""The log: entries in one gapless order under signed checkpoints, appended in the caller's own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import col

from audit import database, leaf, ring, rows, startup
from audit.checkpoint import Checkpoint
from audit.database import Database, driver_of
from audit.driver import Driver, New, Part
from audit.edge import Edge
from audit.entry import encode
from audit.errors import AuditError, CheckpointMissing, EntryConflict, LogRefused, NoSuchEntry
from audit.job import Appended
from audit.keys import Keys
from audit.merkle import leaf_hash
from audit.receipt import Receipt
from audit.remembered import Remembered
from audit.seal import Sealed
from audit.store import CheckpointRow, EntryRow
from audit.tree import Tree
from audit.vault import Vault

Append = tuple[str, Mapping[str, object], Sealed | None]
"""What is to be appended: event id, entry and sealed part."""

REMEMBERED = 64
"""Checkpoints whose entries are known without asking the database."""
_ENTRY = sa.select(col(EntryRow.entry)).where(col(EntryRow.idx) == sa.bindparam("index"))
_COVERING = (
    sa.select(col(CheckpointRow.note))
    .where(col(CheckpointRow.size) > sa.bindparam("index"))
    .order_by(col(CheckpointRow.size))
    .limit(1)
)


class Cover(NamedTuple):
    """A checkpoint and the entries it was the first to cover: from `start` up to its `size`, exclusive."""

    start: int
    size: int


class Log:
    """One append-only log in one database. Reads may come from any thread; appends belong to the writer's."""

    def __init__(self, writes: sa.Engine, reads: sa.Engine, keys: Keys, origin: str) -> None:
        self._signer = keys.signer(origin)
        self._remembered = Remembered()
        self._edge = Edge(self._signer.vkey, keys.vault_id, self._outrun)
        self.write_engine = writes  #: the one connection that writes; the `Writer` holds it
        self.engine = reads  #: connections that only read
        self.origin = origin  #: the log's name, first line of every checkpoint
        self.vkey = self._signer.vkey  #: the public key of checkpoints; its text form is what strangers need
        self.vault = Vault(keys, origin, self._remembered, self._edge.size)  #: what is sealed beside the entries
        event.listen(writes, "begin", lambda _connection: self._begin())
        event.listen(writes, "rollback", lambda _connection: self.forget())
        event.listen(writes, "rollback_savepoint", lambda _connection, _name, _context: self.forget())
        self.appended: list[Appended] = []  #: new entries of the work at hand, cleared by the writer
        self._signed: Cover | None = None
        self._covers: tuple[Cover, ...] = ()
        self.undone = 0  #: how often something was taken back: whoever remembers entries asks again when it has grown
        self.adopted = 0  #: entries found beyond the newest checkpoint at start: 0 after an orderly stop

    @classmethod
    def open(cls, where: Database, keys: Keys, origin: str | None = None) -> Self:
        """Open the log in a database, beginning it if there is none; `origin` names a new log.

        Raises LogRefused when the database does not match its keys, its guards or its newest checkpoint.
        """
        writes = database.writing(where)
        try:
            with writes.begin() as connection:
                origin = startup.prepare(connection, keys, origin)
            log = cls(writes, database.reading(where), keys, origin)
            with writes.begin() as connection:
                log.adopted = log.sign(connection)
        except (sa.exc.DatabaseError, ValueError, TypeError) as error:
            writes.dispose()
            raise LogRefused(database.refusal(where, error)) from error
        except BaseException:
            writes.dispose()
            raise
        return log

    def close(self) -> None:
        """Close all connections; the writer must have been closed before.

        Who still reads in another thread is not interrupted, and its connection is closed when it is done.
        """
        database.close(self.engine)
        database.close(self.write_engine)

    def append(
        self, connection: sa.Connection, event_id: str, entry: Mapping[str, object], sealed: Sealed | None = None
    ) -> int:
        """Append an entry with its sealed part in the caller's transaction and return its index, without a gap.

        An event that is there already with the same bytes gives its first index and changes nothing. Raises
        EntryConflict when it has other bytes, EntryRefused when the entry is outside the profile.
        """
        driver, row = _writing(connection), _row(event_id, entry, sealed)
        found = driver.find(event_id)
        if found is not None and found.leaf_hash != row[1]:
            raise EntryConflict(event_id, found.idx)
        return self._add(connection, driver, [row])[0] if found is None else found.idx

    def append_all(self, connection: sa.Connection, entries: Sequence[Append]) -> list[int]:
        """Append several entries in their order, each event id, entry and sealed part; nobody may know their events.

        They are not looked for: the database refuses one that is there, or twice among them, at the latest when the
        batch is committed. Then the work fails, and nothing of it is recorded.
        """
        return self._add(connection, _writing(connection), [_row(*each) for each in entries])

    def _add(self, connection: sa.Connection, driver: Driver, new: Sequence[New]) -> list[int]:
        if not new:
            return []
        first = self._edge.size(connection)
        driver.append_new(first, new)
        self._edge.grow_by(connection, [leaf for _id, leaf, *_ in new])
        self.appended += [Appended(event_id, idx, leaf) for idx, (event_id, leaf, *_) in enumerate(new, first)]
        return [*range(first, first + len(new))]

    def sign(self, connection: sa.Connection) -> int:
        """Store a checkpoint over all entries in the caller's transaction; return how many it newly covers.

        What is signed is what the database shows there, the transaction's own entries included; nobody sees the note
        before the commit, and without it there is none (docs/adr/0010).
        """
        self._edge.doubt()
        driver, frontier = driver_of(connection), self._edge.current(connection)
        newest = driver.covered()
        if newest is not None and newest >= frontier.size:
            return 0
        checkpoint = Checkpoint.sign(frontier.size, frontier.root(), self._signer)
        rows.insert_checkpoint(driver, checkpoint.size, checkpoint.text)
        self._signed = Cover(newest or 0, checkpoint.size)
        return frontier.size - (newest or 0)

    def remember(self) -> None:
        """Take note that the checkpoint `sign` stored last was committed."""
        if self._signed is not None:
            self._covers, self._signed = (*self._covers[1 - REMEMBERED :], self._signed), None

    def covering_size(self, index: int) -> int:
        """Return the size of the first stored checkpoint that covers entry `index`, from memory if it is a recent one.

        Raises NoSuchEntry and CheckpointMissing as `checkpoint_covering` does.
        """
        for start, size in reversed(self._covers):
            if start <= index < size:
                return size
        return self.checkpoint_covering(index).size

    def _begin(self) -> None:
        self._edge.doubt()
        self._remembered.begin()

    def _outrun(self, entries: Sequence[bytes] | None) -> None:
        if entries is None:
            self._remembered.forget()
        else:
            self._remembered.outrun(entries)

    def take_back(self) -> None:
        """Have what is remembered held against the database: a work is undone, those before it stand."""
        self._edge.doubt()
        self._remembered.take_back()
        self.undone += 1

    def forget(self) -> None:
        """Drop what is remembered, after anything but a clean commit."""
        self._edge.forget()
        self._remembered.forget()
        self._signed = None
        self.undone += 1

    def size(self) -> int:
        """Return how many entries are committed."""
        with self.engine.connect() as connection:
            return Tree(connection).size()

    def entry(self, index: int) -> bytes:
        """Return the bytes of an entry as they were written; raises NoSuchEntry."""
        with self.engine.connect() as connection:
            return self.read(connection, index)

    def read(self, connection: sa.Connection, index: int) -> bytes:
        """Return the bytes of an entry as the caller's transaction sees it; raises NoSuchEntry."""
        _check_index(connection, index)
        found: bytes = connection.execute(_ENTRY, {"index": index}).scalar_one()
        return found

    def newest(self, connection: sa.Connection) -> bytes | None:
        """Return the bytes of the newest entry as the caller's transaction sees it; None if there is none."""
        size = Tree(connection).size()
        return self.read(connection, size - 1) if size else None

    def checkpoint(self) -> Checkpoint:
        """Return the newest checkpoint."""
        with self.engine.connect() as connection:
            return ring.verify(connection, startup.newest_note(connection) or "", self.vkey)

    def checkpoints(self, most: int) -> list[Checkpoint]:
        """Return the newest checkpoints, the newest first, each with its signature checked."""
        with self.engine.connect() as connection:
            chosen = sa.select(col(CheckpointRow.note)).order_by(col(CheckpointRow.size).desc()).limit(most)
            return [ring.verify(connection, note, self.vkey) for note in connection.execute(chosen).scalars()]

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
        return ring.verify(connection, note, self.vkey)


def _row(event_id: str, entry: Mapping[str, object], sealed: Sealed | None) -> New:
    encoded = encode(entry)
    leaf.check(entry, event_id, sealed)
    part = None if sealed is None else Part(sealed.key_id, sealed.nonce, sealed.ciphertext)
    return event_id, leaf_hash(encoded), encoded, part


def _writing(connection: sa.Connection) -> Driver:
    driver = driver_of(connection)
    if not driver.in_transaction:
        raise AuditError("an append needs a transaction: submit it to the writer")
    return driver


def _check_index(connection: sa.Connection, index: int) -> None:
    size = Tree(connection).size()
    if not 0 <= index < size:
        raise NoSuchEntry(f"entry {index}", size)
