"""Sealed parts and subjects, held against the leaves that commit to them."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

import sqlalchemy as sa

from audit.errors import Tampered
from audit.keys import Keys
from audit.leaf import Leaf
from audit.rows import WrappedKey
from audit.unseal import Known, Part, check_part, open_part, open_reference
from audit.verify.report import Draft
from audit.verify.rows import Merge, guarded, read

_PARTS = "SELECT idx, key_id, nonce, ciphertext FROM audit_sealed ORDER BY idx"
_ERASED = "SELECT idx, by_idx FROM audit_erased ORDER BY idx"
_KEY = sa.text("SELECT key_id, subject, vault_id, nonce, wrapped FROM audit_subject_key WHERE key_id = :key_id")
_SUBJECTS = "SELECT subject, lookup, nonce, ciphertext FROM audit_subject"
_KEY_OF = sa.text("SELECT key_id, subject, vault_id, nonce, wrapped FROM audit_subject_key WHERE subject = :subject")
_STRAY_KEYS = (
    "SELECT key_id FROM audit_subject_key k"
    " WHERE NOT EXISTS (SELECT 1 FROM audit_subject s WHERE s.subject = k.subject)"
)


class SealedParts:
    """Walks the sealed parts beside the entries. With the vault key each part is opened, without it only hashed."""

    def __init__(self, connection: sa.Connection, origin: str, keys: Keys | None, draft: Draft) -> None:
        self._connection, self._origin, self._keys, self._draft = connection, origin, keys, draft
        parts = read(connection, _PARTS, int, str, bytes, bytes)
        self._parts = Merge(Part(*row) for row in guarded(draft, "sealed parts", parts))
        self._erased: dict[int, int] = dict(guarded(draft, "erasures", read(connection, _ERASED, int, int)))
        self._records: dict[int, set[str | None]] = defaultdict(set)
        self._key = lru_cache(maxsize=4096)(self._read_key)

    def see(self, index: int, leaf: Leaf | None) -> None:
        """Check what stands beside entry `index`; `leaf` is None when the entry itself cannot be read."""
        part = None
        for each in self._parts.up_to(index):
            if each.idx == index:
                part = each
            else:
                self._draft.add(each.where, "stands beside no entry")
        if leaf is not None:
            self._check(index, leaf, part)
            self._check_record(index, leaf)

    def finish(self) -> None:
        """Report what stands beside no entry, then check the subjects."""
        for part in self._parts.rest():
            self._draft.add(part.where, "stands beside no entry")
        for index in self._erased:
            self._draft.add(f"erasure of entry {index}", "there is no such entry")
        for by in self._records:
            self._draft.add(f"erasure by entry {by}", "there is no such entry")
        self._check_subjects()

    def _check(self, index: int, leaf: Leaf, part: Part | None) -> None:
        by = self._erased.pop(index, None)
        where = f"sealed part of entry {index}"
        if leaf.sealed is None:
            if part is not None or by is not None:
                self._draft.add(where, "is stored, but the entry commits to none")
        elif part is not None and by is not None:
            self._draft.add(where, f"is still there, but entry {by} records its erasure")
        elif part is not None:
            with self._draft.reading(where):
                self._check_part(leaf, part)
        elif by is not None:
            self._draft.erased += 1
            self._records[by].add(leaf.subject)
        else:
            self._draft.add(where, "is gone and no erasure is recorded")

    def _check_part(self, leaf: Leaf, part: Part) -> None:
        self._draft.sealed += 1
        check_part(leaf, part)
        key = self._key(part.key_id)
        if key is None:
            raise Tampered(part.where, f"its key `{part.key_id}` is gone and no erasure is recorded")
        if key.subject != leaf.subject:
            raise Tampered(part.where, f"its key is that of subject `{key.subject}`, not of `{leaf.subject}`")
        if self._keys is not None:
            open_part(self._origin, self._keys, leaf, part, key)

    def _check_record(self, index: int, leaf: Leaf) -> None:
        for subject in self._records.pop(index, ()):
            if subject != leaf.subject:
                self._draft.add(f"erasure by entry {index}", f"the entry does not name the erased subject `{subject}`")

    def _check_subjects(self) -> None:
        for row in guarded(self._draft, "subjects", read(self._connection, _SUBJECTS, str, bytes, bytes, bytes)):
            known = Known(*row)
            where = f"subject `{known.subject}`"
            with self._draft.reading(where):
                key = self._connection.execute(_KEY_OF, {"subject": known.subject}).first()
                if key is None:
                    self._draft.add(where, "has no key and was not erased")
                elif self._keys is not None:
                    open_reference(self._origin, self._keys, known, WrappedKey(*key))
        for (key_id,) in guarded(self._draft, "keys", read(self._connection, _STRAY_KEYS, str)):
            self._draft.add(f"key `{key_id}`", "belongs to no subject")

    def _read_key(self, key_id: str) -> WrappedKey | None:
        row = self._connection.execute(_KEY, {"key_id": key_id}).first()
        return None if row is None else WrappedKey(*row)
