"""The tables of the log, and the only ones: described here, filled by `rows` and `vault`, guarded by `guards`.

All but the keys and lookups of subjects are insert-only. Only bytes that are hashed count as evidence, so every column
is either covered by a leaf, a checkpoint or the key of its subject, or can be recomputed from columns that are.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from audit.entry import MOST_BYTES

_INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_STRICT = {"sqlite_strict": True}
_MOST_SEALED = 16 * 1024 * 1024


def _number(*, key: bool = False) -> Any:
    return Field(sa_type=_INTEGER, primary_key=key, sa_column_kwargs={"autoincrement": False} if key else {})


def _text(*, key: bool = False, unique: bool = False) -> Any:
    return Field(sa_type=sa.Text, primary_key=key, unique=unique)


def _bytes(*, unique: bool = False) -> Any:
    return Field(sa_type=sa.LargeBinary, unique=unique)


def _length(column: str, least: int, most: int) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"length({column}) BETWEEN {least} AND {most}")


class LogTable(SQLModel, registry=registry()):
    """The tables of this file, in a metadata of their own."""


class MetaRow(LogTable, table=True):
    """What the log is: its origin, its verifier key, its schema version, the public names of its secrets."""

    __tablename__ = "audit_meta"
    __table_args__ = _STRICT

    name: str = _text(key=True)
    value: str = _text()


class EntryRow(LogTable, table=True):
    """A leaf: the entry's bytes as they were written, and their hash in the tree."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.CheckConstraint("idx >= 0"),
        _length("event_id", 36, 36),
        _length("leaf_hash", 32, 32),
        _length("entry", 2, MOST_BYTES),
        _STRICT,
    )

    idx: int = _number(key=True)
    event_id: str = _text(unique=True)
    leaf_hash: bytes = _bytes()
    entry: bytes = _bytes()


class SealedRow(LogTable, table=True):
    """What stands sealed beside a leaf; deleted when its subject is erased."""

    __tablename__ = "audit_sealed"
    __table_args__ = (
        _length("nonce", 12, 12),
        _length("ciphertext", 16, _MOST_SEALED),
        sa.Index("audit_sealed_by_key", "key_id"),
        _STRICT,
    )

    idx: int = _number(key=True)
    key_id: str = _text()
    nonce: bytes = _bytes()
    ciphertext: bytes = _bytes()


class ErasedRow(LogTable, table=True):
    """Which entry lost its sealed part on purpose, and which entry records that."""

    __tablename__ = "audit_erased"
    __table_args__ = (sa.CheckConstraint("by_idx > idx"), _STRICT)

    idx: int = _number(key=True)
    by_idx: int = _number()


class TileRow(LogTable, table=True):
    """A full tile of 256 hashes with its root; the right edge of the tree comes from the entries."""

    __tablename__ = "audit_tile"
    __table_args__ = (
        sa.CheckConstraint("level BETWEEN 0 AND 7 AND n >= 0"),
        _length("root", 32, 32),
        _length("data", 8192, 8192),
        sa.Index("audit_tile_root", "level", "n", "root"),
        _STRICT,
    )

    level: int = _number(key=True)
    n: int = _number(key=True)
    root: bytes = _bytes()
    data: bytes = _bytes()


class CheckpointRow(LogTable, table=True):
    """A signed size and root, as the note that was signed."""

    __tablename__ = "audit_checkpoint"
    __table_args__ = (sa.CheckConstraint("size >= 0"), _STRICT)

    size: int = _number(key=True)
    note: str = _text()


class SubjectRow(LogTable, table=True):
    """A random id for whom the integrator calls by a reference: the reference is sealed, found by keyed hash."""

    __tablename__ = "audit_subject"
    __table_args__ = (_length("lookup", 32, 32), _length("nonce", 12, 12), _STRICT)

    subject: str = _text(key=True)
    lookup: bytes = _bytes(unique=True)
    nonce: bytes = _bytes()
    ciphertext: bytes = _bytes()


class SubjectKeyRow(LogTable, table=True):
    """The key that seals what concerns a subject, wrapped by the vault key; destroyed to erase the subject."""

    __tablename__ = "audit_subject_key"
    __table_args__ = (_length("nonce", 12, 12), sa.Index("audit_subject_key_by_subject", "subject"), _STRICT)

    key_id: str = _text(key=True)
    subject: str = _text()
    vault_id: str = _text()
    nonce: bytes = _bytes()
    wrapped: bytes = _bytes()


def table_of(model: type[LogTable]) -> sa.Table:
    """Return the Core table of a model."""
    table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it on every table=True class
    assert isinstance(table, sa.Table)
    return table
