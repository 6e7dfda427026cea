"""Keeping the tables people search by up with the log (what each entry leads to stands in `derived`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from api import listings
from api.derived import DERIVED, NEWEST, derived, shape
from api.errors import ReadModelsStale
from api.events import Entry
from api.statements import ManyRows, Statement
from api.tables import BUNDLE, DECISION, LISTING, OTHER, SHAPE, SPAN, ReadModel, Row
from audit.database import driver_of

BLOCK = 512  #: entries in a span, and in what listings grow by
_FIRST, _LAST = sa.bindparam("first", type_=sa.Integer), sa.bindparam("last", type_=sa.Integer)  # of a block


def _put(table: sa.Table) -> Statement:
    """Write a row; where a table keeps the newest of each key, in place of the one before."""
    if table not in NEWEST:
        return Statement(table.insert())
    row = postgresql.insert(table)  # SQLite takes the same words
    others = {column.name: row.excluded[column.name] for column in table.columns if not column.primary_key}
    return Statement(row.on_conflict_do_update(index_elements=table.primary_key.columns, set_=others))


PUT = {table: _put(table) for table in (*DERIVED, BUNDLE)}  #: how a row gets into each table


_DECIDED = Statement(
    sa.select(*listings.COLUMNS, DECISION.c.decided_at).where(DECISION.c.log_index.between(_FIRST, _LAST))
)
_OTHERS = Statement(sa.select(OTHER.c.at).where(OTHER.c.log_index.between(_FIRST, _LAST)))
_LIST = ManyRows(LISTING)


def create(connection: sa.Connection, size: int) -> None:
    """Create what is not there yet; raise ReadModelsStale if a log of `size` entries has tables of another version."""
    present = set(sa.inspect(connection).get_table_names())
    known = list(connection.execute(sa.select(SHAPE.c.shape)).scalars()) if SHAPE.name in present else []
    if known == [shape()]:
        return
    if size or present & {table.name for table in DERIVED}:
        raise ReadModelsStale
    ReadModel.metadata.create_all(connection)
    connection.execute(SHAPE.insert(), {"shape": shape()})


def apply(connection: sa.Connection, index: int, entry: Entry) -> None:
    """Bring the tables up to one more entry, the next one."""
    apply_all(connection, [(index, entry)])


def apply_all(connection: sa.Connection, entries: Iterable[tuple[int, Entry]]) -> None:
    """Bring the tables up to the next entries, with their indexes, in order."""
    added: dict[sa.Table, list[Row]] = {}
    full = list[int]()  # indexes at which a block ends
    for index, entry in entries:
        for table, rows in derived(index, entry):
            added.setdefault(table, []).extend(rows)
        if index % BLOCK == BLOCK - 1:
            full.append(index)
    driver, database = driver_of(connection), connection.dialect.name
    for table, rows in added.items():
        driver.executemany(PUT[table].texts[database], rows)
    for last in full:
        _close(connection, {"first": last - BLOCK + 1, "last": last})


def follow(connection: sa.Connection, index: int, entry: Mapping[str, Any]) -> None:
    """Bring the tables up to the next entry if they are there and of this version; if not, a rebuild does it."""
    there = SHAPE.name in sa.inspect(connection).get_table_names()
    if there and connection.execute(sa.select(SHAPE.c.shape)).scalars().all() == [shape()]:
        apply(connection, index, dict(entry))


def _close(connection: sa.Connection, block: Row) -> None:
    """Write what a block of entries leads to, all of which are there; whoever records its last one does it."""
    decided = _DECIDED.all(connection, block)
    moments = [*(row[-1] for row in decided), *(at for (at,) in _OTHERS.all(connection, block))]
    PUT[SPAN].run(connection, [_span(block["last"], moments)])
    if listed := listings.rows([row[:-1] for row in decided], block["last"]):
        _LIST.run(connection, listed)


def _span(last: int, moments: Sequence[str]) -> Row:
    return {"log_index": last, "earliest_at": min(moments), "latest_at": max(moments)}


def all_derived(entries: Iterable[tuple[int, Entry]]) -> Iterator[tuple[int, sa.Table, list[Row]]]:
    """Give the rows a whole log leads to, entry by entry from the first; pure."""
    moments: list[str] = []
    decided: list[listings.Listed] = []
    names = [column.name for column in LISTING.columns]
    for index, entry in entries:
        for table, rows in derived(index, entry):
            yield index, table, rows
            if table is DECISION:
                decided += [tuple(row[column.name] for column in listings.COLUMNS) for row in rows]
        moments.append(entry["at"])
        if index % BLOCK == BLOCK - 1:
            yield index, SPAN, [_span(index, moments)]
            if listed := listings.rows(decided, index):
                yield index, LISTING, [dict(zip(names, row, strict=True)) for row in listed]
            moments, decided = [], []


def keep_bundle(connection: sa.Connection, index: int, name: str, version: int, bundle: bytes) -> None:
    """Keep the bytes a published policy's digest covers."""
    digest = hashlib.sha256(bundle).hexdigest()
    row = {"digest": digest, "name": name, "version": version, "bundle": bundle, "log_index": index}
    PUT[BUNDLE].run(connection, [row])
