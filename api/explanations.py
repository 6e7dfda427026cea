"""The whole account of a recorded decision: as it was answered, drawn as a graph, with what would have changed it.

Reasons and trace are the recorded ones. The graph is drawn from them, and recourse is searched, under the policy that
decided: the one in force if it still is that one, else the bundle kept beside the log. So an explanation asked for
years later is the one that could have been given at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from api import answers
from api.kept import kept_policies
from api.ledger import Ledger
from api.reads import Reading, Reads
from api.schemas import DecisionAnswer, DecisionExplanation, DecisionRequest
from engine import Decision, Engine
from engine.explaining.drawing import graph
from engine.reload import LiveEngine

_GIVEN = [name for name in DecisionExplanation.__struct_fields__ if name in DecisionAnswer.__struct_fields__]


class Explanations:
    """Explains recorded decisions."""

    def __init__(self, ledger: Ledger, engine: LiveEngine) -> None:
        self._ledger, self._engine = ledger, engine

    def of(self, decision_id: str, index: int, reading: Reading) -> DecisionExplanation:
        """Explain the decision at `index`; raise Erased if what it rests on is gone."""
        sealed = answers.read(Reads(self._ledger).open(index, reading))
        request = msgspec.json.decode(sealed.request, type=DecisionRequest)
        decision = msgspec.json.decode(sealed.answer, type=Decision)
        name = decision.policy.name
        with self._deciding(decision.policy.digest) as engine:
            known = (
                engine.policies.vocabulary.facts
            )  # a bundle holds the facts its policy uses, a request may hold more
            facts = {fact: value for fact, value in request.facts.items() if fact in known}
            drawn = graph(engine.policies[name], decision)
            recourse = engine.recourse(name, facts, decision.as_of)
        given = {field: getattr(decision, field) for field in _GIVEN if field != "id"}
        return DecisionExplanation(id=decision_id, graph=drawn, recourse=recourse, **given)

    @contextmanager
    def _deciding(self, digest: str) -> Iterator[Engine]:
        """Give an engine with the policy of this digest."""
        with self._engine.lease() as engine:
            if any(policy.digest == digest for policy in engine.policies):
                yield engine
                return
        engine = Engine(kept_policies(self._ledger, digest))
        try:
            yield engine
        finally:
            engine.close()
