"""Questions to the applicant and their answers; facts an answer puts right are decided on again at once."""

from __future__ import annotations

from msgspec.structs import replace

from api.casework import texts
from api.casework.desk import Desk, Done, Order
from api.casework.periods import Periods
from api.casework.rulebook import Rulebook
from api.casework.schemas import Question, Reply
from api.casework.verdicts import Verdicts
from api.errors import InvalidBody, Mistake
from api.kept import kept_policies
from api.ledger import Ledger
from api.personal import Purpose
from api.reads import Reading
from api.roles import Principal


class Exchange:
    """Asks and answers."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, periods: Periods, verdicts: Verdicts) -> None:
        self._ledger, self._rulebook, self._periods, self._verdicts = ledger, rulebook, periods, verdicts
        self._desk = Desk(ledger)

    def ask(self, order: Order, body: Question, principal: Principal) -> Done:
        """Ask the applicant, and wait; raise InvalidBody if a fact is asked for that the policy does not know."""
        deadline = self._periods.of_answer(self._ledger.now())
        order = replace(order, body=texts.body_bytes(body), facts={"deadline": deadline})
        if (done := self._desk.done(order, principal)) is not None:
            return done
        case = self._desk.check(order, principal)
        known = kept_policies(self._ledger, case.policy.digest).vocabulary.facts
        if wrong := [name for name in body.facts if name not in known]:
            remedy = f"policy `{case.policy.name}` knows: {', '.join(known)}"
            mistakes = [Mistake("facts", f"`{name[:80]}` is no fact of the policy", remedy) for name in wrong]
            raise InvalidBody(mistakes=mistakes)
        return self._desk.carry_out(replace(order, particulars={"asks": [*body.facts]}), principal)

    def answer(self, order: Order, body: Reply, principal: Principal) -> Done:
        """Answer for the applicant; raise FactsError or InvalidBody if a fact put right cannot be taken."""
        order = replace(order, body=texts.body_bytes(body), facts={"lease": self._rulebook.lease})
        if (done := self._desk.done(order, principal)) is not None:
            return done
        case = self._desk.check(order, principal)
        if body.facts:
            reading = Reading(principal.actor, Purpose.REPLAY)
            found = self._verdicts.of_case(case, body.facts, reading)
            particulars = {"corrected": sorted(body.facts), "verdicts": found.codes}
            order = replace(order, particulars=particulars, added={"verdicts": found.told})
        return self._desk.carry_out(order, principal)
