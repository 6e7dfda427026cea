"""Before a log is served: its schema, its keys and its newest checkpoint must fit what the database holds now."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlmodel import col

from audit import database, guards, ring
from audit.database import driver_of, is_sqlite
from audit.errors import LogRefused, NoteInvalid, Tampered
from audit.keys import Keys
from audit.merkle import leaf_hash
from audit.note import VerifierKey
from audit.store import CheckpointRow, EntryRow, MetaRow, table_of
from audit.tiles import WIDTH
from audit.tree import Tree

SCHEMA = "1"
_NEWEST_NOTE = sa.select(col(CheckpointRow.note)).order_by(col(CheckpointRow.size).desc()).limit(1)


def prepare(connection: sa.Connection, keys: Keys, origin: str | None) -> str:
    """Create the log if there is none, check it if there is, and return its origin; raises LogRefused.

    A new log is named `origin`, or `grounds.local/` and eight random hex digits.
    """
    made = _make(connection)
    check_schema(connection)
    if made:
        _name(connection, keys, origin or f"grounds.local/{secrets.token_hex(4)}")
    stored = check_meta(connection, keys)
    if origin is not None and origin != stored:
        raise LogRefused(f"this is the log `{stored}`, not `{origin}`; point to the right database")
    check_head(connection, keys.signer(stored).vkey)
    return stored


def check_schema(connection: sa.Connection) -> None:
    """Accept if tables, indexes and guard triggers are those of this version, and the database's settings bear them."""
    if found := database.complaints(connection):
        raise LogRefused(f"the database is not fit for a log: {'; '.join(found)}")
    if found := guards.differences(connection):
        from audit import migrations  # a slow import, and a database that is as it should be needs none

        if (earlier := migrations.revision_of(connection)) is not None:
            raise LogRefused(f"the log's tables are of revision {earlier}; run `grounds db upgrade`")
        raise LogRefused(f"the log's tables or guards were altered: {'; '.join(found)}; restore a backup")


def check_meta(connection: sa.Connection, keys: Keys) -> str:
    """Accept if the log was made with these keys by this schema version; return its origin."""
    stored = ring.newest(ring.meta(connection))
    expected = _meta(keys, stored.get("origin", ""))
    wrong = sorted(name for name in expected.keys() | stored.keys() if stored.get(name) != expected.get(name))
    if wrong:
        remedy = "restore the pair, or finish changing keys (docs/keys.md)"
        raise LogRefused(f"`{keys.folder}` does not belong to this database: {', '.join(wrong)}; {remedy}")
    return stored["origin"]


def check_head(connection: sa.Connection, vkey: VerifierKey, vault_id: str | None = None) -> None:
    """Accept if the newest stored checkpoint is signed by `vkey` and the tree still has its root at its size.

    Another process may have changed keys: `vkey`, and `vault_id` if it is given, must still be those of the log.
    """
    tree = Tree(connection)
    newest = newest_note(connection)
    size = tree.size()
    if newest is None and size == 0:
        return
    ring.check_current(driver_of(connection), held(vkey, vault_id))
    try:
        checkpoint = ring.verify(connection, newest or "", vkey)
        if checkpoint.size > size:
            raise LogRefused(f"entries are lost: the newest checkpoint covers {checkpoint.size}, there are {size}")
        if tree.frontier(checkpoint.size).root() != checkpoint.root:
            raise LogRefused(f"the entries no longer have the root of the checkpoint of size {checkpoint.size}")
        _check_edge(connection, checkpoint.size)
    except (NoteInvalid, Tampered) as error:
        raise LogRefused(f"the newest checkpoint does not match the database: {error}") from None


def held(vkey: VerifierKey, vault_id: str | None) -> dict[str, str]:
    """Return rows of `audit_meta` that must stand there for who holds these keys."""
    return {"vkey": str(vkey)} | ({"vault_key": vault_id} if vault_id else {})


def newest_note(connection: sa.Connection) -> str | None:
    """Return the note of the newest stored checkpoint."""
    note: str | None = connection.execute(_NEWEST_NOTE).scalar()
    return note


def _check_edge(connection: sa.Connection, size: int) -> None:
    # What no signed full tile holds yet is read again: a new checkpoint is about to cover it.
    edge = sa.select(col(EntryRow.idx), col(EntryRow.leaf_hash), col(EntryRow.entry)).where(
        col(EntryRow.idx) >= size - size % WIDTH
    )
    for index, stored, entry in connection.execute(edge):
        if leaf_hash(entry) != stored:
            raise Tampered(f"entry {index}", "does not hash to its leaf")


def _make(connection: sa.Connection) -> bool:
    """Make the tables in an SQLite file that has none (in PostgreSQL the owner made them); tell if the log is new."""
    if is_sqlite(connection):
        new = not guards.present(connection)
        if new:
            guards.create(connection)
        return new
    tables = (table_of(MetaRow), table_of(EntryRow), table_of(CheckpointRow))
    return not any(connection.execute(sa.select(sa.exists(table.select()))).scalar() for table in tables)


def _name(connection: sa.Connection, keys: Keys, origin: str) -> None:
    rows = list(_meta(keys, origin).items())
    driver_of(connection).executemany("INSERT INTO audit_meta (name, value) VALUES (?, ?)", rows)


def _meta(keys: Keys, origin: str) -> dict[str, str]:
    return {
        "origin": origin,
        "schema": SCHEMA,
        "vkey": str(keys.signer(origin).vkey),
        "vault_key": keys.vault_id,
        "lookup_key": keys.lookup_id,
    }
