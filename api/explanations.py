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
from api.automation.referral import left_to_a_person
from api.kept import kept_policies
from api.ledger import Ledger
from api.reads import Reading, Reads
from api.schemas import DecisionAnswer, DecisionExplanation, DecisionRequest
from engine import Decision, Engine
from engine.explaining.drawing import graph
from engine.explaining.graph import Graph
from engine.policy import Policy
from engine.recourse import Recourse
from engine.reload import LiveEngine
from engine.vocabulary import Text

_GIVEN = [name for name in DecisionExplanation.__struct_fields__ if name in DecisionAnswer.__struct_fields__]

_BY_A_PERSON = Recourse(
    goal="favourable",
    bound_by=None,
    alternatives=(),
    complete=False,
    evaluations=0,
    statement=Text(
        "本决定由工作人员综合判断作出，无法计算出怎样的变化会改变结果。",
        "A person took this decision, so what would have changed it cannot be computed.",
    ),
)
_LEFT_TO_A_PERSON = msgspec.structs.replace(
    _BY_A_PERSON, statement=Text("尚未作出决定，将由工作人员作出。", "Nothing is decided yet: a person will decide.")
)


class Account(msgspec.Struct, frozen=True):
    """A recorded decision with the request and the policy it rests on, drawn, and with what would have changed it."""

    policy: Policy
    request: DecisionRequest
    decision: Decision
    graph: Graph
    recourse: Recourse


class Explanations:
    """Explains recorded decisions."""

    def __init__(self, ledger: Ledger, engine: LiveEngine) -> None:
        self._ledger, self._engine = ledger, engine

    def of(self, decision_id: str, index: int, reading: Reading) -> DecisionExplanation:
        """Explain the decision at `index`; raise Erased if what it rests on is gone."""
        account = self.account(index, reading)
        given = {field: getattr(account.decision, field) for field in _GIVEN if field != "id"}
        return DecisionExplanation(id=decision_id, graph=account.graph, recourse=account.recourse, **given)

    def account(self, index: int, reading: Reading) -> Account:
        """Open the decision at `index` and give all there is to say of it; raise Erased if what it rests on is gone."""
        sealed = answers.read(Reads(self._ledger).open(index, reading))
        request = sealed.asked
        decision = msgspec.json.decode(sealed.answer, type=Decision)
        name = decision.policy.name
        with self._deciding(decision.policy.digest) as engine:
            policy, known = engine.policies[name], engine.policies.vocabulary.facts
            # A bundle holds the facts its policy uses, a request may hold more.
            facts = {fact: value for fact, value in request.facts.items() if fact in known}
            recourse = _unsearched(decision) or engine.recourse(name, facts, decision.as_of)
        return Account(policy, request, decision, graph(policy, decision), recourse)

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


def _unsearched(decision: Decision) -> Recourse | None:
    """Give what is said where no rule decided: a search would tell what the rules came to, which is for the person."""
    if left_to_a_person(decision):
        return _LEFT_TO_A_PERSON
    return _BY_A_PERSON if decision.engine.name == "person" else None
