"""Finding decisions and entries: what a search is narrowed to, and the one index it is read along.

Which index that is, is decided here and not by the database's guess. The decisions of a subject are read along its own;
all other filters meet in the bits of the listings, as far as those go, and the decisions beyond are looked at one by
one. So a search is read in the order of its pages, and stops when a page is full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from api import events
from api.blocks import Filter
from api.listings import under
from api.marked import Marked
from api.narrowed import Column, Condition, Index, Narrowed, Part, Ranged
from api.readmodels import BLOCK
from api.tables import DECISION, OTHER, SPAN


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
    """The entries of the log from `first` up to but not including `end`.

    Where the listings end is read once, with the stretch, and not with each page: a block that is closed meanwhile is
    still searched as one that is open, so no decision is found twice or by neither.
    """

    first: int
    end: int
    listed: int = 0  #: every decision below is in the listings, those from here on are searched themselves


Selected = tuple[Narrowed, tuple[Column, ...]]  #: rows, and what is selected of each

_FIELDS = {  #: what decisions are listed by, the most telling first
    "rule": "rules",
    "reason": "reasons",
    "outcome": "outcome",
    "policy": "policy",
    "version": "version",
    "actor": "owner",
}
_ENTRY = ("log_index", "id", "kind", "actor", "at")


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
    if where.until is not None and not _any_before(connection, where.until, Stretch(tail, size)):
        found = sa.select(sa.func.max(SPAN.c.log_index)).where(SPAN.c.earliest_at < where.until)
        end = min(size, (connection.execute(found).scalar() or -1) + 1)
    return Stretch(first, end, tail)


def _any_before(connection: sa.Connection, until: str, within: Stretch) -> bool:
    """Whether any entry of a stretch has a moment before `until`."""
    return any(
        connection.execute(sa.select(index).where(*_inside(within, index), at < until).limit(1)).first()
        for index, at in ((DECISION.c.log_index, DECISION.c.decided_at), (OTHER.c.log_index, OTHER.c.at))
    )


def decisions(where: Where, within: Stretch) -> Narrowed:
    """Narrow the decisions of a stretch."""
    said = {field: code for name, field in _FIELDS.items() if (code := getattr(where, name)) is not None}
    moments = _between(where, DECISION.c.decided_at)
    each = [*moments, *(under(field, code) for field, code in said.items())]
    if where.subject is not None:
        return Narrowed([_decided([DECISION.c.subject == where.subject, *each], within)])
    if not said:
        return Narrowed([_decided(moments, within)])
    covered = within._replace(end=min(within.end, within.listed))
    beyond = within._replace(first=max(within.first, within.listed))
    filters = [Filter(field, str(code)) for field, code in said.items()]
    parts: list[Part] = []
    if covered.first < covered.end:
        parts.append(Marked(filters, covered.first, covered.end, BLOCK, moments))
    if beyond.first < beyond.end:
        parts.append(_decided(each, beyond))
    return Narrowed(parts)


def _decided(conditions: Sequence[Condition], within: Stretch) -> Ranged:
    return Ranged(DECISION, [*_inside(within, DECISION.c.log_index), *conditions], DECISION.c.log_index)


def entries(where: WhereEntry, within: Stretch) -> list[Selected]:
    """Narrow the entries of a stretch: the tables to look in, each with its columns index, id, kind, actor and at."""
    decided = sa.literal(events.DECISION_MADE)
    columns = DECISION.c.log_index, DECISION.c.id, decided, DECISION.c.owner, DECISION.c.decided_at
    others = [*_inside(within, OTHER.c.log_index), *_between(where, OTHER.c.at)]
    if where.kind is not None:
        others.append(OTHER.c.kind == where.kind)
    if where.actor is not None:
        others.append((OTHER.c.actor if where.kind is None else _beside(OTHER.c.actor)) == where.actor)
    part = Ranged(OTHER, others, OTHER.c.log_index)
    found: list[Selected] = [(Narrowed([part]), tuple(OTHER.c[name] for name in _ENTRY))]
    if where.kind in (None, events.DECISION_MADE):
        narrowed = decisions(Where(actor=where.actor, since=where.since, until=where.until), within)
        found.append((narrowed, columns))
    return found


def _beside(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Write a column so that no database takes an index on it for better than the leading one."""
    return column + 0 if isinstance(column.type, sa.Integer) else column.concat("")


def _inside(within: Stretch, index: Index) -> list[Condition]:
    return [index >= within.first, index < within.end]


def _between(where: Where | WhereEntry, at: sa.ColumnElement[str]) -> list[Condition]:
    conditions = [] if where.since is None else [at >= where.since]
    return conditions if where.until is None else [*conditions, at < where.until]
