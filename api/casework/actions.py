"""Everything that may be done with a case, as the routes, the command line and the console ask for it."""

from __future__ import annotations

import msgspec

from api.accounts.keeping import Lines
from api.casework.conclusions import Conclusions
from api.casework.desk import Desk, Done, Order
from api.casework.rulebook import Rulebook
from api.casework.schemas import Conclusion
from api.casework.states import Action
from api.ledger import Ledger
from api.roles import Principal


class Asked(msgspec.Struct, frozen=True):
    """Who asks for an action on which case, at which version they saw, and under which idempotency key if any."""

    principal: Principal
    case: str
    versions: frozenset[int]
    key: str = ""


class Actions:
    """The actions, one method each; all raise what `Desk.carry_out` raises."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, lines: Lines) -> None:
        self._ledger, self._rulebook = ledger, rulebook
        self._desk = Desk(ledger)
        self._conclusions = Conclusions(ledger, rulebook, lines)

    def claim(self, asked: Asked) -> Done:
        """Take a case on, until the lease is over."""
        return self._do(Action.CLAIM, asked, lease=self._rulebook.lease)

    def renew(self, asked: Asked) -> Done:
        """Go on for another lease."""
        return self._do(Action.RENEW, asked, lease=self._rulebook.lease)

    def release(self, asked: Asked) -> Done:
        """Let go of a case; a supervisor may end the lease of another."""
        return self._do(Action.RELEASE, asked)

    def conclude(self, asked: Asked, body: Conclusion) -> Done:
        """End a case, alone."""
        return self._conclusions.conclude(self._order(Action.CONCLUDE, asked), body, asked.principal)

    def _do(self, action: Action, asked: Asked, **facts: object) -> Done:
        order = msgspec.structs.replace(self._order(action, asked), facts=facts)
        return self._desk.carry_out(order, asked.principal)

    def _order(self, action: Action, asked: Asked) -> Order:
        return Order(action, asked.case, asked.versions, self._fingerprint(asked))

    def _fingerprint(self, asked: Asked) -> str:
        return self._ledger.fingerprints.of(asked.principal.actor, asked.key) if asked.key else ""
