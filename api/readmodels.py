"""Tables to search by, derived from the log entry by entry; `rebuild` makes them again from the log alone.

They are never evidence. `policy_bundle` is: it holds what a leaf names by digest only, and is not rebuilt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from api import events
from api.events import Entry
from api.statements import Statement

Row = dict[str, Any]

_BY_KEY = {"sqlite_with_rowid": False}  # stored in the order of the primary key: one tree instead of two


class ReadModel(SQLModel, registry=registry()):
    """The tables of this file, in a metadata of their own."""


class DecisionRow(ReadModel, table=True):
    """One decision, as its leaf tells it."""

    __tablename__ = "decision"
    __table_args__ = (
        sa.Index("decision_by_owner", "owner", "log_index"),
        sa.Index("decision_by_subject", "subject", "log_index"),
        sa.Index("decision_by_outcome", "outcome", "log_index"),
        sa.Index("decision_by_policy", "policy", "log_index"),
    )

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


class DecisionReasonRow(ReadModel, table=True):
    """A reason of a decision, by rank from 0."""

    __tablename__ = "decision_reason"
    __table_args__ = (sa.Index("decision_reason_by_code", "code", "log_index"), _BY_KEY)

    log_index: int = Field(primary_key=True)
    rank: int = Field(primary_key=True)
    code: str


class DecisionRuleRow(ReadModel, table=True):
    """A rule that fired, by rank from 0."""

    __tablename__ = "decision_rule"
    __table_args__ = (sa.Index("decision_rule_by_rule", "rule", "log_index"), _BY_KEY)

    log_index: int = Field(primary_key=True)
    rank: int = Field(primary_key=True)
    rule: str


class IdempotencyRow(ReadModel, table=True):
    """Which entry a request led to; see `idempotency`."""

    __tablename__ = "idempotency"
    __table_args__ = _BY_KEY

    request: str = Field(primary_key=True)
    log_index: int = Field(unique=True)


class ApiKeyRow(ReadModel, table=True):
    """A key that may call, without its secret."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True)
    role: str
    secret_sha256: str
    created_at: str
    log_index: int


class PolicyBundleRow(ReadModel, table=True):
    """The bytes a policy's digest covers: with them a decision replays years later."""

    __tablename__ = "policy_bundle"

    digest: str = Field(primary_key=True)
    name: str
    version: int
    bundle: bytes
    log_index: int


def table_of(model: type[ReadModel]) -> sa.Table:
    """Give the Core table of a model; writes go through Core."""
    table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it on every table=True class
    assert isinstance(table, sa.Table)
    return table


DECISION, REASON, RULE = table_of(DecisionRow), table_of(DecisionReasonRow), table_of(DecisionRuleRow)
REQUEST, KEY, BUNDLE = table_of(IdempotencyRow), table_of(ApiKeyRow), table_of(PolicyBundleRow)
DERIVED = (DECISION, REASON, RULE, REQUEST, KEY)  #: what the log alone determines

_INSERT = {table: Statement(table.insert()) for table in (*DERIVED, BUNDLE)}


def create(connection: sa.Connection) -> None:
    """Create what is not there yet."""
    ReadModel.metadata.create_all(connection)


def apply(connection: sa.Connection, index: int, entry: Entry) -> None:
    """Bring the tables up to one more entry; a kind without a table changes nothing."""
    for table, rows in derived(index, entry):
        _INSERT[table].run(connection, rows)


def rebuild(connection: sa.Connection, entries: Iterable[tuple[int, Entry]]) -> int:
    """Empty the derived tables and apply `entries` again, in order; give their number."""
    for table in DERIVED:
        connection.execute(table.delete())
    count = 0
    for index, entry in entries:
        apply(connection, index, entry)
        count += 1
    return count


def derived(index: int, entry: Entry) -> Iterator[tuple[sa.Table, list[Row]]]:
    """Give the rows an entry leads to; pure, so that tables can be checked against the log as well as filled."""
    rows_of = _ROWS.get(entry["kind"])
    for table, rows in rows_of(index, entry) if rows_of else ():
        if rows:
            yield table, rows


def keep_bundle(connection: sa.Connection, index: int, name: str, version: int, bundle: bytes) -> None:
    """Keep the bytes a published policy's digest covers."""
    digest = hashlib.sha256(bundle).hexdigest()
    row = {"digest": digest, "name": name, "version": version, "bundle": bundle, "log_index": index}
    _INSERT[BUNDLE].run(connection, [row])


def _decision(index: int, entry: Entry) -> Iterator[tuple[sa.Table, list[Row]]]:
    policy = entry["policy"]
    row = {
        "log_index": index,
        "id": entry["id"],
        "owner": entry["actor"],
        "subject": entry["subject"],
        "policy": policy["name"],
        "version": policy["version"],
        "digest": policy["digest"],
        "outcome": entry["outcome"],
        "as_of": entry["as_of"],
        "decided_at": entry["at"],
    }
    yield DECISION, [row]
    yield REQUEST, [{"request": entry["request"], "log_index": index}]
    yield REASON, _ranked(index, "code", entry["reasons"])
    yield RULE, _ranked(index, "rule", entry["rules"])


def _ranked(index: int, column: str, values: Iterable[str]) -> list[Row]:
    return [{"log_index": index, "rank": rank, column: value} for rank, value in enumerate(values)]


def _key(index: int, entry: Entry) -> Iterator[tuple[sa.Table, list[Row]]]:
    row = {
        "id": entry["key"],
        "role": entry["role"],
        "secret_sha256": entry["secret_sha256"],
        "created_at": entry["at"],
        "log_index": index,
    }
    yield KEY, [row]


_ROWS: dict[str, Callable[[int, Entry], Iterator[tuple[sa.Table, list[Row]]]]] = {
    events.DECISION_MADE: _decision,
    events.KEY_CREATED: _key,
}
