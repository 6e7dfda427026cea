"""Everything that may be done with a case, as the routes, the command line and the console ask for it."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from api.accounts.keeping import Lines
from api.casework import texts
from api.casework.appeals import Appeals
from api.casework.attachments import Attachments, Limits
from api.casework.conclusions import Conclusions
from api.casework.desk import Desk, Done, Order
from api.casework.errors import ActionRefused
from api.casework.exchange import Exchange
from api.casework.periods import Periods
from api.casework.refusals import Why
from api.casework.rulebook import Rulebook
from api.casework.ruling import Rulings
from api.casework.schemas import AppealRequest, Conclusion, File, Question, Reply, Written
from api.casework.states import Action, Case, Deadline
from api.casework.verdicts import Verdicts
from api.ledger import Ledger
from api.roles import Principal
from engine.reload import LiveEngine


class Asked(msgspec.Struct, frozen=True):
    """Who asks for an action on which case, at which version they saw, and under which idempotency key if any."""

    principal: Principal
    case: str
    versions: frozenset[int]
    key: str = ""


class Actions:
    """The actions, one method each; all raise what `Desk.carry_out` raises."""

    def __init__(
        self, ledger: Ledger, engine: LiveEngine, rulebook: Rulebook, periods: Periods, lines: Lines, limits: Limits
    ) -> None:
        self._ledger, self._rulebook, self._periods = ledger, rulebook, periods
        verdicts = Verdicts(ledger, engine)
        self._desk = Desk(ledger)
        self._conclusions = Conclusions(ledger, rulebook, Rulings(ledger, lines))
        self._exchange = Exchange(ledger, rulebook, periods, verdicts)
        self.appeals = Appeals(ledger, periods, verdicts)
        self.attachments = Attachments(ledger, limits)

    def claim(self, asked: Asked) -> Done:
        """Take a case on, until the lease is over."""
        return self._do(Action.CLAIM, asked, lease=self._rulebook.lease)

    def renew(self, asked: Asked) -> Done:
        """Go on for another lease."""
        return self._do(Action.RENEW, asked, lease=self._rulebook.lease)

    def release(self, asked: Asked) -> Done:
        """Let go of a case; a supervisor may end the lease of another."""
        return self._do(Action.RELEASE, asked)

    def note(self, asked: Asked, body: Written) -> Done:
        """Write something down for the file."""
        return self._write(Action.NOTE, asked, body)

    def ask(self, asked: Asked, body: Question) -> Done:
        """Ask the applicant, and wait for the answer."""
        return self._exchange.ask(self._order(Action.ASK, asked), body, asked.principal)

    def answer(self, asked: Asked, body: Reply) -> Done:
        """Answer for the applicant."""
        return self._exchange.answer(self._order(Action.ANSWER, asked), body, asked.principal)

    def attach(self, asked: Asked, body: File) -> Done:
        """Add a document to the file."""
        return self.attachments.attach(self._order(Action.ATTACH, asked), body, asked.principal)

    def recommend(self, asked: Asked, body: Conclusion) -> Done:
        """Recommend a conclusion to a second person."""
        return self._conclusions.recommend(self._order(Action.RECOMMEND, asked), body, asked.principal)

    def approve(self, asked: Asked) -> Done:
        """Conclude as another person recommended."""
        return self._conclusions.approve(self._order(Action.APPROVE, asked), asked.principal)

    def decline(self, asked: Asked, body: Written) -> Done:
        """Say why not as another person recommended."""
        return self._write(Action.DECLINE, asked, body)

    def conclude(self, asked: Asked, body: Conclusion) -> Done:
        """End a case alone."""
        return self._conclusions.conclude(self._order(Action.CONCLUDE, asked), body, asked.principal)

    def escalate(self, asked: Asked, body: Written) -> Done:
        """Hand a case to the supervisors."""
        return self._write(Action.ESCALATE, asked, body)

    def extend(self, asked: Asked, body: Written) -> Done:
        """Put the deadline off, once more and by as much as the jurisdiction grants."""
        order = replace(self._order(Action.EXTEND, asked), body=texts.body_bytes(body))
        if (done := self._desk.done(order, asked.principal)) is not None:
            return done
        deadline = self._later(self._desk.check(order, asked.principal))
        return self._desk.carry_out(replace(order, facts={"deadline": deadline}), asked.principal)

    def tried(self, action: Action, asked: Asked, body: object = None) -> None:
        """Raise what an action would be refused with now, without doing it: for a page on which it is checked first.

        A conclusion is held against all the policy asks of it, which opens the facts and so is a recorded read.
        """
        order = self._order(action, asked)
        if isinstance(body, Conclusion):
            self._conclusions.tried(order, body, asked.principal)
            return
        case = self._desk.check(order, asked.principal)
        if action is Action.EXTEND:
            self._later(case)

    def withdraw(self, asked: Asked, body: Written) -> Done:
        """End a case because the applicant wants it no more."""
        return self._write(Action.WITHDRAW, asked, body)

    def file(self, principal: Principal, body: AppealRequest, key: str) -> Done:
        """Open an appeal; see `Appeals.file`."""
        return self.appeals.file(body, principal, key)

    def _later(self, case: Case) -> Deadline:
        """Give the last day after one more extension; raise ActionRefused if the jurisdiction grants none."""
        if (deadline := self._periods.put_off(case.kind, case.opened_at, case.extended)) is None:
            raise ActionRefused(Action.EXTEND, Why.NO_EXTENSION)
        return deadline

    def _do(self, action: Action, asked: Asked, **facts: object) -> Done:
        return self._desk.carry_out(replace(self._order(action, asked), facts=facts), asked.principal)

    def _write(self, action: Action, asked: Asked, body: Written) -> Done:
        order = replace(self._order(action, asked), body=texts.body_bytes(body))
        return self._desk.carry_out(order, asked.principal)

    def _order(self, action: Action, asked: Asked) -> Order:
        # No header holds a line break, so a key that came with a decision or an appeal is another one here.
        key = self._ledger.fingerprints.of(asked.principal.actor, f"case\n{asked.key}") if asked.key else ""
        return Order(action, asked.case, asked.versions, key)
