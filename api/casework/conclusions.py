"""How a case ends: alone or by two people, with another decision where the result asks for one."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from api import answers
from api import events as entries
from api.accounts.keeping import Decided, Lines
from api.casework import texts
from api.casework.deciding import Weighed, decided
from api.casework.desk import Desk, Done, Order
from api.casework.queries import FoundCase
from api.casework.rulebook import Rulebook
from api.casework.schemas import Conclusion
from api.casework.states import Action, Case, Result
from api.casework.weighing import Weighing
from api.errors import InvalidBody, Mistake
from api.events import Origin
from api.ledger import Ledger
from api.personal import Purpose
from api.reads import Reading
from api.roles import Principal
from api.schemas import ReviewRef
from engine import Decision

_WITH = frozenset({Result.DECIDE, Result.OVERTURN})  #: results that are another decision
_WITHOUT = frozenset({Result.UPHOLD})


class Ruling(msgspec.Struct, frozen=True):
    """A decision of a person on its way into the log."""

    id: str
    case: Case
    weighed: Weighed
    decision: Decision


class Conclusions:
    """Concludes cases."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, lines: Lines) -> None:
        self._ledger, self._rulebook, self._lines = ledger, rulebook, lines
        self._desk, self._weighing = Desk(ledger), Weighing(ledger)

    def conclude(self, order: Order, body: Conclusion, principal: Principal) -> Done:
        """Conclude a case as `body` says; raise what `Desk.carry_out` raises, or InvalidBody."""
        checked(body, self._rulebook)
        limit_fen = offered_limit(body)
        order = msgspec.structs.replace(order, action=Action.CONCLUDE, facts={"result": body.result})
        case = self._desk.check(order, principal)
        second = self._rulebook.needs_second(case.policy.name, body.result, limit_fen)
        order = msgspec.structs.replace(order, facts={"result": body.result, "second_person": second})
        self._desk.check(order, principal)
        return self._desk.carry_out(self._ruled(order, case, body, principal), principal)

    def _ruled(self, order: Order, case: Case, body: Conclusion, principal: Principal) -> Order:
        """Add to an order the decision it brings, and what is recorded and sealed."""
        facts: dict[str, Any] = {**order.facts, "result": body.result}
        also = order.also
        if body.decision is not None:
            weighed = self._weighing.of(case, Reading(principal.actor, Purpose.REVIEW))
            decision = decided(weighed, body.decision, body.answer)
            ruling = Ruling(self._ledger.new_id(), case, weighed, decision)
            facts |= {"outcome": str(decision.outcome), "new_decision": ruling.id}
            also = self._recording(ruling)
        particulars = {**order.particulars, "because": [*body.because]}
        return msgspec.structs.replace(
            order, facts=facts, also=also, particulars=particulars, text=order.text or texts.sealed_text(body)
        )

    def _recording(self, ruling: Ruling) -> Any:
        def record(connection: sa.Connection, found: FoundCase, origin: Origin) -> None:
            self._record(connection, found, Origin(ruling.id, origin.at, origin.actor), ruling)

        return record

    def _record(self, connection: sa.Connection, found: FoundCase, origin: Origin, ruling: Ruling) -> None:
        """Record a person's decision as any other: sealed, with an entry, and the line follows."""
        request, decision, vault = ruling.weighed.request, ruling.decision, self._ledger.log.vault
        review = ReviewRef(ruling.case.id, ruling.case.decision)
        answer = answers.reviewed_bytes(answers.answer_bytes(origin.id, request.subject, decision), review)
        text = answers.seal_text(answers.request_bytes(request), answer)
        sealed = vault.seal(connection, found.subject, origin.id, entries.DECISION_MADE, text)
        fingerprint = self._ledger.fingerprints.of("service", f"decision\n{origin.id}")
        made = entries.decision_made(origin, decision, found.subject, fingerprint, sealed.commitment)
        named = {"owner": found.owner, "review": msgspec.to_builtins(review)}
        self._ledger.record(connection, {**made, **named}, sealed)
        meaning = Decided.of(decision, found.owner, request.facts)
        self._lines.follow(connection, origin, found.subject, meaning)


def checked(body: Conclusion, rulebook: Rulebook) -> None:
    """Raise InvalidBody if a conclusion contradicts itself or gives reasons that are not in the list."""
    rulebook.checked(body.because)
    if body.result is Result.WITHDRAWN:
        remedy = "only who speaks for the applicant withdraws: POST /cases/{id}/withdraw"
        raise InvalidBody(mistakes=[Mistake("result", "a reviewer withdraws nothing", remedy)])
    if body.result in _WITH and body.decision is None:
        remedy = "say what is decided instead"
        raise InvalidBody(mistakes=[Mistake("decision", f"`{body.result}` takes another decision", remedy)])
    if body.result in _WITHOUT and body.decision is not None:
        remedy = "leave it out, or overturn the old one"
        raise InvalidBody(mistakes=[Mistake("decision", f"`{body.result}` leaves the old decision", remedy)])


def offered_limit(body: Conclusion) -> int | None:
    """Give the limit a conclusion offers, in fen."""
    offer = body.decision.offer if body.decision is not None else None
    return offer.limit_fen if offer is not None and isinstance(offer.limit_fen, int) else None
