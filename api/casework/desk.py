"""The one way a case changes: each action is one transaction of the log's only writer.

Inside it the case is read, held against the version the caller saw, the state machine asked, the entry appended, and
the read models follow. Beside it only openings append (`opening`, `appeals`); a test of the syntax tree holds it so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from api import queries as decisions
from api.casework import events, queries, texts
from api.casework.effects import after
from api.casework.errors import ActionRefused
from api.casework.queries import FoundCase
from api.casework.repeats import hold_against, reused
from api.casework.states import Action, Case, State, Who, whole_milliseconds
from api.casework.transitions import Act, why_not
from api.errors import Mistake, NotFound, Stale
from api.events import Origin
from api.ledger import Ledger
from api.roles import Permission, Principal
from audit import Erased

Also = Callable[[sa.Connection, FoundCase, Origin], None]
"""What belongs to an action beside its own entry, and has to be in the log with it or not at all."""

OVERDUE = "overdue"  #: why the service itself escalates
SUBJECT_ERASED = "subject_erased"  #: why it withdraws
SERVICE = Who("service", works=True, supervises=True, party=True)


def _nothing(_connection: sa.Connection, _found: FoundCase, _origin: Origin) -> None:
    """Most actions bring nothing else with them."""


class Order(msgspec.Struct, frozen=True):
    """An action as it was asked for."""

    action: Action
    case: str
    versions: frozenset[int]  #: the one the caller saw; several if they know it is one of them
    request: str = ""  #: the fingerprint of an idempotency key
    body: bytes = b""  #: what was sent, to be sealed beside the entry; empty if there is nothing to it
    added: Mapping[str, Any] = {}  #: what we add to what is sealed
    particulars: Mapping[str, Any] = {}  #: what the leaf says of it beside the case
    facts: Mapping[str, Any] = {}  #: what the state machine has to know of it, see Act
    also: Also = _nothing


class Done(msgspec.Struct, frozen=True):
    """What an action came to."""

    case: Case
    index: int
    repeated: bool = False  #: an earlier request with the same key did it


class Loaded(msgspec.Struct, frozen=True):
    """A case with its place in the log."""

    found: FoundCase
    case: Case


class Desk:
    """Takes orders."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def carry_out(self, order: Order, principal: Principal) -> Done:
        """Carry an order out, once per request; raise NotFound, Stale, ActionRefused or KeyReused."""
        done = self._ledger.writer.submit(lambda connection: self._carry_out(connection, order, principal)).result()
        return self._same(done, order, principal) if done.repeated else done

    def done(self, order: Order, principal: Principal) -> Done | None:
        """Give what an earlier request with the same key came to, if there was one; raise KeyReused."""
        with self._ledger.log.engine.connect() as connection:
            index = decisions.request(connection, order.request) if order.request else None
            done = None if index is None else self._repeated(connection, order, index)
        return None if done is None else self._same(done, order, principal)

    def check(self, order: Order, principal: Principal) -> Case:
        """Raise what `carry_out` would raise now; give the case as it stands."""
        with self._ledger.log.engine.connect() as connection:
            loaded = self.load(connection, order.case, principal)
        self._allowed(loaded, order, who(principal, loaded.case), self._ledger.now())
        return loaded.case

    def load(self, connection: sa.Connection, case_id: str, principal: Principal) -> Loaded:
        """Read a case that is the caller's to see from the leaf of its newest entry; raise NotFound."""
        found = queries.case(connection, case_id)
        if found is not None and may_see(principal, (loaded := self._loaded(connection, found)).case):
            return loaded
        message = f"no case `{case_id[:80]}` that is yours to see"
        raise NotFound(mistakes=[Mistake("case_id", message, "GET /cases lists those that are")])

    def escalate_overdue(self, case_id: str) -> Done | None:
        """Hand a case that is overdue to the supervisors; None if it is not, or is with them already."""

        def work(connection: sa.Connection) -> Done | None:
            found = queries.case(connection, case_id)
            assert found is not None  # a case is never taken away
            loaded = self._loaded(connection, found)
            case = loaded.case
            if case.escalated or not case.overdue(self._ledger.now()):
                return None
            order = Order(Action.ESCALATE, case_id, frozenset({case.version}), particulars={"because": [OVERDUE]})
            return self._step(connection, loaded, order, SERVICE)

        return self._ledger.writer.submit(work).result()

    def end_erased(self, case_id: str) -> Done | None:
        """End a case whose subject was erased: nothing is left to judge or to answer. None if it was not."""

        def work(connection: sa.Connection) -> Done | None:
            found = queries.case(connection, case_id)
            assert found is not None  # a case is never taken away
            loaded = self._loaded(connection, found)
            if self._living(connection, found) or loaded.case.state is State.CONCLUDED:
                return None
            seen = frozenset({loaded.case.version})
            order = Order(Action.WITHDRAW, case_id, seen, particulars={"because": [SUBJECT_ERASED]})
            return self._step(connection, loaded, order, SERVICE)

        return self._ledger.writer.submit(work).result()

    def _living(self, connection: sa.Connection, found: FoundCase) -> bool:
        return found.subject in self._ledger.log.vault.living(connection, [found.subject])

    def _loaded(self, connection: sa.Connection, found: FoundCase) -> Loaded:
        entry = msgspec.json.decode(self._ledger.log.read(connection, found.log_index))
        return Loaded(found, msgspec.structs.replace(events.read(entry), opened_index=found.opened_index))

    def _carry_out(self, connection: sa.Connection, order: Order, principal: Principal) -> Done:
        if order.request and (index := decisions.request(connection, order.request)) is not None:
            return self._repeated(connection, order, index)
        loaded = self.load(connection, order.case, principal)
        return self._step(connection, loaded, order, who(principal, loaded.case))

    def _step(self, connection: sa.Connection, loaded: Loaded, order: Order, by: Who) -> Done:
        origin = self._ledger.origin(by.actor)
        case = after(loaded.case, self._allowed(loaded, order, by, origin.at))
        if order.body and not self._living(connection, loaded.found):
            raise Erased(loaded.found.opened_index)
        order.also(connection, loaded.found, origin)
        return Done(case, self._append(connection, origin, loaded.found.subject, case, order))

    def _allowed(self, loaded: Loaded, order: Order, by: Who, at: dt.datetime) -> Act:
        case = loaded.case
        if case.version not in order.versions:
            message = f"the case is at version `{case.version}`, and that is not the one you named"
            raise Stale(mistakes=[Mistake("If-Match", message, "read the case again, and decide again")])
        act = Act(order.action, by, whole_milliseconds(at), **order.facts)
        if (why := why_not(case, act)) is not None:
            raise ActionRefused(order.action, why)
        return act

    def _append(self, connection: sa.Connection, origin: Origin, subject: str, case: Case, order: Order) -> int:
        kind = events.KIND[order.action]
        vault = self._ledger.log.vault
        text = texts.sealed_text(order.body, order.added) if order.body else b""
        sealed = vault.seal(connection, subject, origin.id, kind, text) if text else None
        seal = sealed.commitment if sealed else None
        particulars = {"action": str(order.action), **order.particulars}
        entry = events.transition(origin, kind, subject, case, seal=seal, request=order.request, **particulars)
        return self._ledger.record(connection, entry, sealed)

    def _repeated(self, connection: sa.Connection, order: Order, index: int) -> Done:
        entry = msgspec.json.decode(self._ledger.log.read(connection, index))
        if entry.get("action") != order.action or entry.get("case", {}).get("id") != order.case:
            raise reused()
        return Done(events.read(entry), index, repeated=True)

    def _same(self, done: Done, order: Order, principal: Principal) -> Done:
        if order.body:
            hold_against(self._ledger, done.index, order.body, principal.actor)
        return done


def who(principal: Principal, case: Case) -> Who:
    """Say what a caller is to a case."""
    mine = principal.actor == case.owner or principal.may(Permission.SPEAK_FOR_ALL)
    within = principal.may_use(case.policy.name)
    return Who(
        principal.actor,
        works=within and principal.may(Permission.WORK_CASES),
        supervises=within and principal.may(Permission.SUPERVISE_CASES),
        party=mine and principal.may(Permission.APPEAL),
    )


def may_see(principal: Principal, case: Case) -> bool:
    """Whether a case is a caller's to see at all."""
    within = principal.may_use(case.policy.name)
    return (within and principal.may(Permission.READ_CASES)) or who(principal, case).party
