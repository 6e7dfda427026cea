"""A case as somebody sees it: how it stands, what happened, what may be done by them and why not. Nothing sealed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from api import pages
from api.casework.desk import Desk, Loaded, who
from api.casework.events import APPEAL_FILED, KIND, REVIEW_OPENED
from api.casework.periods import Periods
from api.casework.queries import steps
from api.casework.refusals import Why, refusal
from api.casework.rulebook import Rulebook
from api.casework.schemas import CaseState
from api.casework.states import Action, Case, CaseKind, Result
from api.casework.transitions import Act, why_not
from api.ledger import Ledger
from api.roles import Permission, Principal
from api.schemas import DecisionSummary
from api.tables import DECISION
from engine.decision import PolicyRef

#: What who speaks for the applicant is shown of a case's history; the rest is the house's own deliberation.
SHOWN = frozenset(
    {
        *(REVIEW_OPENED, APPEAL_FILED),
        *(KIND[each] for each in (Action.ASK, Action.ANSWER, Action.EXTEND, Action.CONCLUDE, Action.WITHDRAW)),
    }
)


class VerdictCodes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a policy says to the facts as they were put right."""

    verdict: str
    because: tuple[str, ...]
    outcome: str
    reasons: tuple[str, ...]
    policy: PolicyRef


class BothVerdicts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By the policy that decided then, and by the one in force when it was asked; null where none was."""

    then: VerdictCodes
    now: VerdictCodes | None = None


class HistoryStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a case, in codes."""

    version: int
    kind: str
    at: str
    actor: str | None  #: null where it is none of the caller's business
    index: int
    because: tuple[str, ...] = ()  #: reason codes of a conclusion
    asks: tuple[str, ...] = ()  #: facts that were asked for
    corrected: tuple[str, ...] = ()  #: facts that were put right
    media_type: str | None = None  #: of a document; it is at /cases/{id}/attachments/{index}
    size: int | None = None  #: bytes


class Possible(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the caller may take an action now; if not, why, and what to do about it."""

    action: Action
    allowed: bool
    why: str | None
    message: str | None
    remedy: str | None


class CaseView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All about a case that is not sealed."""

    case: CaseState
    overdue: bool
    decision: DecisionSummary  #: what it is about
    new_decision: DecisionSummary | None
    verdicts: BothVerdicts | None  #: of the newest facts that were put right
    history: list[HistoryStep]
    actions: list[Possible]


class Viewing:
    """Shows cases."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, periods: Periods) -> None:
        self._ledger, self._rulebook, self._periods = ledger, rulebook, periods
        self._desk = Desk(ledger)

    def of(self, case_id: str, principal: Principal) -> CaseView:
        """Show a case to a caller; raise NotFound."""
        now = self._ledger.now()
        with self._ledger.log.engine.connect() as connection:
            loaded = self._desk.load(connection, case_id, principal)
            entries = [*self._entries(connection, loaded)]
            decision = _summary(connection, loaded.case.decision)
            assert decision is not None  # the case's own leaf names it
            newer = _summary(connection, loaded.case.new_decision) if loaded.case.new_decision else None
        case, staff = loaded.case.seen(now), principal.may(Permission.READ_CASES)
        return CaseView(
            case=CaseState.of(case, staff=staff),
            overdue=case.overdue(now),
            decision=decision,
            new_decision=newer,
            verdicts=_verdicts(entries) if staff else None,
            history=[step for index, entry in entries if (step := _step(index, entry, principal, staff)) is not None],
            actions=[*self._possible(case, principal, now)],
        )

    def _entries(self, connection: sa.Connection, loaded: Loaded) -> Iterator[tuple[int, dict[str, Any]]]:
        for step in steps(connection, loaded.case.id):
            yield step.index, msgspec.json.decode(self._ledger.log.read(connection, step.index))

    def _possible(self, case: Case, principal: Principal, now: dt.datetime) -> Iterator[Possible]:
        for action in Action:
            why = self._why_not(case, action, principal, now)
            told = (None, None, None) if why is None else refusal(why)
            yield Possible(action, why is None, *told)

    def _why_not(self, case: Case, action: Action, principal: Principal, now: dt.datetime) -> Why | None:
        """Ask the state machine, as far as it can be asked before anybody says how the case should end."""
        plain = Result.DECIDE if case.kind is CaseKind.REVIEW else Result.UPHOLD
        second = self._rulebook.needs_second(case.policy.name, plain, None)
        found = why_not(case, Act(action, who(principal, case), now, second_person=second, attachments_limit=2**53))
        if found is None and action is Action.EXTEND:
            left = self._periods.put_off(case.kind, case.opened_at, case.extended)
            return Why.NO_EXTENSION if left is None else None
        return found


def _step(index: int, entry: Mapping[str, Any], principal: Principal, staff: bool) -> HistoryStep | None:
    own = entry["actor"] == principal.actor
    if not (staff or own or entry["kind"] in SHOWN):
        return None
    lists = {name: tuple(entry.get(name, ())) for name in ("because", "asks", "corrected")}
    return HistoryStep(
        version=entry["case"]["version"],
        kind=entry["kind"],
        at=entry["at"],
        actor=entry["actor"] if staff or own else None,
        index=index,
        media_type=entry.get("media_type"),
        size=entry.get("size"),
        **lists,
    )


def _verdicts(entries: list[tuple[int, dict[str, Any]]]) -> BothVerdicts | None:
    found = [entry["verdicts"] for _, entry in entries if entry.get("verdicts")]
    return msgspec.convert(found[-1], BothVerdicts) if found else None


def _summary(connection: sa.Connection, decision: str) -> DecisionSummary | None:
    row = connection.execute(sa.select(*DECISION.c).where(DECISION.c.id == decision)).first()
    return None if row is None else pages.summary(row)
