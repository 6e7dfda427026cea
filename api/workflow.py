"""The use cases, each one transaction of the log's only writer. Routes and commands call these and nothing deeper."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import sqlalchemy as sa

from api import answers, events, queries, readmodels
from api.accounts.account import Account
from api.accounts.decided import drawn
from api.accounts.facts import Facts
from api.accounts.keeping import Lines
from api.casework.periods import Periods
from api.errors import KeyReused, Mistake
from api.events import Verdict
from api.ledger import Ledger
from api.personal import Purpose
from api.reads import Reading, Reads
from api.recording import Apart, Draft, Made, Recorded, Recorder
from api.schemas import DecisionRequest
from engine import EngineError, PolicySet
from engine.reload import LiveEngine

F = TypeVar("F", Future[Recorded], asyncio.Future[Recorded])


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
        """`made` is told outcome and executor of every decision that was recorded, when it is answered."""
        self._engine, self._ledger, self.periods, self._made = engine, ledger, periods, made
        self.lines = Lines(ledger) if lines is None else lines
        self._recorder = Recorder(ledger, periods, self.lines)
        self.apart: Apart | None = None  #: the process that records, if there is one
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
        draft = made.draft()
        return self._ledger.writer.submit(self._recording(made, draft), made.origin.id, draft.hint)

    def ask(
        self, request: DecisionRequest, actor: str, key: str, line: Account | None = None
    ) -> asyncio.Future[Recorded]:
        """Do as `decide`, for a coroutine; the answers of a batch wake the event loop once.

        A caller who leaves withdraws nothing: it may be recorded already.
        """
        made = self._decided(request, actor, key, line)
        if isinstance(made, Recorded):
            return _settled(made, asyncio.get_running_loop().create_future())
        if self.apart is not None and self.apart.up:
            return self.apart.ask(made)
        draft = made.draft()
        return asyncio.shield(self._ledger.writer.ask(self._recording(made, draft), made.origin.id, draft.hint))

    def _recording(self, made: Made, draft: Draft) -> Callable[[sa.Connection], Recorded]:
        return lambda connection: made.recorded(self._recorder.record(connection, draft))

    def _decided(self, request: DecisionRequest, actor: str, key: str, line: Account | None) -> Made | Recorded:
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
        verdict, amount = Verdict.of(decision), drawn(request.facts)
        return Made(origin, request.subject, verdict, fingerprint, asked, answer, line, told, decision.offer, amount)

    def _told(self, request: DecisionRequest, at: dt.datetime, line: Account | None) -> Facts:
        if line is None:
            return {}
        return self.lines.lacking(line, request.facts, self._engine.policies[request.policy], at)

    def recorded(self, fingerprint: str) -> int | None:
        """Find the leaf a request led to."""
        with self._ledger.log.engine.connect() as connection:
            return queries.request(connection, fingerprint)

    def answer(self, recorded: Recorded, actor: str) -> bytes:
        """Give the answer's bytes, the same for every repetition; raise KeyReused if the first request was another.

        A repetition opens what is sealed and waits for the entry of that read; the first answer waits for nothing.
        """
        if recorded.answer is not None:
            if recorded.verdict is not None:
                self._made(recorded.verdict.outcome, recorded.verdict.engine.name)
            return self._finished(recorded.answer, recorded.index, recorded.size)
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

    def _finished(self, answer: bytes, index: int, size: int | None = None) -> bytes:
        return answers.finished(answer, index, self._ledger.log.covering_size(index) if size is None else size)

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
