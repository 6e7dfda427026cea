"""Grounds itself: the whole explained decision by each of its executors, and the same with its JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.engines.applicants import AS_OF, POLICY
from bench.engines.contest import Answer, Contender
from engine import Decision, Engine, PolicySet


def contenders(policies: PolicySet) -> Iterator[Contender]:
    """Decide as a caller of the engine does: JSON values in, frozen `Decision` out, or its document."""
    engine, index = Engine(policies), Engine(policies, executor="index")
    yield Contender("grounds", lambda facts: engine.decide(POLICY, facts, AS_OF), _answer)
    yield Contender("grounds, by index", lambda facts: index.decide(POLICY, facts, AS_OF), _answer)
    yield Contender("grounds, and its document", lambda facts: engine.decide(POLICY, facts, AS_OF).document(), _told)


def _answer(decision: Decision) -> Answer:
    return Answer(
        str(decision.outcome),
        decision.offer.limit_fen if decision.offer else None,
        decision.offer.apr_bp if decision.offer else None,
        tuple(reason.code for reason in decision.reasons),
        tuple(step.name for step in decision.trace if step.kind == "rule"),
    )


def _told(document: dict[str, Any]) -> Answer:
    offer = document["offer"] or {}
    return Answer(
        document["outcome"],
        offer.get("limit_fen"),
        offer.get("apr_bp"),
        tuple(reason["code"] for reason in document["reasons"]),
        tuple(step["name"] for step in document["trace"] if step["kind"] == "rule"),
    )
