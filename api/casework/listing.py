"""The queue: cases as they stand at a moment, narrowed and in order, page by page.

A page begins after the last case of the page before, by due instant or by opening. A case that changes between two
pages may move; one that stands still is neither repeated nor skipped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from api.casework.states import State
from api.casework.tables import CASE
from api.cursor import Cursor, Cursors
from api.events import instant

Order = Literal["due", "newest", "oldest"]
Condition = sa.ColumnElement[bool]

_EQUAL = ("kind", "policy", "decision", "owner", "opened_by")


class WhichCases(msgspec.Struct, frozen=True, omit_defaults=True):
    """What cases are narrowed to; None leaves it open, several narrow together."""

    state: State | None = None
    kind: str | None = None
    policy: str | None = None
    policies: tuple[str, ...] | None = None  #: those a narrowed key may see
    decision: str | None = None
    owner: str | None = None
    opened_by: str | None = None
    holder: str | None = None  #: the actor who has claimed it
    unclaimed: bool = False  #: live, and nobody holds it
    due_before: str | None = None  #: an instant, as entries write them
    escalated: bool | None = None
    recommended: bool | None = None  #: a second person is waited for
    inside: bool = True  #: whether who works on a case, and what they recommend, is the reader's business


class CaseItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case in a list."""

    id: str
    kind: str
    cause: str
    state: str
    version: int
    decision: str
    outcome: str
    policy: str
    policy_version: int
    opened_at: str
    due_on: str
    due_at: str
    overdue: bool
    holder: str | None
    escalated: bool
    recommended: bool
    result: str | None
    new_decision: str | None
    concluded_at: str | None
    index: int  #: its newest entry


class CasePage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of cases; `next` is null on the last one."""

    items: list[CaseItem]
    next: str | None


class Turned(msgspec.Struct, frozen=True):
    """Which page, in which order."""

    order: Order
    limit: int
    cursor: str | None = None


def page(connection: sa.Connection, cursors: Cursors, which: WhichCases, turned: Turned, now: dt.datetime) -> CasePage:
    """Give a page of the cases as they stand `now`; raise InvalidParameter if the cursor is not of this search."""
    moment = instant(now)
    search = ("cases", msgspec.to_builtins(which), turned.order)
    conditions = [*_conditions(which, moment)]
    if turned.cursor is not None:
        conditions.append(_beyond(cursors.read(search, turned.cursor), turned.order))
    chosen = sa.select(CASE).where(*conditions).order_by(*_ordered(turned.order)).limit(turned.limit + 1)
    rows = connection.execute(chosen).all()
    shown = rows[: turned.limit]
    following = cursors.write(search, _place(shown[-1])) if len(rows) > turned.limit else None
    return CasePage([_item(row, moment, inside=which.inside) for row in shown], following)


def count(connection: sa.Connection, which: WhichCases, now: dt.datetime) -> int:
    """Say how many cases there are."""
    chosen = sa.select(sa.func.count()).select_from(CASE).where(*_conditions(which, instant(now)))
    return int(connection.execute(chosen).scalar_one())


def _conditions(which: WhichCases, moment: str) -> Sequence[Condition]:
    lapsed = sa.and_(CASE.c.state == State.CLAIMED, CASE.c.lease_until <= moment)
    found = [CASE.c[name] == value for name in _EQUAL if (value := getattr(which, name)) is not None]
    if which.policies is not None:
        found.append(CASE.c.policy.in_(which.policies))
    match which.state:
        case State.OPEN:
            found.append(sa.or_(CASE.c.state == State.OPEN, lapsed))
        case State.CLAIMED:
            found += [CASE.c.state == State.CLAIMED, CASE.c.lease_until > moment]
        case State():
            found.append(CASE.c.state == which.state)
    if which.unclaimed:
        nobody = sa.and_(CASE.c.holder == "", CASE.c.state != State.CONCLUDED)
        found.append(sa.or_(nobody, lapsed))
    if which.holder is not None:
        found += [CASE.c.holder == which.holder, sa.not_(lapsed)]
    if which.due_before is not None:
        found.append(CASE.c.due_at < which.due_before)
    if which.escalated is not None:
        found.append(CASE.c.escalated.is_(which.escalated))
    if which.recommended is not None:
        waits = sa.and_(CASE.c.recommended_by != "", CASE.c.state != State.CONCLUDED)
        found.append(waits if which.recommended else sa.not_(waits))
    return found


def _ordered(order: Order) -> Sequence[sa.ColumnElement[Any]]:
    if order == "due":
        return CASE.c.due_at.asc(), CASE.c.opened_index.asc()
    return (CASE.c.opened_index.desc() if order == "newest" else CASE.c.opened_index.asc(),)


def _place(row: sa.Row[Any]) -> Cursor:
    """Mark a row: its due instant in milliseconds, and its opening."""
    return Cursor(round(dt.datetime.fromisoformat(row.due_at).timestamp() * 1_000), row.opened_index)


def _beyond(place: Cursor, order: Order) -> Condition:
    if order == "newest":
        return CASE.c.opened_index < place.index
    if order == "oldest":
        return CASE.c.opened_index > place.index
    due = instant(dt.datetime.fromtimestamp(place.size / 1_000, dt.UTC))
    return sa.or_(CASE.c.due_at > due, sa.and_(CASE.c.due_at == due, CASE.c.opened_index > place.index))


def _item(row: sa.Row[Any], moment: str, *, inside: bool) -> CaseItem:
    lapsed = row.state == State.CLAIMED and row.lease_until <= moment
    return CaseItem(
        id=row.id,
        kind=row.kind,
        cause=row.cause,
        state=State.OPEN if lapsed else row.state,
        version=row.version,
        decision=row.decision,
        outcome=row.outcome,
        policy=row.policy,
        policy_version=row.policy_version,
        opened_at=row.opened_at,
        due_on=row.due_on,
        due_at=row.due_at,
        overdue=row.state != State.CONCLUDED and row.due_at <= moment,
        holder=None if lapsed or not inside else row.holder or None,
        escalated=row.escalated,
        recommended=inside and bool(row.recommended_by) and row.state != State.CONCLUDED,
        result=row.result or None,
        new_decision=row.new_decision or None,
        concluded_at=row.concluded_at or None,
        index=row.log_index,
    )
