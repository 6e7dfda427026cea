"""The use cases, each one transaction of the log's only writer. Routes and commands call these and nothing deeper."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from api import answers, events, queries, readmodels
from api.accounts.account import Account
from api.accounts.facts import Facts
from api.accounts.keeping import Decided, Lines
from api.automation.referral import referred
from api.automation.refusing import refusal
from api.casework.opening import open_review
from api.casework.periods import Periods
from api.errors import KeyReused, Mistake
from api.events import Origin
from api.foresight import Hint
from api.ledger import Ledger
from api.personal import Purpose
from api.reads import Reading, Reads
from api.schemas import DecisionRequest
from engine import Decision, EngineError, Outcome, PolicySet
from engine.reload import LiveEngine

F = TypeVar("F", Future["Recorded"], asyncio.Future["Recorded"])


class Recorded(msgspec.Struct, frozen=True):
    """A decision that is in the log."""

    index: int
    request: bytes  #: as asked by this caller, to be held against the one that was recorded
    answer: bytes | None  #: None: an earlier request with the same key recorded it, and the answer lies sealed

    @property
    def replayed(self) -> bool:
        """Whether an earlier request with the same key recorded it."""
        return self.answer is None


class _Draft(msgspec.Struct, frozen=True):
    """A decision on its way into the log."""

    origin: Origin
    subject: str  #: the caller's reference
    decision: Decision
    fingerprint: str
    request: bytes
    answer: bytes
    line: Account | None  #: how it took its subject's line to stand
    told: Facts  #: which facts that filled in
    decided: Decided  #: what it means to the line
    refusal: int | None = None  #: the entry by which the subject refuses automation
    recommendation: bytes | None = None  #: what the rules came to, then

    @property
    def hint(self) -> Hint:
        """What recording it will ask the database."""
        return Hint(self.fingerprint, self.subject)

    def left_to_a_person(self, refusal: int) -> _Draft:
        """Give the referral that takes the place of what the rules came to."""
        decision = referred(self.decision)
        return msgspec.structs.replace(
            self,
            decision=decision,
            answer=answers.answer_bytes(self.origin.id, self.subject, decision),
            decided=Decided.of(decision, self.decided.owner, {}),
            refusal=refusal,
            recommendation=self.answer,
        )


class Workflow:
    """Decides, records and answers. The engine runs on the caller's thread, which must always be the same one."""

    def __init__(
        self,
        engine: LiveEngine,
        ledger: Ledger,
        periods: Periods,
        lines: Lines | None = None,
        made: Callable[[str, str], None] = lambda _outcome, _executor: None,
    ) -> None:
        """`made` is told outcome and executor of every decision, as the last thing before it is committed."""
        self._engine, self._ledger, self.periods, self._made = engine, ledger, periods, made
        self.lines = Lines(ledger) if lines is None else lines
        self._reads = Reads(ledger)

    def preview(self, request: DecisionRequest) -> bytes:
        """Decide, answer and record nothing; raise FactsError or UnknownPolicy."""
        moment = answers.moment(request, self._ledger.now())
        return answers.preview_bytes(request.subject, self._engine.decide(request.policy, request.facts, moment))

    def decide(self, request: DecisionRequest, actor: str, key: str, line: Account | None = None) -> Future[Recorded]:
        """Decide and record, once per `actor` and `key`; the future resolves when the decision is durable.

        `line` is how the subject's line is taken to stand. If it stands otherwise the future raises LineMoved: decide
        again on what that carries (`accounts.repeating` does). Raise FactsError, UnknownPolicy, LineContradicted or
        QueueFull at once.
        """
        made = self._decided(request, actor, key, line)
        if isinstance(made, Recorded):
            return _settled(made, Future())
        return self._ledger.writer.submit(lambda connection: self._record(connection, made), made.origin.id, made.hint)

    def ask(
        self, request: DecisionRequest, actor: str, key: str, line: Account | None = None
    ) -> asyncio.Future[Recorded]:
        """Do as `decide`, for a coroutine; the answers of a batch wake the event loop once."""
        made = self._decided(request, actor, key, line)
        if isinstance(made, Recorded):
            return _settled(made, asyncio.get_running_loop().create_future())
        return self._ledger.writer.ask(lambda connection: self._record(connection, made), made.origin.id, made.hint)

    def _decided(self, request: DecisionRequest, actor: str, key: str, line: Account | None) -> _Draft | Recorded:
        fingerprint = self._ledger.fingerprints.of(actor, key)
        asked = answers.request_bytes(request)
        origin = self._ledger.origin(actor)
        try:
            at = answers.moment(request, origin.at)
            told = self._told(request, at, line)
            decision = self._engine.decide(request.policy, {**request.facts, **told} if told else request.facts, at)
        except EngineError:
            # A repeated request gets its first answer even if today's policies would refuse it.
            if (index := self.recorded(fingerprint)) is None:
                raise
            return Recorded(index, asked, None)
        answer = answers.answer_bytes(origin.id, request.subject, decision)
        decided = Decided.of(decision, actor, request.facts)
        return _Draft(origin, request.subject, decision, fingerprint, asked, answer, line, told, decided)

    def _told(self, request: DecisionRequest, at: dt.datetime, line: Account | None) -> Facts:
        if line is None:
            return {}
        return self.lines.lacking(line, request.facts, self._engine.policies[request.policy], at)

    def _record(self, connection: sa.Connection, draft: _Draft) -> Recorded:
        foresight = self._ledger.foresight
        if (index := foresight.request(connection, draft.fingerprint)) is not None:
            return Recorded(index, draft.request, None)
        vault, origin = self._ledger.log.vault, draft.origin
        subject, new = vault.enter(connection, draft.subject, origin.at)
        if not new and (refused := refusal(connection, subject)) is not None:
            draft = draft.left_to_a_person(refused)
        # Nothing can stand about whom nobody asked about before.
        line = None if new and draft.line is None else self.lines.met(connection, subject, draft.decided, draft.line)
        text = answers.seal_text(draft.request, draft.answer, draft.told, draft.recommendation)
        sealed = vault.seal(connection, subject, origin.id, events.DECISION_MADE, text)
        entry = events.decision_made(
            origin, draft.decision, subject, draft.fingerprint, sealed.commitment, draft.refusal
        )
        index = self._ledger.record(connection, entry, sealed)
        foresight.recorded(draft.fingerprint, index)
        if draft.decision.outcome is Outcome.REFER:
            open_review(connection, self._ledger, self.periods, entry)
        self.lines.made(connection, origin, subject, draft.decided, line)
        self._made(str(draft.decision.outcome), draft.decision.engine.name)
        return Recorded(index, draft.request, draft.answer)

    def recorded(self, fingerprint: str) -> int | None:
        """Find the leaf a request led to."""
        with self._ledger.log.engine.connect() as connection:
            return queries.request(connection, fingerprint)

    def answer(self, recorded: Recorded, actor: str) -> bytes:
        """Give the answer's bytes, the same for every repetition; raise KeyReused if the first request was another.

        A repetition opens what is sealed and waits for the entry of that read; the first answer waits for nothing.
        """
        if recorded.answer is not None:
            return self._finished(recorded.answer, recorded.index)
        sealed = self._open(recorded.index, Reading(actor, Purpose.REPEAT))
        if bytes(sealed.request) != recorded.request:
            remedy = "use a new key for a new application; repeat the first body to get its answer again"
            raise KeyReused(mistakes=[Mistake("Idempotency-Key", "this key came with another body before", remedy)])
        return self._finished(bytes(sealed.answer), recorded.index)

    def stored(self, index: int, reading: Reading) -> bytes:
        """Give the answer of the decision at `index` as it was first given; raise Erased if it is gone."""
        return self._finished(bytes(self._open(index, reading).answer), index)

    def _open(self, index: int, reading: Reading) -> answers.Sealed:
        return answers.read(self._reads.open(index, reading))

    def _finished(self, answer: bytes, index: int) -> bytes:
        return answers.finished(answer, index, self._ledger.log.covering_size(index))

    def publish(self, policies: PolicySet, actor: str) -> int:
        """Record every policy that is not in the log yet, with its bundle; give how many were new."""
        return self._ledger.writer.submit(lambda connection: self._publish(connection, policies, actor)).result()

    def _publish(self, connection: sa.Connection, policies: PolicySet, actor: str) -> int:
        fresh = [policy for policy in policies if not queries.published(connection, policy.digest)]
        for policy in fresh:
            index = self._ledger.record(connection, events.policy_published(self._ledger.origin(actor), policy))
            readmodels.keep_bundle(connection, index, policy.name, policy.version, policies.bundle(policy.name))
        return len(fresh)


def _settled(recorded: Recorded, future: F) -> F:
    future.set_result(recorded)
    return future
