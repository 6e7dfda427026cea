"""Finding decisions and entries: what a search is narrowed to, and the one index it is read along.

Which index that is, is decided here and not by the database's guess: the most telling of the filters leads, the others
are looked at row by row. So a search is read in the order of its pages, and stops when a page is full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from api import events
from api.readmodels import BLOCK, SPAN_OF
from api.tables import DECISION, OTHER, REASON, RULE, SPAN

Condition = sa.ColumnElement[bool]
Index = sa.ColumnElement[int]


class Where(msgspec.Struct, frozen=True, omit_defaults=True):
    """What decisions are narrowed to; None leaves it open, several narrow together."""

    subject: str | None = None  #: the random id
    rule: str | None = None  #: fired
    reason: str | None = None  #: was given
    outcome: str | None = None
    policy: str | None = None
    version: int | None = None
    actor: str | None = None
    since: str | None = None  #: recorded at this moment or later, as entries write moments
    until: str | None = None  #: recorded before it


class WhereEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What entries of all kinds are narrowed to."""

    kind: str | None = None
    actor: str | None = None
    since: str | None = None
    until: str | None = None


class Stretch(NamedTuple):
    """The entries of the log from `first` up to but not including `end`."""

    first: int
    end: int


@dataclass(frozen=True)
class Narrowed:
    """The rows of a search: where they come from, what holds for them, and the index they are read along."""

    source: sa.FromClause
    conditions: list[Condition]
    index: Index

    def select(self, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """Select columns of every row."""
        return sa.select(*columns).select_from(self.source).where(*self.conditions)

    def page(self, *columns: sa.ColumnElement[Any], oldest_first: bool, limit: int) -> sa.Select[Any]:
        """Select columns of the first rows in either order."""
        order = self.index.asc() if oldest_first else self.index.desc()
        return self.select(*columns).order_by(order).limit(limit)

    def counted(self) -> sa.Select[Any]:
        """Count the rows."""
        return self.select(sa.func.count())


Selected = tuple[Narrowed, tuple[sa.ColumnElement[Any], ...]]  #: rows, and what is selected of each

_COLUMNS = {"subject": "subject", "outcome": "outcome", "policy": "policy", "version": "version", "actor": "owner"}
_LISTS = {"rule": RULE.c.rule, "reason": REASON.c.code}
_ENTRY = ("log_index", "id", "kind", "actor", "at")
_LEADING = ("subject", "rule", "reason", "outcome", "policy", "actor")  #: the most telling first


def holds(where: Where, entry: Mapping[str, Any]) -> bool:
    """Whether an entry is a decision that a search is for; what the tables say must come to the same."""
    policy = entry.get("policy", {})
    owner = entry.get("owner", entry["actor"])
    said = {**entry, "policy": policy.get("name"), "version": policy.get("version"), "actor": owner}
    wanted = {name: value for name, value in msgspec.structs.asdict(where).items() if value is not None}
    return entry["kind"] == events.DECISION_MADE and all(_held(name, value, said) for name, value in wanted.items())


def _held(name: str, value: Any, said: Mapping[str, Any]) -> bool:
    match name:
        case "since":
            return bool(said["at"] >= value)
        case "until":
            return bool(said["at"] < value)
        case "rule" | "reason":
            return value in said[f"{name}s"]
        case _:
            return bool(said[name] == value)


def stretch(connection: sa.Connection, where: Where | WhereEntry, size: int) -> Stretch:
    """Find where in a log of `size` the moments of a search lie: no entry outside has one, not every one inside has."""
    first, end = 0, size
    newest_full = connection.execute(sa.select(sa.func.max(SPAN.c.log_index))).scalar()
    tail = 0 if newest_full is None else newest_full + 1
    if where.since is not None:
        found = sa.select(sa.func.min(SPAN.c.log_index)).where(SPAN.c.latest_at >= where.since)
        last = connection.execute(found).scalar()
        first = tail if last is None else last - BLOCK + 1
    if where.until is not None:
        _, earliest, _ = connection.execute(SPAN_OF, {"first": tail, "last": size - 1}).one()
        if earliest is None or earliest >= where.until:
            found = sa.select(sa.func.max(SPAN.c.log_index)).where(SPAN.c.earliest_at < where.until)
            end = min(size, (connection.execute(found).scalar() or -1) + 1)
    return Stretch(first, end)


def decisions(where: Where, within: Stretch) -> Narrowed:
    """Narrow the decisions of a stretch."""
    leading = next((name for name in _LEADING if getattr(where, name) is not None), None)
    source, index = _led_by(leading)
    conditions = [index >= within.first, index < within.end, *_between(where, DECISION.c.decided_at)]
    for name, value in msgspec.structs.asdict(where).items():
        if value is not None and name in _COLUMNS:
            column = DECISION.c[_COLUMNS[name]]
            conditions.append((column if name == leading else _beside(column)) == value)
        elif value is not None and name in _LISTS:
            conditions.append(_LISTS[name] == value if name == leading else _listed(_LISTS[name], value))
    return Narrowed(source, conditions, index)


def entries(where: WhereEntry, within: Stretch) -> list[Selected]:
    """Narrow the entries of a stretch: the tables to look in, each with its columns index, id, kind, actor and at."""
    decided = sa.literal(events.DECISION_MADE)
    columns = DECISION.c.log_index, DECISION.c.id, decided, DECISION.c.owner, DECISION.c.decided_at
    others = [OTHER.c.log_index >= within.first, OTHER.c.log_index < within.end, *_between(where, OTHER.c.at)]
    if where.kind is not None:
        others.append(OTHER.c.kind == where.kind)
    if where.actor is not None:
        others.append((OTHER.c.actor if where.kind is None else _beside(OTHER.c.actor)) == where.actor)
    found: list[Selected] = [(Narrowed(OTHER, others, OTHER.c.log_index), tuple(OTHER.c[name] for name in _ENTRY))]
    if where.kind in (None, events.DECISION_MADE):
        narrowed = decisions(Where(actor=where.actor, since=where.since, until=where.until), within)
        found.append((narrowed, columns))
    return found


def _led_by(leading: str | None) -> tuple[sa.FromClause, Index]:
    column = _LISTS.get(leading or "")
    if column is None:
        return DECISION, DECISION.c.log_index
    listing = column.table
    assert isinstance(listing, sa.Table)
    return listing.join(DECISION, DECISION.c.log_index == listing.c.log_index), listing.c.log_index


def _listed(column: sa.ColumnElement[str], value: str) -> Condition:
    listing = column.table
    return sa.exists().where(listing.c.log_index == DECISION.c.log_index, _beside(column) == value)


def _beside(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Write a column so that no database takes an index on it for better than the leading one."""
    return column + 0 if isinstance(column.type, sa.Integer) else column.concat("")


def _between(where: Where | WhereEntry, at: sa.ColumnElement[str]) -> list[Condition]:
    conditions = [] if where.since is None else [at >= where.since]
    return conditions if where.until is None else [*conditions, at < where.until]
