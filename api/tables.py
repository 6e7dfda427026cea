"""The tables people search by, described: rows of them follow from the log alone (see `derived`).

They are never evidence. `policy_bundle` is: it holds what a leaf names by digest only, and is not derived.

Every index ends in the log's index, so that a search reads it in the order of its pages; what stands behind that is
there to be looked at without the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

Row = dict[str, Any]
Rows = Iterator[tuple[sa.Table, list[Row]]]  #: what an entry leads to, table by table

BY_KEY = {"sqlite_with_rowid": False}  # stored in the order of the primary key: one tree instead of two


class ReadModel(SQLModel, registry=registry()):
    """The tables of this file, in a metadata of their own."""


class DecisionRow(ReadModel, table=True):
    """One decision, as its leaf tells it."""

    __tablename__ = "decision"
    __table_args__ = (sa.Index("decision_by_subject", "subject", "log_index"),)

    log_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: str = Field(unique=True)
    owner: str  #: the actor that asked
    subject: str  #: the random id, not the reference
    policy: str
    version: int
    digest: str
    outcome: str
    as_of: str
    decided_at: str
    reasons: str  #: their codes in order, as `listings` writes them
    rules: str  #: those that fired, as above


class ListingRow(ReadModel, table=True):
    """Which decisions of a full block of entries say something; see `listings`."""

    __tablename__ = "decision_listing"
    __table_args__ = BY_KEY

    field: str = Field(primary_key=True)  #: the column of `decision` that says it
    code: str = Field(primary_key=True)  #: what it says, or one of the codes it names
    log_index: int = Field(primary_key=True)  #: the block's last
    bits: bytes  #: one for each entry of the block, the last one's is 1


class OtherEntryRow(ReadModel, table=True):
    """An entry that is no decision."""

    __tablename__ = "other_entry"
    __table_args__ = (
        sa.Index("other_entry_by_kind", "kind", "log_index", "actor"),
        sa.Index("other_entry_by_actor", "actor", "log_index"),
        sa.Index("other_entry_by_subject", "subject", "log_index"),
    )

    log_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: str
    kind: str
    actor: str
    at: str
    subject: str  #: whom it concerns, by the random id; empty if nobody


class SpanRow(ReadModel, table=True):
    """The earliest and latest moment in a full block of entries; `log_index` is the block's last.

    A search between two moments looks here for the stretch of the log it has to read: clocks go back now and then, so
    the order of moments is not quite that of the log.
    """

    __tablename__ = "log_span"

    log_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    earliest_at: str
    latest_at: str


class IdempotencyRow(ReadModel, table=True):
    """Which entry a request led to; see `idempotency`."""

    __tablename__ = "idempotency"

    log_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    request: bytes = Field(unique=True)  #: its fingerprint


class ApiKeyRow(ReadModel, table=True):
    """A key that may call, without its secret."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True)
    role: str
    permissions: str  #: what it is narrowed to, blank between; empty if to nothing less than its role
    policies: str  #: as above
    secret_sha256: str
    created_at: str
    expires_at: str  #: empty if it does not
    log_index: int


class ApiKeyChangeRow(ReadModel, table=True):
    """A key that was given another secret, or revoked."""

    __tablename__ = "api_key_change"
    __table_args__ = (sa.Index("api_key_change_by_key", "key", "log_index"),)

    log_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str
    kind: str  #: of the entry
    at: str
    secret_sha256: str  #: the new one; empty if it was revoked
    overlap_until: str  #: how long earlier secrets still work; empty if it was revoked


class ApiKeyUseRow(ReadModel, table=True):
    """The newest day on which a key was used. Not in the log, so a rebuild leaves it alone."""

    __tablename__ = "api_key_use"
    __table_args__ = BY_KEY

    key: str = Field(primary_key=True)
    day: str


class PolicyBundleRow(ReadModel, table=True):
    """The bytes a policy's digest covers: with them a decision replays years later."""

    __tablename__ = "policy_bundle"

    digest: str = Field(primary_key=True)
    name: str
    version: int
    bundle: bytes
    log_index: int


class DerivedSchemaRow(ReadModel, table=True):
    """The shape of the derived tables in this database, as `shape` writes it; one row."""

    __tablename__ = "derived_schema"

    shape: str = Field(primary_key=True)


def table_of(model: type[ReadModel]) -> sa.Table:
    """Give the Core table of a model; writes go through Core."""
    table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it on every table=True class
    assert isinstance(table, sa.Table)
    return table


def asked(request: str, index: int) -> Rows:
    """Give the row of a request, whose fingerprint entries hold in hex, and the entry it led to."""
    yield REQUEST, [{"log_index": index, "request": bytes.fromhex(request)}]


DECISION, LISTING = table_of(DecisionRow), table_of(ListingRow)
OTHER, SPAN = table_of(OtherEntryRow), table_of(SpanRow)
REQUEST, KEY, BUNDLE = table_of(IdempotencyRow), table_of(ApiKeyRow), table_of(PolicyBundleRow)
KEY_CHANGE, KEY_USE = table_of(ApiKeyChangeRow), table_of(ApiKeyUseRow)
SHAPE = table_of(DerivedSchemaRow)
