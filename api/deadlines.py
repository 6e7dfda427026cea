"""How the clocks of decisions stand: which run, which are met and by what, which are overdue.

When a clock ends follows from the decision and the jurisdiction's pack; what ended it is an entry. So nothing is stored
about clocks themselves, and a pack that is put right counts for decisions made before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from api.casework.states import CaseKind
from api.casework.tables import CASE
from api.clocks import Clocks, Due
from api.ledger import Ledger
from api.letters.tables import NOTICE
from api.tables import DECISION
from engine.policy import Outcome

Standing = Literal["running", "overdue", "met", "met_late", "open"]
_BEGINNING = [str(each) for each in Outcome if not each.favourable]


class DecisionClock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One clock that a decision or a matter began."""

    due: Due
    state: Standing  #: `open`: nothing we do ends it, such as the applicant's own time to ask
    met_on: dt.date | None = None  #: the day on which what was due was done
    index: int | None = None  #: the entry that says so


class DecisionClocks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All clocks of a decision, the first to end first."""

    decision: str
    jurisdiction: str
    zone: str
    items: list[DecisionClock]


class Running(msgspec.Struct, frozen=True):
    """A clock that still runs, for a list."""

    decision: str  #: the id of the decision, or of the matter, that began it
    policy: str  #: `matter` where it is one
    outcome: str  #: of a matter: what it is
    due: Due
    overdue: bool


class Deadlines:
    """Reads how clocks stand."""

    def __init__(self, ledger: Ledger, clocks: Clocks) -> None:
        self._ledger, self._clocks = ledger, clocks

    def of(self, index: int) -> DecisionClocks:
        """Give the clocks that the decision at `index` began."""
        with self._ledger.log.engine.connect() as connection:
            row = connection.execute(sa.select(DECISION).where(DECISION.c.log_index == index)).mappings().one()
            dues = self._clocks.of_decision(row["outcome"], row["policy"], _moment(row["decided_at"]))
            items = [self._stands(connection, row["id"], due) for due in dues]
        return DecisionClocks(row["id"], self._clocks.pack.jurisdiction, self._clocks.pack.zone, items)

    def running(self, limit: int, *, overdue: bool = False) -> list[Running]:
        """Give up to `limit` clocks that nothing has ended yet, of the oldest decisions; only overdue ones if asked.

        The first to end comes first.
        """
        found: list[Running] = []
        with self._ledger.log.engine.connect() as connection:
            for row in self._unanswered(connection):
                found += [each for each in self._runs(connection, row) if each.overdue or not overdue]
                if len(found) >= limit:
                    break
        return sorted(found[:limit], key=lambda each: each.due.at)

    def _runs(self, connection: sa.Connection, row: Any) -> Iterator[Running]:
        for due in self._clocks.of_decision(row["outcome"], row["policy"], _moment(row["decided_at"])):
            stands = self._stands(connection, row["id"], due)
            if stands.state in ("running", "overdue"):
                yield Running(row["id"], row["policy"], row["outcome"], stands.due, stands.state == "overdue")

    def _unanswered(self, connection: sa.Connection) -> Iterator[Any]:
        """Give decisions that began a clock and have neither a notice nor, where a person was to decide, an answer."""
        told = sa.select(NOTICE.c.decision)
        done = sa.select(CASE.c.decision).where(CASE.c.kind == CaseKind.REVIEW, CASE.c.concluded_at != "")
        waits = sa.case(
            (DECISION.c.outcome == Outcome.REFER, DECISION.c.id.not_in(done)), else_=DECISION.c.id.not_in(told)
        )
        chosen = sa.select(DECISION).where(DECISION.c.outcome.in_(_BEGINNING), waits).order_by(DECISION.c.log_index)
        yield from connection.execute(chosen).mappings()

    def _stands(self, connection: sa.Connection, decision: str, due: Due) -> DecisionClock:
        if due.met_by == "notice":
            return self._by_notice(connection, decision, due)
        if due.met_by == "conclusion":
            return self._by_conclusion(connection, decision, due)
        return DecisionClock(due, "open")

    def _by_notice(self, connection: sa.Connection, decision: str, due: Due) -> DecisionClock:
        first = sa.select(NOTICE.c.issued_on, NOTICE.c.log_index).where(NOTICE.c.decision == decision)
        row = connection.execute(first.order_by(NOTICE.c.issued_on, NOTICE.c.log_index)).first()
        return self._judged(due) if row is None else met(due, dt.date.fromisoformat(row[0]), row[1])

    def _by_conclusion(self, connection: sa.Connection, decision: str, due: Due) -> DecisionClock:
        """Judge by the case: its deadline may have been put off."""
        mine = sa.select(CASE).where(CASE.c.decision == decision, CASE.c.kind == CaseKind.REVIEW)
        row = connection.execute(mine.order_by(CASE.c.opened_index)).mappings().first()
        if row is None:
            return self._judged(due)
        due = msgspec.structs.replace(due, day=dt.date.fromisoformat(row["due_on"]), at=_moment(row["due_at"]))
        if not row["concluded_at"]:
            return self._judged(due)
        return met(due, self._clocks.day(_moment(row["concluded_at"])), row["log_index"])

    def _judged(self, due: Due) -> DecisionClock:
        return judged(due, self._ledger.now())


def judged(due: Due, now: dt.datetime) -> DecisionClock:
    """Say how a clock stands that nothing has ended yet."""
    return DecisionClock(due, "overdue" if due.overdue(now) else "running")


def met(due: Due, day: dt.date, index: int | None) -> DecisionClock:
    """Say how a clock stands that was ended on a day."""
    return DecisionClock(due, "met" if day <= due.day else "met_late", day, index)


def _moment(written: str) -> dt.datetime:
    return dt.datetime.fromisoformat(written)
