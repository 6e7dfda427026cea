"""Deciding again what was decided, from what the log holds: policy bundle, facts and moment.

Under its own policy the bytes must be the same; under another, or on corrected facts, the verdict says whether the
answer is, and what changed it. That it was done is an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from api import answers, events, queries
from api.errors import InvalidBody, Mistake, NotFound
from api.kept import kept_policies
from api.ledger import Ledger
from api.reads import Reading, Reads
from api.schemas import DecisionRequest
from engine import Decision, Engine, PolicySet
from engine.decision import Offer, PolicyRef

Cause = Literal["engine", "person", "rule", "data"]


class Ask(msgspec.Struct, frozen=True):
    """What to decide again: under which version of its policy, its own if None, and with which facts put right."""

    version: int | None = None
    corrected: Mapping[str, object] = {}


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the answer comes to."""

    outcome: str
    offer: Offer | None
    reasons: tuple[str, ...]
    policy: PolicyRef

    @classmethod
    def of(cls, decision: Decision) -> Result:
        """Sum a decision up."""
        codes = tuple(reason.code for reason in decision.reasons)
        return cls(str(decision.outcome), decision.offer, codes, decision.policy)

    def same_as(self, other: Result) -> bool:
        """Whether both are the same answer, whatever the policy."""
        return msgspec.structs.replace(self, policy=other.policy) == other


class Replayed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of deciding again."""

    decision: str
    verdict: Literal["same", "changed"]  #: outcome, offer and reasons, now against then
    #: What changed the answer, each alone: another engine, policy (rule) or facts (data), or that a person gave it.
    because: tuple[Cause, ...]
    identical: bool  #: under its own policy and facts the recorded bytes came out again
    then: Result
    now: Result
    index: int  #: where the log records this


class Recorded(msgspec.Struct, frozen=True):
    """A decision as it was made."""

    id: str
    request: DecisionRequest
    answer: bytes
    decision: Decision

    @classmethod
    def read(cls, decision_id: str, plaintext: bytes, *, ruled: bool = False) -> Recorded:
        """Take what is sealed beside a decision; with `ruled` what the rules came to, also if a person is to decide."""
        sealed = answers.read(plaintext)
        answer = sealed.ruled if ruled else bytes(sealed.answer)
        return cls(decision_id, sealed.asked, answer, msgspec.json.decode(answer, type=Decision))


class Replays:
    """Decides again."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of(self, decision_id: str, index: int, ask: Ask, reading: Reading) -> Replayed:
        """Decide the decision at `index` again, and record that.

        Raise Erased if its facts are gone, NotFound if there is no such version, FactsError on wrong corrections.
        """
        recorded = Recorded.read(decision_id, Reads(self._ledger).open(index, reading), ruled=True)
        own = recorded.decision.policy.digest
        digest = own if ask.version is None else self._digest(recorded, ask.version)
        replayed, both = compared(self._ledger, recorded, digest, ask.corrected)
        return msgspec.structs.replace(replayed, index=self._record(replayed, both, ask, reading.actor))

    def _digest(self, recorded: Recorded, version: int) -> str:
        name = recorded.decision.policy.name
        with self._ledger.log.engine.connect() as connection:
            digest = queries.digest(connection, name, version)
        if digest is None:
            message = f"no version `{version}` of policy `{name}` is in this log"
            raise NotFound(
                mistakes=[Mistake("version", message, "a version is recorded when a service starts with it")]
            )
        return digest

    def _record(self, replayed: Replayed, decision: Decision, ask: Ask, actor: str) -> int:
        entry = events.decision_replayed(self._ledger.origin(actor), decision, replayed, sorted(ask.corrected))

        def record(connection: sa.Connection) -> int:
            return self._ledger.record(connection, entry)

        return self._ledger.writer.submit(record).result()


def compared(
    ledger: Ledger, recorded: Recorded, digest: str, corrected: Mapping[str, object]
) -> tuple[Replayed, Decision]:
    """Decide again under the policy of `digest` with facts put right; give the verdict, not recorded, and the answer.

    Raise NotFound if the policy is not kept, FactsError or InvalidBody on wrong corrections.
    """
    own = kept_policies(ledger, recorded.decision.policy.digest)
    other = own if digest == recorded.decision.policy.digest else kept_policies(ledger, digest)
    again = _decided(own, recorded, {})
    rule, data = _decided(other, recorded, {}), _decided(own, recorded, corrected)
    both = _decided(other, recorded, corrected)
    then, now = Result.of(recorded.decision), Result.of(both)
    by: Cause = "person" if recorded.decision.engine.name == "person" else "engine"
    replayed = Replayed(
        decision=recorded.id,
        verdict="same" if now.same_as(then) else "changed",
        because=_causes(by, then, *map(Result.of, (again, rule, data, both))),
        identical=answers.answer_bytes(recorded.id, recorded.request.subject, again) == recorded.answer,
        then=then,
        now=now,
        index=-1,
    )
    return replayed, both


def _decided(policies: PolicySet, recorded: Recorded, corrected: Mapping[str, object]) -> Decision:
    """Decide by the executor that decided then; facts the policy does not know are no part of its meaning."""
    known = policies.vocabulary.facts
    if unknown := sorted(corrected.keys() - known.keys()):
        name = recorded.decision.policy.name
        remedy = f"policy `{name}` knows: {', '.join(known)}"
        raise InvalidBody(
            mistakes=[Mistake(f"facts.{fact}", "it is no fact of the policy", remedy) for fact in unknown]
        )
    facts: dict[str, Any] = {**recorded.request.facts, **corrected}
    then = recorded.decision
    engine = Engine(policies, executor="index" if then.engine.name == "index" else "durable-rules")
    try:
        return engine.decide(then.policy.name, {name: facts[name] for name in facts if name in known}, then.as_of)
    finally:
        engine.close()


def _causes(by: Cause, then: Result, again: Result, rule: Result, data: Result, both: Result) -> tuple[Cause, ...]:
    """Say what changed the answer: each is asked about alone; together they may be needed, or may cancel out."""
    changed: list[Cause] = [] if again.same_as(then) else [by]
    changed += ["rule"] if not rule.same_as(again) else []
    changed += ["data"] if not data.same_as(again) else []
    if not changed and not both.same_as(then):
        changed = ["rule", "data"]
    return tuple(changed)
