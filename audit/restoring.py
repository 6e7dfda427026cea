"""Going on after a key was lost: a new one, and an entry that says so. Each step is safe to repeat (docs/keys.md)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

import sqlalchemy as sa

from audit import database, guards, ring, rows, startup
from audit.database import driver_of
from audit.edge import Edge
from audit.entry import encode
from audit.errors import KeysRefused, LogRefused
from audit.keys import NEXT_SIGNING, NEXT_VAULT, Keys
from audit.merkle import leaf_hash
from audit.note import VerifierKey
from audit.ring import RESTORE, SIGNING, VAULT
from audit.rotation import Place, done, entry_of


def restore(place: Place, why: str) -> int:
    """Begin a new signing key because the old one is lost; return the index of the entry.

    Nothing the log can sign connects the two: only receipts, witnesses and checkpoints kept elsewhere do.
    """
    if (place.directory / "keys" / "log.key").exists():
        raise KeysRefused(f"`{place.directory}/keys/log.key` is there; announce a new key under it, then switch")
    return _restore(place, NEXT_SIGNING, SIGNING, why)


def restore_vault(place: Place, why: str) -> int:
    """Begin a new vault key because the old one is lost; what it wrapped stays closed. Return the entry's index."""
    if (place.directory / "keys" / "vault.key").exists():
        raise KeysRefused(f"`{place.directory}/keys/vault.key` is there; wrap anew instead")
    return _restore(place, NEXT_VAULT, VAULT, why)


def _restore(place: Place, name: str, use: str, why: str) -> int:
    place.waiting(name)
    row, new = ("vkey", "vault_key")[use == VAULT], Keys.succeeding(place.directory, name)
    if (changed := done(place, row, name)) is None:
        writes = database.writing(place.where)
        try:
            with writes.begin() as connection:
                changed = _begin_anew(place, connection, new, row, why)
        finally:
            writes.dispose()
    place.finish(name)
    return changed


def _begin_anew(place: Place, connection: sa.Connection, new: Keys, row: str, why: str) -> int:
    """Append the entry of a new key and name the key, before the log can be opened with it."""
    if not guards.present(connection):
        raise LogRefused("there is no log whose key could be restored; point to the right database")
    startup.check_schema(connection)
    stored, known = ring.newest(ring.meta(connection)), ring.Ring.read(connection)
    fields: dict[str, object] = {"old": stored[row], "why": why}
    if row == "vkey":
        head = known.verify(startup.newest_note(connection) or "")
        fields |= {"use": SIGNING, "size": head.size, "root": b64encode(head.root).decode()}
        fields["new"] = str(new.signer(stored["origin"]).vkey)
    else:
        fields |= {"use": VAULT, "new": new.vault_id}
    entry = entry_of(place, RESTORE, RESTORE, fields)
    index = _append_unsigned(connection, known.current, entry)
    rows.insert_meta(driver_of(connection), f"{row}@{index}", str(fields["new"]))
    startup.check_meta(connection, new)
    place.applied(connection, index, entry)
    return index


def _append_unsigned(connection: sa.Connection, vkey: VerifierKey, entry: Mapping[str, object]) -> int:
    # What `Log.append` does, without a log: it cannot be opened while one of its keys is gone.
    encoded, edge = encode(entry), Edge(vkey)
    size, leaf = edge.current(connection).size, leaf_hash(encoded)
    driver_of(connection).append_new(size, [(str(entry["id"]), leaf, encoded, None)])
    edge.grow(connection, leaf)
    return size
