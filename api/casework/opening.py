"""How a case comes to be: by itself in the transaction of the decision that sends it to a person, or by an appeal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from api.automation.referral import AUTOMATION_REFUSED
from api.casework import events, queries
from api.casework.periods import Periods
from api.casework.states import Case, CaseKind, Cause, Deadline, State, whole_milliseconds
from api.events import Entry, Origin
from api.ledger import Ledger
from engine.decision import PolicyRef


def review_of(decided: Entry, ledger: Ledger, periods: Periods) -> Entry:
    """Give the entry that opens the review of the decision that `decided`, a `decision_made`, records."""
    refused = AUTOMATION_REFUSED in decided["reasons"]
    cause = Cause.AUTOMATION_REFUSED if refused else Cause.REFERRED
    at = dt.datetime.fromisoformat(decided["at"])
    origin = Origin(ledger.new_id(), at, "service")
    deadline = periods.of_case(CaseKind.REVIEW, at)
    case = opened(origin, CaseKind.REVIEW, cause, decided, deadline)  # nobody can have judged what is new
    return events.transition(origin, events.REVIEW_OPENED, decided["subject"], case)


def opened(
    origin: Origin,
    kind: CaseKind,
    cause: Cause,
    decided: Entry,
    deadline: Deadline,
    *,
    judges: Collection[str] = (),
    wants_person: bool = False,
) -> Case:
    """Give a case at its beginning; whoever files, asked or judged before is barred from reviewing it. Pure."""
    owner = decided.get("owner", decided["actor"])
    barred = {owner, origin.actor, *judges} - {"service"}
    return Case(
        id=origin.id,
        kind=kind,
        cause=cause,
        version=1,
        state=State.OPEN,
        decision=decided["id"],
        outcome=decided["outcome"],
        policy=msgspec.convert(decided["policy"], PolicyRef),
        owner=owner,
        opened_by=origin.actor,
        opened_at=whole_milliseconds(origin.at),
        due_on=deadline.on,
        due_at=deadline.at,
        barred=tuple(sorted(barred)),
        wants_person=wants_person,
    )


def took_part(connection: sa.Connection, decision: str) -> set[str]:
    """Name who judged in any case about a decision, or about one it goes back to."""
    return {actor for each in _lineage(connection, decision) for actor in queries.judges(connection, each)}


def _lineage(connection: sa.Connection, decision: str) -> Iterator[str]:
    """Give a decision and those it took the place of, the newest first."""
    found: Any = decision
    while found is not None:
        yield found
        found = queries.replaced_by(connection, found)
