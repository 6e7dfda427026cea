"""The vault: what is personal, sealed beside the leaves under one key per subject, and gone when that key is.

Personal data comes in as bytes and leaves as bytes; the vault knows whom it concerns only by a random id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlmodel import col

from audit import removal, rows
from audit.beginning import Beginning, Newcomer
from audit.database import driver_of
from audit.entry import decode
from audit.errors import Erased, KeyLost, NoSuchEntry, NoSuchSubject, NotSealed, Tampered
from audit.keys import Keys
from audit.leaf import Leaf
from audit.packing import pack
from audit.remembered import Remembered
from audit.rows import WrappedKey
from audit.seal import NONCE_BYTES, OpenKey, Sealed, digest, head, keyed
from audit.store import EntryRow, ErasedRow, SealedRow, SubjectKeyRow, SubjectRow, table_of
from audit.unseal import Known, Part, open_part, open_reference, unwrap

_LOOKUP = head("lookup")
_KEYS = sa.select(table_of(SubjectKeyRow))
_PARTS = (
    sa.select(table_of(EntryRow), table_of(SealedRow), col(ErasedRow.by_idx))
    .select_from(table_of(EntryRow))
    .outerjoin(table_of(SealedRow), col(SealedRow.idx) == col(EntryRow.idx))
    .outerjoin(table_of(ErasedRow), col(ErasedRow.idx) == col(EntryRow.idx))
)


class Entered(msgspec.Struct, frozen=True, gc=False):
    """A subject, and whether it was made just now."""

    subject: str
    new: bool


class Vault:
    """Seals, opens and erases. Every method works in the caller's transaction."""

    def __init__(self, keys: Keys, origin: str, remembered: Remembered, settle: Callable[[sa.Connection], int]) -> None:
        """`settle` sees to it that what is `remembered` still holds in a transaction, and gives the log's size."""
        self._keys, self._origin, self._remembered, self._settle = keys, origin, remembered, settle
        self._keyed, self._seal = keyed(keys.lookup), head("seal", origin, version=2)
        self._beginning = Beginning(origin, keys, remembered)

    def subject(self, connection: sa.Connection, reference: str, now: datetime) -> str:
        """Return the random id of whom the integrator calls `reference`, making one with a fresh key if there is none.

        The reference and `now` are sealed; only a keyed hash of the reference stands in the open.
        """
        return self.enter(connection, reference, now).subject

    def enter(self, connection: sa.Connection, reference: str, now: datetime) -> Entered:
        """Do as `subject`, and tell whether nobody was called so before: then nothing stands about them yet."""
        size = self._settle(connection)
        remembered = self._remembered
        lookup = remembered.hashed.get(reference) or self._lookup(reference)
        if (known := remembered.subject(lookup)) is not None:
            return Entered(known, new=False)
        if lookup not in remembered.absent:
            found = rows.subject_by(driver_of(connection), lookup)
            if found is not None:
                remembered.keep(lookup, found)
                return Entered(found, new=False)
        return Entered(self._beginning.begin(connection, size, [Newcomer(reference, lookup, now)])[0], new=True)

    def unheard_of(self, reference: str) -> bool:
        """Whether `expect` found that nobody is called so, for as long as the transaction is open."""
        return self._remembered.hashed.get(reference) in self._remembered.absent

    def enter_all(self, connection: sa.Connection, people: Sequence[tuple[str, datetime]]) -> list[str]:
        """Do as `subject` for people who are all `unheard_of`, and none of them twice; each is reference and moment."""
        size, hashed = self._settle(connection), self._remembered.hashed
        newcomers = [Newcomer(reference, hashed[reference], now) for reference, now in people]
        return self._beginning.begin(connection, size, newcomers)

    def expect(self, connection: sa.Connection, references: Iterable[str]) -> None:
        """Look up subjects that are about to be asked for, in one go, for as long as the transaction is open."""
        self._settle(connection)
        remembered = self._remembered
        remembered.hashed = {each: self._lookup(each) for each in references}
        unknown = [lookup for lookup in remembered.hashed.values() if remembered.subject(lookup) is None]
        found = rows.subjects_by(driver_of(connection), unknown)
        for lookup, subject in found.items():
            remembered.keep(lookup, subject)
        remembered.absent = set(unknown) - found.keys()

    def _lookup(self, reference: str) -> bytes:
        return self._keyed(_LOOKUP + reference.encode())

    def find_subject(self, connection: sa.Connection, reference: str) -> str | None:
        """Return the random id of whom the integrator calls `reference`, or None."""
        return rows.subject_by(driver_of(connection), self._lookup(reference))

    def reference(self, connection: sa.Connection, subject: str) -> str:
        """Return what the integrator calls `subject`; raises NoSuchSubject or Tampered."""
        row = connection.execute(sa.select(table_of(SubjectRow)).where(col(SubjectRow.subject) == subject)).first()
        if row is None:
            raise NoSuchSubject(subject)
        return open_reference(self._origin, self._keys, Known(*row), self._key(connection, subject))

    def seal(self, connection: sa.Connection, subject: str, event_id: str, kind: str, plaintext: bytes) -> Sealed:
        """Seal `plaintext` for the entry `event_id` of this `kind`; raises NoSuchSubject, or EntryRefused if too long.

        The result's `commitment` goes into the entry, the result itself to `Log.append` with that entry.
        """
        return self.seal_all(connection, [(subject, event_id, kind, plaintext)])[0]

    def seal_all(self, connection: sa.Connection, parts: Iterable[tuple[str, str, str, bytes]]) -> list[Sealed]:
        """Do as `seal` for several parts: subject, event id, kind and plaintext of each."""
        self._settle(connection)
        return [self._sealed(connection, *part) for part in parts]

    def _sealed(self, connection: sa.Connection, subject: str, event_id: str, kind: str, plaintext: bytes) -> Sealed:
        key = self._remembered.key(subject) or self._open_key(connection, subject)
        nonce = self._remembered.draws.bytes(NONCE_BYTES)
        ciphertext = key.encrypt(nonce, pack(plaintext), self._seal + f"{event_id}\n{kind}".encode())
        hashed, commitment = digest(nonce, ciphertext), key.commit(event_id)
        return Sealed(subject, event_id, kind, key.key_id, nonce, ciphertext, hashed, commitment)

    def open(self, connection: sa.Connection, index: int) -> bytes:
        """Return the plaintext sealed beside entry `index`.

        Raises NoSuchEntry, NotSealed, Erased, KeyLost, or Tampered when the rows do not match the leaf.
        """
        size = rows.size(driver_of(connection))
        if not 0 <= index < size:
            raise NoSuchEntry(f"entry {index}", size)
        found = connection.execute(_PARTS.where(col(EntryRow.idx) == index)).one()
        leaf = Leaf.read(decode(found.entry))
        if leaf.sealed is None or leaf.subject is None:
            raise NotSealed(index)
        if found.by_idx is not None:
            raise Erased(index)
        if found.key_id is None:
            raise Tampered(f"sealed part of entry {index}", "is gone and no erasure is recorded")
        part = Part(index, found.key_id, found.nonce, found.ciphertext)
        key = connection.execute(_KEYS.where(col(SubjectKeyRow.key_id) == part.key_id)).first()
        if key is None:
            self._check_not_erased(connection, index)
            raise KeyLost(part.where, f"key `{part.key_id}` of its subject is gone and no erasure is recorded")
        return open_part(self._origin, self._keys, leaf, part, WrappedKey(*key))

    def _check_not_erased(self, connection: sa.Connection, index: int) -> None:
        # Where a transaction sees what others commit meanwhile, an erasure may have come between two statements.
        chosen = sa.select(col(ErasedRow.by_idx)).where(col(ErasedRow.idx) == index)
        if connection.execute(chosen).first() is not None:
            raise Erased(index)

    def parts(self, connection: sa.Connection, subject: str) -> list[int]:
        """Return the entries beside which something of `subject` stands sealed, in order."""
        return removal.parts(connection, subject)

    def living(self, connection: sa.Connection, subjects: Sequence[str]) -> set[str]:
        """Return those of `subjects` that have a key; an erased one has none."""
        return removal.living(connection, subjects)

    def returned(self, connection: sa.Connection) -> dict[str, list[int]]:
        """Return, by subject, the parts that are there although their removal is recorded: a backup brought them."""
        return removal.returned(connection)

    def remove(self, connection: sa.Connection, subject: str, indexes: Sequence[int], by: int) -> int:
        """Remove the parts of `subject` beside the entries `indexes` and keep the rest; return how many there were.

        `by` is the entry, appended before, that records it and names the `subject`. The key lives on, so that copies in
        backups still open: only `erase` ends those. Raises NoSuchEntry, or EntryRefused: `by` speaks of somebody else.
        """
        return removal.remove(connection, subject, indexes, by)

    def erase(self, connection: sa.Connection, subject: str, by: int) -> int:
        """Destroy the key of `subject`, its reference and all that was sealed under the key; return how many parts.

        `by` is the entry, appended before, that records the erasure; it names the `subject`. No leaf changes, so every
        proof stays as it was. Raises NoSuchSubject, NoSuchEntry, RemovalForbidden, or EntryRefused when `by` speaks of
        somebody else.
        """
        self._remembered.drop([subject])
        return removal.erase(connection, subject, by)

    def _open_key(self, connection: sa.Connection, subject: str) -> OpenKey:
        wrapped = self._usable(connection, subject)
        key = OpenKey(wrapped.key_id, unwrap(self._origin, self._keys, wrapped))
        return self._remembered.keep_key(subject, key)

    def _usable(self, connection: sa.Connection, subject: str) -> WrappedKey:
        """Return the key to seal under: one that the vault key at hand opens, made anew if the others are lost."""
        if (found := self._key(connection, subject)).vault_id == self._keys.vault_id:
            return found
        mine = _KEYS.where(col(SubjectKeyRow.subject) == subject, col(SubjectKeyRow.vault_id) == self._keys.vault_id)
        if (row := connection.execute(mine).first()) is not None:
            return WrappedKey(*row)
        return self._beginning.key(connection, self._settle(connection), subject)

    def _key(self, connection: sa.Connection, subject: str) -> WrappedKey:
        if (wrapped := rows.key_of(driver_of(connection), subject)) is None:
            raise NoSuchSubject(subject)
        return wrapped
