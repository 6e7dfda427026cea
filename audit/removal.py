"""Removal of what is sealed: single parts when their time is over, or a whole subject with its key.

Every function works in the caller's transaction. What goes is recorded first, in `audit_erased` and by an entry that
names the subject; the guards hold to that. No leaf changes, so every proof stays as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from audit import rows
from audit.database import driver_of
from audit.entry import decode
from audit.errors import EntryRefused, NoSuchEntry, NoSuchSubject, RemovalForbidden
from audit.leaf import Leaf
from audit.store import EntryRow, ErasedRow, SealedRow, SubjectKeyRow, SubjectRow, table_of

_INSUFFICIENT_PRIVILEGE = "42501"  #: SQLSTATE, PostgreSQL's appendix A
SCRUB = "audit_scrub"
"""Set on a connection's `info` by a removal: what it deleted must leave the disk after the commit."""

_ENTRY, _ERASED, _SEALED = table_of(EntryRow).c, table_of(ErasedRow).c, table_of(SealedRow).c
_KEY, _SUBJECT = table_of(SubjectKeyRow).c, table_of(SubjectRow).c
_whose: sa.BindParameter[str] = sa.bindparam("subject")
_by: sa.BindParameter[int] = sa.bindparam("by", type_=sa.BigInteger)
_chosen: sa.BindParameter[int] = sa.bindparam("indexes", expanding=True)

# Made once: a sweep runs them for everybody.
_keys = sa.select(_KEY.key_id).where(_KEY.subject == _whose)
_theirs = _SEALED.key_id.in_(_keys)
# A part that a restored backup brought back is recorded already.
_unrecorded = ~sa.exists().where(_ERASED.idx == _SEALED.idx)
_PARTS = sa.select(_SEALED.idx).where(_theirs).order_by(_SEALED.idx)
_GONE = sa.select(_SEALED.idx, _by).where(_theirs, _unrecorded)
_RECORD = sa.insert(table_of(ErasedRow)).from_select(["idx", "by_idx"], _GONE)
_RECORD_SOME = sa.insert(table_of(ErasedRow)).from_select(["idx", "by_idx"], _GONE.where(_SEALED.idx.in_(_chosen)))
_DELETE_SOME = sa.delete(table_of(SealedRow)).where(_theirs, _SEALED.idx.in_(_chosen))
_DELETE_PARTS = sa.delete(table_of(SealedRow)).where(_SEALED.key_id.in_(sa.bindparam("keys", expanding=True)))
_DELETE_KEYS = sa.delete(table_of(SubjectKeyRow)).where(_KEY.subject == _whose)
_DELETE_SUBJECT = sa.delete(table_of(SubjectRow)).where(_SUBJECT.subject == _whose)
_RECORDING = sa.select(_ENTRY.entry).where(_ENTRY.idx == _by)
_LIVING = sa.select(_KEY.subject).where(_KEY.subject.in_(sa.bindparam("subjects", expanding=True)))
_RETURNED = sa.select(_KEY.subject, _SEALED.idx).where(_ERASED.idx == _SEALED.idx, _KEY.key_id == _SEALED.key_id)


def parts(connection: sa.Connection, subject: str) -> list[int]:
    """Return the entries beside which something of `subject` stands sealed, in order."""
    return list(connection.execute(_PARTS, {"subject": subject}).scalars())


def living(connection: sa.Connection, subjects: Sequence[str]) -> set[str]:
    """Return those of `subjects` that have a key; an erased one has none."""
    return set(connection.execute(_LIVING, {"subjects": list(subjects)}).scalars())


def returned(connection: sa.Connection) -> dict[str, list[int]]:
    """Return, by subject, the parts that are there although their removal is recorded."""
    found: dict[str, list[int]] = defaultdict(list)
    for subject, index in connection.execute(_RETURNED):
        found[subject].append(index)
    return dict(found)


def remove(connection: sa.Connection, subject: str, indexes: Sequence[int], by: int) -> int:
    """Remove the parts of `subject` beside `indexes` as entry `by` records; return how many there were."""
    _check_record(connection, subject, by)
    named = {"subject": subject, "indexes": sorted(set(indexes))}
    with _allowed(connection):
        connection.execute(_RECORD_SOME, {**named, "by": by})
        return connection.execute(_DELETE_SOME, named).rowcount


def erase(connection: sa.Connection, subject: str, by: int) -> int:
    """Destroy the keys of `subject`, its reference and all that was sealed for it; return how many parts.

    Entry `by` is of the same transaction and has nothing sealed beside it: so every process that remembers the key
    notices (`audit.remembered`).
    """
    record = _check_record(connection, subject, by)
    named = {"subject": subject}
    keys = list(connection.execute(_keys, named).scalars())
    if not keys:
        raise NoSuchSubject(subject)
    if record.sealed is not None or by < (driver_of(connection).covered() or 0):
        remedy = "cannot record an erasure; append one with nothing sealed beside it, in the transaction that erases"
        raise EntryRefused("$", f"entry {by}", remedy)
    with _allowed(connection):
        connection.execute(_RECORD, {**named, "by": by})
        connection.execute(_DELETE_KEYS, named)
        count = connection.execute(_DELETE_PARTS, {"keys": keys}).rowcount
        connection.execute(_DELETE_SUBJECT, named)
        return count


@contextmanager
def _allowed(connection: sa.Connection) -> Iterator[None]:
    """Have the disk scrubbed after the commit; name what is lacking when a database with roles refuses a deletion."""
    try:
        yield
        connection.info[SCRUB] = True
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _INSUFFICIENT_PRIVILEGE:
            raise RemovalForbidden from None
        raise


def _check_record(connection: sa.Connection, subject: str, by: int) -> Leaf:
    entry: bytes | None = connection.execute(_RECORDING, {"by": by}).scalar()
    if entry is None:
        raise NoSuchEntry(f"entry {by}", rows.size(driver_of(connection)))
    record = Leaf.read(decode(entry))
    if record.subject != subject:
        raise EntryRefused("$.subject", record.subject, f"is not `{subject}`, whose erasure entry {by} must record")
    return record
