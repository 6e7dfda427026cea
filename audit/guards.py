"""Guard triggers: they keep the tables append-only against accidents and against anyone who cannot drop them.

They are the first line only: who can edit the file is found by the signed tree, not by these. The BEFORE INSERT guards
matter: `INSERT OR REPLACE` deletes the old row without firing delete triggers.
"""

from __future__ import annotations

import re
from hashlib import sha256

import sqlalchemy as sa

from audit.driver import is_sqlite
from audit.postgres import catalogue
from audit.store import LogTable

#: Hash of the tables, indexes and triggers a database must have; a change of them changes this line, under review.
PINNED = "163f244c6ef48fc2fc1569a301e7b1d2033cc14a43224be9bbea8500209d71a0"

APPEND_ONLY = ("audit_meta", "audit_entry", "audit_erased", "audit_tile", "audit_checkpoint")
NEVER_UPDATED = (*APPEND_ONLY, "audit_sealed", "audit_subject")

#: Table -> the condition under which a row must not be inserted.
REFUSE_INSERT = {
    "audit_meta": "EXISTS (SELECT 1 FROM audit_meta WHERE name = NEW.name)",
    "audit_entry": (
        "NEW.idx IS NOT (SELECT COALESCE(MAX(idx), -1) + 1 FROM audit_entry)"
        " OR EXISTS (SELECT 1 FROM audit_entry WHERE event_id = NEW.event_id)"
    ),
    "audit_sealed": (
        # only beside an entry that no checkpoint covers yet, so in one transaction with it, and never again beside one
        # whose sealed part was erased
        "NEW.idx < (SELECT COALESCE(MAX(size), 0) FROM audit_checkpoint)"
        " OR NOT EXISTS (SELECT 1 FROM audit_entry WHERE idx = NEW.idx)"
        " OR EXISTS (SELECT 1 FROM audit_sealed WHERE idx = NEW.idx)"
        " OR EXISTS (SELECT 1 FROM audit_erased WHERE idx = NEW.idx)"
    ),
    "audit_erased": (
        "EXISTS (SELECT 1 FROM audit_erased WHERE idx = NEW.idx)"
        " OR NOT EXISTS (SELECT 1 FROM audit_sealed WHERE idx = NEW.idx)"
        " OR NOT EXISTS (SELECT 1 FROM audit_entry WHERE idx = NEW.by_idx)"
    ),
    "audit_tile": "NEW.n IS NOT (SELECT COALESCE(MAX(n), -1) + 1 FROM audit_tile WHERE level = NEW.level)",
    "audit_checkpoint": (
        "NEW.size <= (SELECT COALESCE(MAX(size), -1) FROM audit_checkpoint)"
        " OR NEW.size > (SELECT COALESCE(MAX(idx), -1) + 1 FROM audit_entry)"
    ),
    "audit_subject": "EXISTS (SELECT 1 FROM audit_subject WHERE subject = NEW.subject OR lookup = NEW.lookup)",
    "audit_subject_key": "EXISTS (SELECT 1 FROM audit_subject_key WHERE key_id = NEW.key_id)",
}

#: Table -> the condition under which a row must not be changed: a key may be wrapped anew, but stays who it is.
REFUSE_UPDATE = {"audit_subject_key": "NEW.key_id IS NOT OLD.key_id OR NEW.subject IS NOT OLD.subject"}

#: Table -> the condition under which a row must not be deleted: what goes is recorded first.
REFUSE_DELETE = {
    "audit_subject_key": (
        "EXISTS (SELECT 1 FROM audit_sealed WHERE key_id = OLD.key_id"
        " AND NOT EXISTS (SELECT 1 FROM audit_erased WHERE audit_erased.idx = audit_sealed.idx))"
    ),
    "audit_sealed": "NOT EXISTS (SELECT 1 FROM audit_erased WHERE idx = OLD.idx)",
    "audit_subject": "EXISTS (SELECT 1 FROM audit_subject_key WHERE subject = OLD.subject)",
}


def create(connection: sa.Connection) -> None:
    """Create the tables and their guards in an SQLite file that holds none of them yet, in its transaction."""
    LogTable.metadata.create_all(connection, checkfirst=False)
    for statement in _triggers():
        connection.exec_driver_sql(statement)


def present(connection: sa.Connection) -> bool:
    """Tell whether the database holds any part of a log."""
    return bool(_objects(connection)) if is_sqlite(connection) else catalogue.present(connection)


def differences(connection: sa.Connection) -> list[str]:
    """Return what differs between the database's log tables and guards and those of this version, one line each."""
    if fingerprint_of(connection) == pinned(connection):
        return []
    if not is_sqlite(connection):
        return catalogue.differences(connection)
    found = _objects(connection)
    with sa.create_engine("sqlite://", poolclass=sa.NullPool).begin() as memory:
        create(memory)
        expected = _objects(memory)
    lines = [f"{name} is missing" for name in expected.keys() - found.keys()]
    lines += [f"{name} does not belong to the log" for name in found.keys() - expected.keys()]
    lines += [f"{name} was changed" for name in expected.keys() & found.keys() if found[name] != expected[name]]
    return sorted(lines) or ["the guards of this program are not the pinned ones"]


def fingerprint_of(connection: sa.Connection) -> str:
    """Return the hash of all that makes up the log's schema in this database."""
    return fingerprint(_objects(connection) if is_sqlite(connection) else catalogue.hashed(connection))


def pinned(connection: sa.Connection) -> str:
    """Return the hash that this version makes in this kind of database."""
    return PINNED if is_sqlite(connection) else fingerprint(catalogue.pinned())


def fingerprint(objects: dict[str, str]) -> str:
    """Return the hash of schema objects as `differences` compares it with the pinned one."""
    return sha256("\n".join(f"{name}\t{objects[name]}" for name in sorted(objects)).encode()).hexdigest()


def _objects(connection: sa.Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND (tbl_name LIKE 'audit\\_%' ESCAPE '\\' OR name LIKE 'audit\\_%' ESCAPE '\\')"
    )
    return {f"{kind} `{name}` of `{table}`": _plain(sql) for kind, name, table, sql in rows}


def _plain(sql: str) -> str:
    # White space is the library's choice and may change with it; the words may not.
    return re.sub(r" ?([(),]) ?", r"\1", re.sub(r"\s+", " ", sql)).strip()


def _triggers() -> list[str]:
    return [
        *(_trigger(table, "INSERT", condition) for table, condition in REFUSE_INSERT.items()),
        *(_trigger(table, "UPDATE") for table in NEVER_UPDATED),
        *(_trigger(table, "UPDATE", condition) for table, condition in REFUSE_UPDATE.items()),
        *(_trigger(table, "DELETE") for table in APPEND_ONLY),
        *(_trigger(table, "DELETE", condition) for table, condition in REFUSE_DELETE.items()),
    ]


def _trigger(table: str, event: str, condition: str = "") -> str:
    when = f" WHEN {condition}" if condition else ""
    return (
        f"CREATE TRIGGER {table}_guard_{event.lower()} BEFORE {event} ON {table}{when}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only: {event} refused'); END"
    )
