"""The one way a matter changes: each step is one transaction of the log's only writer, and one entry."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from api import queries as decisions
from api.casework import texts
from api.casework.opening import took_part
from api.casework.repeats import hold_against, reused
from api.clocks import Clocks, Event
from api.errors import InvalidBody, Mistake, NotFound, Stale
from api.events import Entry, Origin
from api.ledger import Ledger
from api.matters import tables
from api.matters.matter import Ending, Matter, MatterAction, MatterKind, MatterRefused, Step, after
from api.matters.schemas import MatterAnswer, MatterEnd, MatterExtension, MatterRequest
from api.matters.viewing import may_see, unknown
from api.roles import Permission, Principal
from audit import Erased
from engine.policy import Outcome

_FURTHEST = dt.timedelta(days=1_096)  #: what came in earlier, about no decision, is a slip of the pen


class Asked(msgspec.Struct, frozen=True):
    """Who asks for a step of which matter, at which version they saw."""

    principal: Principal
    matter: str
    versions: frozenset[int]


class Done(msgspec.Struct, frozen=True):
    """What a step came to."""

    matter: Matter
    index: int
    repeated: bool = False  #: an earlier request with the same key did it


class Matters:
    """Takes matters in, and carries them to their end."""

    def __init__(self, ledger: Ledger, clocks: Clocks) -> None:
        self._ledger, self._clocks = ledger, clocks

    def take_in(self, body: MatterRequest, principal: Principal, key: str) -> Done:
        """Record a matter, once for each key; raise NotFound, InvalidBody or KeyReused."""
        fingerprint = self._ledger.fingerprints.of(principal.actor, f"matter\n{key}")
        text = texts.body_bytes(body)

        def work(connection: sa.Connection) -> Done:
            if (index := decisions.request(connection, fingerprint)) is not None:
                return self._repeated(connection, index)
            origin = self._ledger.origin(principal.actor)
            decided = self._decided(connection, body, principal)
            matter = self._begun(body, decided, origin)
            subject = self._ledger.log.vault.subject(connection, body.subject, origin.at)
            return self._append(connection, origin, tables.RAISED, subject, matter, text, fingerprint)

        done = self._ledger.writer.submit(work).result()
        if done.repeated:
            hold_against(self._ledger, done.index, text, principal.actor)
        return done

    def acknowledge(self, asked: Asked) -> Done:
        """Record that whoever is concerned was told that it came in."""
        return self._step(MatterAction.ACKNOWLEDGE, asked, b"")

    def answer(self, asked: Asked, body: MatterAnswer) -> Done:
        """Answer it, which ends it."""
        return self._step(MatterAction.ANSWER, asked, texts.body_bytes(body))

    def extend(self, asked: Asked, body: MatterExtension) -> Done:
        """Put its end off, once more and by as much as the jurisdiction grants."""
        return self._step(MatterAction.EXTEND, asked, texts.body_bytes(body))

    def end(self, asked: Asked, body: MatterEnd) -> Done:
        """End it for who raised it, because it needs no answer any more; raise MatterRefused for anybody else."""
        return self._step(MatterAction.END, asked, b"", Ending(body.because))

    def _step(self, action: MatterAction, asked: Asked, text: bytes, ending: Ending = Ending.ANSWERED) -> Done:
        """Do one thing; raise NotFound, Stale, MatterRefused or Erased."""

        def work(connection: sa.Connection) -> Done:
            leaf, matter = self._load(connection, asked)
            origin = self._ledger.origin(asked.principal.actor)
            if action is MatterAction.END and not (matter.owner == origin.actor or _speaks(asked.principal)):
                message = "only who raised it, or speaks for the applicant, ends it without an answer"
                raise MatterRefused(mistakes=[Mistake("matter_id", message, "answer it", "not_yours")])
            barred = took_part(connection, matter.decision) if matter.decision else set[str]()
            most = self._clocks.extensions(cast("Event", str(matter.kind)), self._clocks.noon(matter.began_on))
            day = self._clocks.day(origin.at)
            moved = after(matter, Step(action, origin.actor, day, barred, ending, most))
            return self._append(connection, origin, tables.KIND[action], leaf["subject"], moved, text)

        return self._ledger.writer.submit(work).result()

    def _load(self, connection: sa.Connection, asked: Asked) -> tuple[Entry, Matter]:
        row = connection.execute(sa.select(tables.MATTER).where(tables.MATTER.c.id == asked.matter)).first()
        if row is None or not may_see(asked.principal, row.owner):
            raise unknown(asked.matter)
        leaf: Entry = msgspec.json.decode(self._ledger.log.read(connection, row.log_index))
        matter = replace(tables.read(leaf), opened_index=row.opened_index)
        if matter.version not in asked.versions:
            message = f"the matter is at version `{matter.version}`, and that is not the one you named"
            raise Stale(mistakes=[Mistake("If-Match", message, "read the matter again, and decide again")])
        return leaf, matter

    def _begun(self, body: MatterRequest, decided: Entry | None, origin: Origin) -> Matter:
        today = self._clocks.day(origin.at)
        first = today - _FURTHEST if decided is None else self._clocks.day(dt.datetime.fromisoformat(decided["at"]))
        day = today if body.received_on is None else body.received_on
        if not first <= day <= today:
            remedy = f"a day from {first} to {today}, today in {self._clocks.pack.zone}"
            raise InvalidBody(mistakes=[Mistake("received_on", f"`{day}` cannot be", remedy)])
        return Matter(origin.id, body.kind, 1, origin.actor, day, decision=body.decision)

    def _decided(self, connection: sa.Connection, body: MatterRequest, principal: Principal) -> Entry | None:
        """Give the entry of the decision it is about; raise NotFound, or InvalidBody if it cannot be about it."""
        if not body.decision:
            if body.kind is MatterKind.COUNTER_OFFER:
                raise InvalidBody(mistakes=[Mistake("decision", "is missing", "name the decision that offers less")])
            return None
        found = decisions.decision(connection, body.decision)
        subject = self._ledger.log.vault.find_subject(connection, body.subject)
        if found is None or not (may_see(principal, found.owner)):
            raise _no_decision(body.decision)
        entry: Entry = msgspec.json.decode(self._ledger.log.read(connection, found.index))
        if entry["subject"] != subject:
            raise _no_decision(body.decision)
        if body.kind is MatterKind.COUNTER_OFFER and not Outcome(entry["outcome"]).favourable:
            message = f"a decision that came to `{entry['outcome']}` offers nothing"
            raise InvalidBody(mistakes=[Mistake("decision", message, "name the decision that offers less")])
        return entry

    def _append(
        self,
        connection: sa.Connection,
        origin: Origin,
        kind: str,
        subject: str,
        matter: Matter,
        text: bytes,
        request: str = "",
    ) -> Done:
        vault = self._ledger.log.vault
        if text and subject not in vault.living(connection, [subject]):
            raise Erased(matter.opened_index or 0)
        sealed = vault.seal(connection, subject, origin.id, kind, texts.sealed_text(text, {})) if text else None
        seal = sealed.commitment if sealed else None
        entry = tables.entry(origin, kind, subject, matter, seal=seal, request=request)
        return Done(matter, self._ledger.record(connection, entry, sealed))

    def _repeated(self, connection: sa.Connection, index: int) -> Done:
        leaf: dict[str, Any] = msgspec.json.decode(self._ledger.log.read(connection, index))
        if leaf["kind"] != tables.RAISED:
            raise reused()
        return Done(tables.read(leaf), index, repeated=True)


def _speaks(principal: Principal) -> bool:
    return principal.may(Permission.SPEAK_FOR_ALL)


def _no_decision(decision: str) -> NotFound:
    message = f"no decision `{decision[:80]}` of this subject that is yours"
    return NotFound(mistakes=[Mistake("decision", message, "name the `subject` it is about, letter by letter")])
