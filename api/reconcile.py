"""Holds the read models and the kept policy bundles against the log: what people search in must be what was recorded.

The log proves itself (`audit.verify`); this proves the tables derived from it. Read-only, and it believes no row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from api import events
from api.derived import DERIVED, NEWEST, shape
from api.events import Entry
from api.listed import Listed
from api.readmodels import all_derived
from api.tables import BUNDLE, LISTING, SHAPE, Row
from audit import AuditError
from audit.verify import entries, inspecting

_AT_ONCE = 1_000  #: entries that are compared together
_TOLD = 10  #: entries of one row that are told one by one


class Difference(NamedTuple):
    """Where a table does not say what the log says."""

    where: str
    what: str


def differences(database: Path | sa.URL) -> Iterator[Difference]:
    """Give every difference between the log in `database` and the tables beside it."""
    engine = inspecting(database)
    try:
        with engine.connect() as connection:
            yield from differing(connection)
    except KeyError as error:
        yield Difference("read models", f"cannot be compared: an entry of the log lacks the field {error}")
    except (sa.exc.SQLAlchemyError, AuditError, ValueError, TypeError) as error:
        yield Difference("read models", f"cannot be read: {getattr(error, 'orig', None) or error}")
    finally:
        engine.dispose()


def differing(connection: sa.Connection, *, bundles: bool = True) -> Iterator[Difference]:
    """Give every row that the log does not lead to, or that is missing, and (with `bundles`) each lost policy."""
    present = set(sa.inspect(connection).get_table_names())
    if not present & {table.name for table in DERIVED}:
        return  # a log that no service has opened yet has nothing beside it
    if unlike := _unlike(connection, present):
        yield from unlike
        return
    end = 0
    published: list[tuple[int, Entry]] = []
    listed = Listed()
    newest = {table: dict[tuple[Any, ...], Row]() for table in DERIVED if table in NEWEST}
    growing = [table for table in DERIVED if table not in NEWEST and table is not LISTING]
    for first, end, wanted in _stretches(all_derived(_noting(entries(connection), published))):
        for table in growing:
            yield from _compared(connection, table, wanted.get(table, []), table.c.log_index.between(first, end - 1))
        for table, rows in newest.items():
            rows.update({_key(table, row): row for row in wanted.get(table, [])})
        listed.add(wanted.get(LISTING, []))
    for table in growing:
        yield from _compared(connection, table, [], ~table.c.log_index.between(0, end - 1))
    for table, rows in newest.items():
        yield from _compared(connection, table, [*rows.values()], sa.true())
    yield from _unlisted(connection, listed)
    if bundles:
        yield from _bundles(connection, published, end)


def _unlike(connection: sa.Connection, present: set[str]) -> list[Difference]:
    """Give why the tables cannot be compared row by row."""
    if lacking := [table.name for table in (*DERIVED, BUNDLE, SHAPE) if table.name not in present]:
        return [Difference(f"table {name}", "is missing") for name in lacking]
    if shape() not in connection.execute(sa.select(SHAPE.c.shape)).scalars().all():
        return [Difference("read models", "are of another version of this program")]
    return []


def _stretches(
    rows: Iterable[tuple[int, sa.Table, list[Row]]],
) -> Iterator[tuple[int, int, dict[sa.Table, list[Row]]]]:
    """Gather rows by stretches of entries: the first index, the end, and the rows table by table."""
    for stretch, group in groupby(rows, key=lambda each: each[0] // _AT_ONCE):
        wanted: dict[sa.Table, list[Row]] = {}
        end = 0
        for index, table, found in group:
            wanted.setdefault(table, []).extend(found)
            end = index + 1
        yield stretch * _AT_ONCE, end, wanted


def _compared(
    connection: sa.Connection, table: sa.Table, wanted: Sequence[Row], chosen: sa.ColumnElement[bool]
) -> Iterator[Difference]:
    expected = {_key(table, row): row for row in wanted}
    rows = connection.execute(sa.select(table).where(chosen)).mappings()
    stored = {_key(table, row): dict(row) for row in rows}
    for place in sorted(expected.keys() | stored.keys(), key=str):
        there, said = stored.get(place, {}), expected.get(place, {})
        if there != said:
            where = f"table {table.name}, entry {(said or there)['log_index']}"
            yield Difference(where, _told(there, said, "/".join(map(str, place))))


def _unlisted(connection: sa.Connection, listed: Listed) -> Iterator[Difference]:
    for field, code, last, *unlike in listed.differing(connection):
        told = [
            f"{verb} {_enumerated(indexes)}"
            for verb, indexes in zip(("lacks", "should not name"), unlike, strict=True)
            if indexes
        ]
        where = f"table {LISTING.name}, block that ends with entry {last}"
        yield Difference(where, f"row {field}/{code}: {' and '.join(told) or 'is not written as rows are'}")


def _enumerated(indexes: Sequence[int]) -> str:
    more = f" and {len(indexes) - _TOLD} more" if len(indexes) > _TOLD else ""
    return f"{'entry' if len(indexes) == 1 else 'entries'} {', '.join(map(str, indexes[:_TOLD]))}{more}"


def _key(table: sa.Table, row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key.columns)


def _told(stored: Row, expected: Row, place: str) -> str:
    if not stored:
        return f"row {place} is missing"
    if not expected:
        return f"row {place} is not what any entry leads to"
    wrong = [name for name, value in expected.items() if stored[name] != value]
    return "; ".join(f"row {place}: {name} is `{stored[name]}`, the log says `{expected[name]}`" for name in wrong)


def _noting(recorded: Iterable[tuple[int, Entry]], published: list[tuple[int, Entry]]) -> Iterator[tuple[int, Entry]]:
    """Pass entries on, and keep those that publish a policy."""
    for index, entry in recorded:
        if entry["kind"] == events.POLICY_PUBLISHED:
            published.append((index, entry))
        yield index, entry


def _bundles(connection: sa.Connection, published: Iterable[tuple[int, Entry]], end: int) -> Iterator[Difference]:
    """Check that every published policy is kept, byte for byte, and nothing from beyond the log."""
    for index, entry in published:
        yield from _bundle(connection, index, entry)
    beyond = connection.execute(sa.select(sa.func.count()).where(BUNDLE.c.log_index >= end)).scalar_one()
    if beyond:
        yield Difference(f"table {BUNDLE.name}", f"{beyond} rows belong to no entry of the log")


def _bundle(connection: sa.Connection, index: int, entry: Entry) -> Iterator[Difference]:
    digest = entry["policy"]["digest"]
    bundle = connection.execute(sa.select(BUNDLE.c.bundle).where(BUNDLE.c.digest == digest)).scalar()
    if bundle is None:
        yield Difference(f"policy of entry {index}", f"bundle `{digest}` is gone; its decisions cannot be replayed")
    elif hashlib.sha256(bundle).hexdigest() != digest:
        yield Difference(f"policy of entry {index}", f"bundle `{digest}` is not what was published")
