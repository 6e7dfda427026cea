"""Wrapping the keys of subjects by the vault key, and wrapping them anew: from one vault key to the next."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.keys import Keys
from audit.rows import WrappedKey
from audit.seal import NONCE_BYTES, head
from audit.store import SubjectKeyRow, table_of
from audit.unseal import unwrap

_AT_ONCE = 5_000


class Wrapping:
    """The vault key of a log, made ready to wrap many keys."""

    def __init__(self, origin: str, keys: Keys) -> None:
        self._head, self._vault_id, self._cipher = head("wrap", origin), keys.vault_id, AESGCM(keys.vault)

    def wrap(self, key_id: str, subject: str, dek: bytes, nonce: bytes) -> WrappedKey:
        """Return a subject's key as it is stored, tied to log, name and subject; `nonce` is random, of 12 bytes."""
        wrapped = self._cipher.encrypt(nonce, dek, self._head + f"{key_id}\n{subject}".encode())
        return WrappedKey(key_id, subject, self._vault_id, nonce, wrapped)


def wrap(origin: str, keys: Keys, key_id: str, subject: str, dek: bytes) -> WrappedKey:
    """Return a subject's key as it is stored: under the vault key, tied to log, name and subject."""
    return Wrapping(origin, keys).wrap(key_id, subject, dek, secrets.token_bytes(NONCE_BYTES))


def rewrap(connection: sa.Connection, origin: str, old: Keys, new: Keys) -> int:
    """Wrap every key that `old` opens under the vault key of `new`; return how many. Raises Tampered.

    Keys that an earlier vault key wrapped, which was lost, stay as they are: nobody can open them.
    """
    table = table_of(SubjectKeyRow)
    page = sa.select(table).where(table.c.vault_id == old.vault_id, table.c.key_id > sa.bindparam("last"))
    page = page.order_by(table.c.key_id).limit(_AT_ONCE)
    changed = sa.update(table).where(table.c.key_id == sa.bindparam("of"))
    changed = changed.values({name: sa.bindparam(f"new_{name}") for name in ("vault_id", "nonce", "wrapped")})
    count, last = 0, ""
    while found := [WrappedKey(*row) for row in connection.execute(page, {"last": last})]:
        made = [wrap(origin, new, key.key_id, key.subject, unwrap(origin, old, key)) for key in found]
        values = [
            {"of": key.key_id, "new_vault_id": key.vault_id, "new_nonce": key.nonce, "new_wrapped": key.wrapped}
            for key in made
        ]
        connection.execute(changed, values)
        count, last = count + len(made), found[-1].key_id
    return count
