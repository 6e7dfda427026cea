"""Sealed parts, held against the leaves that commit to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

import sqlalchemy as sa

from audit.errors import AuditError, Tampered
from audit.keys import Keys
from audit.leaf import Leaf
from audit.ring import lost_vaults
from audit.rows import WrappedKey
from audit.unseal import Part, check_part, open_part
from audit.verify import quick
from audit.verify.report import UNREADABLE, Draft
from audit.verify.rows import Merge, guarded, read

_PARTS = "SELECT idx, key_id, nonce, ciphertext FROM audit_sealed WHERE idx >= :since AND idx < :stop ORDER BY idx"
_ERASED = "SELECT idx, by_idx FROM audit_erased WHERE idx >= :since AND idx < :stop ORDER BY idx"
_RECORD = sa.text("SELECT entry FROM audit_entry WHERE idx = :idx")
_KEY = sa.text("SELECT key_id, subject, vault_id, nonce, wrapped FROM audit_subject_key WHERE key_id = :key_id")


class SealedParts:
    """Walks the sealed parts beside a range of entries. With the vault key each is opened, without it only hashed."""

    def __init__(
        self, connection: sa.Connection, origin: str, keys: Keys | None, draft: Draft, range_: Mapping[str, int]
    ) -> None:
        self._connection, self._origin, self._keys, self._draft = connection, origin, keys, draft
        parts = read(connection, _PARTS, int, str, bytes, bytes, **range_)
        self._parts = Merge(Part(*row) for row in guarded(draft, "sealed parts", parts))
        self._erased: dict[int, int] = dict(guarded(draft, "erasures", read(connection, _ERASED, int, int, **range_)))
        self._records: dict[int, set[str | None]] = defaultdict(set)
        self._lost: frozenset[str] = frozenset()
        with draft.reading("audit_meta"):
            self._lost = lost_vaults(connection)
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

    def finish(self) -> None:
        """Report what stands beside no entry, then check that erasures were recorded."""
        for part in self._parts.rest():
            self._draft.add(part.where, "stands beside no entry")
        for index in self._erased:
            self._draft.add(f"erasure of entry {index}", "there is no such entry")
        for by, subjects in self._records.items():
            with self._draft.reading(f"erasure by entry {by}"):
                self._check_record(by, subjects)

    def _check(self, index: int, leaf: Leaf, part: Part | None) -> None:
        by = self._erased.pop(index, None) if self._erased else None
        if leaf.sealed is None:
            if part is not None or by is not None:
                self._draft.add(_where(index), "is stored, but the entry commits to none")
        elif part is not None and by is not None:
            self._draft.add(_where(index), f"is still there, but entry {by} records its erasure")
        elif part is not None:
            self._check_part(leaf, part)
        elif by is not None:
            self._draft.erased += 1
            self._records[by].add(leaf.subject)
        else:
            self._draft.add(_where(index), "is gone and no erasure is recorded")

    def _check_part(self, leaf: Leaf, part: Part) -> None:
        self._draft.sealed += 1
        try:
            self._open(leaf, part, self._key(part.key_id))
        except Tampered as error:
            self._draft.add(error.where, error.what)
        except (AuditError, *UNREADABLE) as error:
            self._draft.add(part.where, str(error))

    def _open(self, leaf: Leaf, part: Part, key: WrappedKey | None) -> None:
        if key is None:
            raise Tampered(part.where, f"its key `{part.key_id}` is gone and no erasure is recorded")
        if key.subject != leaf.subject:
            raise Tampered(part.where, f"its key is that of subject `{key.subject}`, not of `{leaf.subject}`")
        if self._keys is None or key.vault_id in self._lost:
            check_part(leaf, part)
        else:
            open_part(self._origin, self._keys, leaf, part, key)

    def _check_record(self, by: int, subjects: set[str | None]) -> None:
        row = self._connection.execute(_RECORD, {"idx": by}).first()
        if row is None:
            raise AuditError("there is no such entry")
        named = quick.read(row[0]).subject
        for subject in subjects - {named}:
            self._draft.add(f"erasure by entry {by}", f"the entry does not name the erased subject `{subject}`")

    def _read_key(self, key_id: str) -> WrappedKey | None:
        row = self._connection.execute(_KEY, {"key_id": key_id}).first()
        return None if row is None else WrappedKey(*row)


def _where(index: int) -> str:
    return f"sealed part of entry {index}"
