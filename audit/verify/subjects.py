"""Subjects and their keys: none without the other, and each found by its own reference."""

from __future__ import annotations

import sqlalchemy as sa

from audit.keys import Keys
from audit.ring import lost_vaults
from audit.rows import WrappedKey
from audit.unseal import Known, open_reference
from audit.verify.report import Draft
from audit.verify.rows import guarded, read

_SUBJECTS = "SELECT subject, lookup, nonce, ciphertext FROM audit_subject"
_KEY_OF = sa.text("SELECT key_id, subject, vault_id, nonce, wrapped FROM audit_subject_key WHERE subject = :subject")
_STRAY_KEYS = (
    "SELECT key_id FROM audit_subject_key k"
    " WHERE NOT EXISTS (SELECT 1 FROM audit_subject s WHERE s.subject = k.subject)"
)


def check_subjects(connection: sa.Connection, origin: str, keys: Keys | None, draft: Draft) -> None:
    """Report subjects without a key and keys without a subject; with `keys` open each reference too."""
    lost: frozenset[str] = frozenset()
    with draft.reading("audit_meta"):
        lost = lost_vaults(connection)
    for row in guarded(draft, "subjects", read(connection, _SUBJECTS, str, bytes, bytes, bytes)):
        known = Known(*row)
        where = f"subject `{known.subject}`"
        with draft.reading(where):
            found = [WrappedKey(*row) for row in connection.execute(_KEY_OF, {"subject": known.subject})]
            if not found:
                draft.add(where, "has no key and was not erased")
            elif keys is not None and lost.isdisjoint(key.vault_id for key in found):
                open_reference(origin, keys, known, found[0])
    for (key_id,) in guarded(draft, "keys", read(connection, _STRAY_KEYS, str)):
        draft.add(f"key `{key_id}`", "belongs to no subject")
