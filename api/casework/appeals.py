"""Filing an appeal: against any decision, once at a time, by who asked for it or speaks for the applicant.

It is acknowledged at once with a reference and a last day, and what was put right is decided on again.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from api import queries as decisions
from api.casework import events, queries, texts
from api.casework.desk import Done
from api.casework.errors import AppealOpen, Replaced
from api.casework.opening import opened, took_part
from api.casework.periods import Periods
from api.casework.repeats import hold_against, reused
from api.casework.schemas import AppealRequest
from api.casework.states import CaseKind, Cause
from api.casework.verdicts import Compared, Verdicts
from api.errors import Mistake, NotFound
from api.ledger import Ledger
from api.personal import Purpose
from api.queries import Found
from api.reads import Reading, Reads
from api.replay import Recorded
from api.roles import Permission, Principal


class Appeals:
    """Takes appeals."""

    def __init__(self, ledger: Ledger, periods: Periods, verdicts: Verdicts) -> None:
        self._ledger, self._periods, self._verdicts = ledger, periods, verdicts

    def file(self, body: AppealRequest, principal: Principal, key: str) -> Done:
        """Open an appeal, once per actor and `key`.

        Raise NotFound, AppealOpen, Replaced, KeyReused, Erased, or FactsError and InvalidBody on wrong corrections.
        """
        fingerprint = self._ledger.fingerprints.of(principal.actor, f"appeal\n{key}")
        if (done := self._done(fingerprint, body, principal)) is not None:
            return done
        found = self._found(body, principal)
        text = Reads(self._ledger).open(found.index, Reading(principal.actor, Purpose.COMPLAINT))
        compared = self._verdicts.of(Recorded.read(found.id, text), body.facts)
        done = self._ledger.writer.submit(
            lambda connection: self._file(connection, found, body, principal, fingerprint, compared)
        ).result()
        return self._same(done, body, principal) if done.repeated else done

    def _found(self, body: AppealRequest, principal: Principal) -> Found:
        """Find the decision, if it is the caller's to appeal against."""
        with self._ledger.log.engine.connect() as connection:
            found = decisions.decision(connection, body.decision)
            if found is not None and self._may(connection, found, body, principal):
                self._check(connection, found.id)
                return found
        message = f"no decision `{body.decision[:80]}` of this subject that is yours to appeal against"
        remedy = "use the key it was asked for with, or name the `subject` it is about, letter by letter"
        raise NotFound(mistakes=[Mistake("decision", message, remedy)])

    def _may(self, connection: sa.Connection, found: Found, body: AppealRequest, principal: Principal) -> bool:
        entry = self._entry(connection, found.index)
        if not principal.may_use(entry["policy"]["name"]):
            return False
        if not isinstance(body.subject, str):
            return found.owner == principal.actor
        if self._ledger.log.vault.find_subject(connection, body.subject) != entry["subject"]:
            return False
        return found.owner == principal.actor or principal.may(Permission.SPEAK_FOR_ALL)

    def _check(self, connection: sa.Connection, decision: str) -> None:
        if (case := queries.unconcluded(connection, decision, CaseKind.APPEAL)) is not None:
            remedy = f"it is case `{case}`; what you want to add can be attached there"
            raise AppealOpen(mistakes=[Mistake("decision", "an appeal against it is open already", remedy)])
        if (newer := queries.replacement(connection, decision)) is not None:
            raise Replaced(
                mistakes=[Mistake("decision", "another decision took its place", f"appeal against `{newer}`")]
            )

    def _file(
        self,
        connection: sa.Connection,
        found: Found,
        body: AppealRequest,
        principal: Principal,
        fingerprint: str,
        compared: Compared,
    ) -> Done:
        if (index := decisions.request(connection, fingerprint)) is not None:
            return self._repeated(connection, index)
        self._check(connection, found.id)
        origin, entry = self._ledger.origin(principal.actor), self._entry(connection, found.index)
        deadline = self._periods.of_case(CaseKind.APPEAL, origin.at)
        judges = took_part(connection, found.id)
        case = opened(origin, CaseKind.APPEAL, Cause.APPEALED, entry, deadline, judges=judges, wants_person=body.person)
        text = texts.sealed_text(texts.body_bytes(body), {"verdicts": compared.told})
        vault = self._ledger.log.vault
        sealed = vault.seal(connection, entry["subject"], origin.id, events.APPEAL_FILED, text)
        filed = events.transition(
            origin,
            events.APPEAL_FILED,
            entry["subject"],
            case,
            seal=sealed.commitment,
            request=fingerprint,
            verdicts=compared.codes,
            **({"corrected": sorted(body.facts)} if body.facts else {}),
        )
        return Done(case, self._ledger.record(connection, filed, sealed))

    def _done(self, fingerprint: str, body: AppealRequest, principal: Principal) -> Done | None:
        with self._ledger.log.engine.connect() as connection:
            index = decisions.request(connection, fingerprint)
            done = None if index is None else self._repeated(connection, index)
        return None if done is None else self._same(done, body, principal)

    def _repeated(self, connection: sa.Connection, index: int) -> Done:
        entry = self._entry(connection, index)
        if entry["kind"] != events.APPEAL_FILED:
            raise reused()
        return Done(events.read(entry), index, repeated=True)

    def _same(self, done: Done, body: AppealRequest, principal: Principal) -> Done:
        hold_against(self._ledger, done.index, texts.body_bytes(body), principal.actor)
        return done

    def _entry(self, connection: sa.Connection, index: int) -> dict[str, Any]:
        entry: dict[str, Any] = msgspec.json.decode(self._ledger.log.read(connection, index))
        return entry
