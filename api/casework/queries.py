"""Reads of casework's tables. Nothing here writes, and nothing here opens a seal."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from api.casework import events
from api.casework.states import Action, State
from api.casework.tables import CASE, CASE_EVENT, replaced

_JUDGING = [events.KIND[each] for each in (Action.RECOMMEND, Action.DECLINE, Action.CONCLUDE)]

_LIVE = [State.OPEN, State.CLAIMED, State.WAITING]

_REPLACED_BY = sa.select(CASE.c.decision).where(CASE.c.new_decision == sa.bindparam("decision"), replaced(CASE))
_BY_ID = sa.select(CASE.c.id, CASE.c.log_index, CASE.c.opened_index, CASE.c.subject, CASE.c.owner)
_JUDGES = (
    sa.select(CASE_EVENT.c.actor)
    .distinct()
    .join(CASE, CASE.c.id == CASE_EVENT.c.case_id)
    .where(CASE.c.decision == sa.bindparam("decision"), CASE_EVENT.c.kind.in_(_JUDGING))
)


class FoundCase(msgspec.Struct, frozen=True):
    """Where a case stands in the log, and whose it is."""

    id: str
    log_index: int
    opened_index: int
    subject: str
    owner: str


class Step(msgspec.Struct, frozen=True):
    """One step of a case."""

    version: int
    index: int
    kind: str
    actor: str
    at: str


def case(connection: sa.Connection, case_id: str) -> FoundCase | None:
    """Find a case by its id."""
    row = connection.execute(_BY_ID.where(CASE.c.id == case_id)).first()
    return FoundCase(*row) if row else None


def unconcluded(connection: sa.Connection, decision: str, kind: str) -> str | None:
    """Find the id of the case of a kind about a decision that is not concluded yet."""
    chosen = sa.select(CASE.c.id).where(CASE.c.decision == decision, CASE.c.kind == kind, CASE.c.concluded_at == "")
    found: str | None = connection.execute(chosen).scalar()
    return found


def steps(connection: sa.Connection, case_id: str) -> list[Step]:
    """Give the steps of a case, the first one first."""
    columns = (CASE_EVENT.c[name] for name in ("version", "log_index", "kind", "actor", "at"))
    chosen = sa.select(*columns).where(CASE_EVENT.c.case_id == case_id).order_by(CASE_EVENT.c.version)
    return [Step(*row) for row in connection.execute(chosen)]


def judges(connection: sa.Connection, decision: str) -> set[str]:
    """Name who recommended, declined or concluded in any case about a decision."""
    return set(connection.execute(_JUDGES, {"decision": decision}).scalars())


def replacement(connection: sa.Connection, decision: str) -> str | None:
    """Find the decision that took the place of a decision, if one did."""
    chosen = sa.select(CASE.c.new_decision).where(CASE.c.decision == decision, CASE.c.new_decision != "")
    found: str | None = connection.execute(chosen).scalar()
    return found


def replaced_by(connection: sa.Connection, decision: str) -> str | None:
    """Find the decision that a decision took the place of."""
    found: str | None = connection.execute(_REPLACED_BY, {"decision": decision}).scalar()
    return found


def overdue(connection: sa.Connection, moment: str) -> list[str]:
    """Name the cases that should have been answered before a moment, and are not escalated; the latest due last."""
    late = CASE.c.due_at <= moment, CASE.c.escalated.is_(sa.false())
    chosen = sa.select(CASE.c.id).where(CASE.c.state.in_(_LIVE), *late)
    return list(connection.execute(chosen.order_by(CASE.c.due_at, CASE.c.opened_index)).scalars())


def live(connection: sa.Connection) -> list[tuple[str, str]]:
    """Give every case that is not concluded, with its subject."""
    chosen = sa.select(CASE.c.id, CASE.c.subject).where(CASE.c.state.in_(_LIVE)).order_by(CASE.c.opened_index)
    return [(row.id, row.subject) for row in connection.execute(chosen)]
