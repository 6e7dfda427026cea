"""The vault: what is personal, sealed beside the leaves under one key per subject, and gone when that key is.

Personal data comes in as bytes and leaves as bytes; the vault knows whom it concerns only by a random id.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlmodel import col

from audit import rows
from audit.database import driver_of
from audit.entry import decode
from audit.errors import EntryRefused, Erased, NoSuchEntry, NoSuchSubject, NotSealed, Tampered
from audit.keys import Keys
from audit.leaf import Leaf
from audit.rows import WrappedKey
from audit.seal import KEY_BYTES, NONCE_BYTES, Sealed, bound_to, commit, digest, encrypt, lookup_hash
from audit.store import EntryRow, ErasedRow, SealedRow, SubjectKeyRow, SubjectRow, table_of
from audit.unseal import Known, Part, open_part, open_reference, unwrap

SCRUB = "audit_scrub"
"""Set on a connection's `info` by an erasure: the write-ahead log must be emptied after the commit."""

_PARTS = (
    sa.select(table_of(EntryRow), table_of(SealedRow), col(ErasedRow.by_idx))
    .select_from(table_of(EntryRow))
    .outerjoin(table_of(SealedRow), col(SealedRow.idx) == col(EntryRow.idx))
    .outerjoin(table_of(ErasedRow), col(ErasedRow.idx) == col(EntryRow.idx))
)


class Vault:
    """Seals, opens and erases. Every method works in the caller's transaction."""

    def __init__(self, keys: Keys, origin: str) -> None:
        self._keys, self._origin = keys, origin

    def subject(self, connection: sa.Connection, reference: str, now: datetime) -> str:
        """Return the random id of whom the integrator calls `reference`, making one with a fresh key if there is none.

        The reference and `now` are sealed; only a keyed hash of the reference stands in the open.
        """
        if (found := self.find_subject(connection, reference)) is not None:
            return found
        subject, dek = secrets.token_hex(16), secrets.token_bytes(KEY_BYTES)
        nonce = secrets.token_bytes(NONCE_BYTES)
        plaintext = msgspec.json.encode([reference, now.isoformat()])
        ciphertext = encrypt(dek, nonce, plaintext, bound_to("subject", self._origin, subject))
        lookup = lookup_hash(self._keys.lookup, reference)
        rows.insert_subject(driver_of(connection), subject, lookup, nonce, ciphertext, self._wrap(subject, dek))
        return subject

    def find_subject(self, connection: sa.Connection, reference: str) -> str | None:
        """Return the random id of whom the integrator calls `reference`, or None."""
        return rows.subject_by(driver_of(connection), lookup_hash(self._keys.lookup, reference))

    def reference(self, connection: sa.Connection, subject: str) -> str:
        """Return what the integrator calls `subject`; raises NoSuchSubject or Tampered."""
        row = connection.execute(sa.select(table_of(SubjectRow)).where(col(SubjectRow.subject) == subject)).first()
        if row is None:
            raise NoSuchSubject(subject)
        return open_reference(self._origin, self._keys, Known(*row), self._key(connection, subject))

    def seal(self, connection: sa.Connection, subject: str, event_id: str, kind: str, plaintext: bytes) -> Sealed:
        """Seal `plaintext` for the entry `event_id` of this `kind`; raises NoSuchSubject.

        The result's `commitment` goes into the entry, the result itself to `Log.append` with that entry.
        """
        wrapped = self._key(connection, subject)
        dek = unwrap(self._origin, self._keys, wrapped)
        nonce = secrets.token_bytes(NONCE_BYTES)
        ciphertext = encrypt(dek, nonce, plaintext, bound_to("seal", self._origin, event_id, kind))
        commitments = digest(nonce, ciphertext), commit(dek, event_id)
        return Sealed(subject, event_id, kind, wrapped.key_id, nonce, ciphertext, *commitments)

    def open(self, connection: sa.Connection, index: int) -> bytes:
        """Return the plaintext sealed beside entry `index`.

        Raises NoSuchEntry, NotSealed, Erased, or Tampered when the rows do not match the leaf.
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
        key = rows.key_of(driver_of(connection), leaf.subject)
        if key is None:
            raise Tampered(part.where, f"the key of subject `{leaf.subject}` is gone and no erasure is recorded")
        return open_part(self._origin, self._keys, leaf, part, key)

    def erase(self, connection: sa.Connection, subject: str, by: int) -> int:
        """Destroy the key of `subject`, its reference and all that was sealed under the key; return how many parts.

        `by` is the entry, appended before, that records the erasure; it names the `subject`. No leaf changes, so every
        proof stays as it was. Raises NoSuchSubject, NoSuchEntry, or EntryRefused when `by` speaks of somebody else.
        """
        self._check_record(connection, subject, by)
        key_id = self._key(connection, subject).key_id
        sealed, erased = table_of(SealedRow), table_of(ErasedRow)
        parts = sa.select(col(SealedRow.idx), sa.literal(by)).where(col(SealedRow.key_id) == key_id)
        connection.execute(sa.insert(erased).from_select(["idx", "by_idx"], parts))
        connection.execute(sa.delete(table_of(SubjectKeyRow)).where(col(SubjectKeyRow.key_id) == key_id))
        count = connection.execute(sa.delete(sealed).where(col(SealedRow.key_id) == key_id)).rowcount
        connection.execute(sa.delete(table_of(SubjectRow)).where(col(SubjectRow.subject) == subject))
        connection.info[SCRUB] = True
        return count

    def _check_record(self, connection: sa.Connection, subject: str, by: int) -> None:
        entry: bytes | None = connection.execute(sa.select(col(EntryRow.entry)).where(col(EntryRow.idx) == by)).scalar()
        if entry is None:
            raise NoSuchEntry(f"entry {by}", rows.size(driver_of(connection)))
        if (named := Leaf.read(decode(entry)).subject) != subject:
            raise EntryRefused("$.subject", named, f"is not `{subject}`, whose erasure entry {by} must record")

    def _key(self, connection: sa.Connection, subject: str) -> WrappedKey:
        if (wrapped := rows.key_of(driver_of(connection), subject)) is None:
            raise NoSuchSubject(subject)
        return wrapped

    def _wrap(self, subject: str, dek: bytes) -> WrappedKey:
        key_id, nonce = secrets.token_hex(16), secrets.token_bytes(NONCE_BYTES)
        context = bound_to("wrap", self._origin, key_id, subject)
        return WrappedKey(key_id, subject, self._keys.vault_id, nonce, encrypt(self._keys.vault, nonce, dek, context))
