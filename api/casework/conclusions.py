"""How a case ends: by one person, or by a second one who agrees to what the first recommends.

Whoever may conclude is checked before anything sealed is opened, and once more in the transaction.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from api.casework import queries, texts
from api.casework.deciding import decided
from api.casework.desk import Desk, Done, Order
from api.casework.rulebook import Rulebook
from api.casework.ruling import Ruling, Rulings
from api.casework.schemas import Answer, Conclusion, NewDecision
from api.casework.states import Action, Case, Result
from api.casework.weighing import Weighing
from api.errors import InvalidBody, Mistake
from api.ledger import Ledger
from api.personal import Purpose
from api.reads import Reading, Reads
from api.roles import Principal

_WITH = frozenset({Result.DECIDE, Result.OVERTURN})  #: results that are another decision
_WITHOUT = frozenset({Result.UPHOLD})


class Conclusions:
    """Concludes cases."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, rulings: Rulings) -> None:
        self._ledger, self._rulebook, self._rulings = ledger, rulebook, rulings
        self._desk, self._weighing = Desk(ledger), Weighing(ledger)

    def conclude(self, order: Order, body: Conclusion, principal: Principal) -> Done:
        """Conclude a case alone; raise what `Desk.carry_out` raises, or InvalidBody."""
        checked(body, self._rulebook)
        order = replace(order, body=texts.body_bytes(body), facts={"result": body.result})
        if (done := self._desk.done(order, principal)) is not None:
            return done
        order, case = self._alone(order, body, principal)
        return self._desk.carry_out(self._ruled(order, case, body, principal), principal)

    def recommend(self, order: Order, body: Conclusion, principal: Principal) -> Done:
        """Recommend a conclusion to a second person; it must be one that could be carried out."""
        checked(body, self._rulebook)
        order = replace(order, body=texts.body_bytes(body), facts={"result": body.result})
        if (done := self._desk.done(order, principal)) is not None:
            return done
        case = self._desk.check(order, principal)
        outcome = str(body.decision.outcome) if body.decision is not None else None
        if body.decision is not None:
            self._ruling(case, body.decision, body.answer, principal)
        particulars = {"because": [*body.because]}
        return self._desk.carry_out(
            replace(order, facts={**order.facts, "outcome": outcome}, particulars=particulars), principal
        )

    def approve(self, order: Order, principal: Principal) -> Done:
        """Conclude a case exactly as another person recommended."""
        if (done := self._desk.done(order, principal)) is not None:
            return done
        case = self._desk.check(order, principal)
        assert case.recommendation is not None  # the state machine asks for one
        body = self._recommended(case, principal)
        order = replace(order, body=texts.body_bytes(body), particulars={"recommended_by": case.recommendation.by})
        return self._desk.carry_out(self._ruled(order, case, body, principal), principal)

    def tried(self, order: Order, body: Conclusion, principal: Principal) -> None:
        """Raise what concluding or recommending so would be refused with now; nothing is done but a recorded read."""
        checked(body, self._rulebook)
        order = replace(order, facts={"result": body.result})
        if order.action is Action.CONCLUDE:
            order, case = self._alone(order, body, principal)
        else:
            case = self._desk.check(order, principal)
        if body.decision is not None:
            self._rulings.tried(self._ruling(case, body.decision, body.answer, principal))

    def _alone(self, order: Order, body: Conclusion, principal: Principal) -> tuple[Order, Case]:
        """Hold a conclusion against the state machine, whose answer depends on whether it takes a second person."""
        case = self._desk.check(order, principal)
        second = self._rulebook.needs_second(case.policy.name, body.result, offered_limit(body))
        order = replace(order, facts={**order.facts, "second_person": second})
        self._desk.check(order, principal)
        return order, case

    def _recommended(self, case: Case, principal: Principal) -> Conclusion:
        """Open what was recommended."""
        assert case.recommendation is not None
        with self._ledger.log.engine.connect() as connection:
            steps = queries.steps(connection, case.id)
        index = next(step.index for step in steps if step.version == case.recommendation.version)
        sealed = texts.read(Reads(self._ledger).open(index, _reviewing(principal)))
        return msgspec.json.decode(sealed.body, type=Conclusion)

    def _ruled(self, order: Order, case: Case, body: Conclusion, principal: Principal) -> Order:
        """Add to an order what of the conclusion is recorded, and the decision it brings."""
        facts: dict[str, Any] = {**order.facts, "result": body.result}
        order = replace(order, facts=facts, particulars={**order.particulars, "because": [*body.because]})
        if body.decision is None:
            return order
        ruling = self._ruling(case, body.decision, body.answer, principal)
        facts |= {"outcome": str(body.decision.outcome), "new_decision": ruling.id}
        return replace(order, facts=facts, also=self._rulings.recording(ruling))

    def _ruling(self, case: Case, new: NewDecision, answer: Answer, principal: Principal) -> Ruling:
        """Take the decision on all that is known now; raise InvalidBody if the policy's bounds do not allow it."""
        weighed = self._weighing.of(case, _reviewing(principal))
        return Ruling(self._ledger.new_id(), case, weighed, decided(weighed, new, answer))


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


def _reviewing(principal: Principal) -> Reading:
    return Reading(principal.actor, Purpose.REVIEW)
