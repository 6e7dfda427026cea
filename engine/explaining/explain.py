"""Resolution -> decision: reasons, trace, and the statement for the applicant in Chinese and English.

When rules decided, they give the reasons (reasoning.py); when something missing or broken decided, that is the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from engine.decision import Decision, EngineRef, GivenReason, Offer, OpenRule, PolicyRef
from engine.evaluation import Evaluation
from engine.explaining import wording
from engine.explaining.grounds import Deciding, Grounds, asks
from engine.explaining.reasoning import Argument
from engine.explaining.resolve import MISSING, Resolution, resolve
from engine.explaining.straight import Build
from engine.explaining.trace import Tracer
from engine.policy import WIRE_AMOUNT, Policy
from engine.vocabulary import Text

_NOTHING: Mapping[str, str] = {}
REMEMBERED = 4_096  #: rules that fired together
#: What rules that fired together come to, what builds their steps, and why, if no amount has a say in it.
_Met = tuple[Grounds, Sequence[Build], Argument | None]


class Explainer:
    """Turns the evaluations of one policy into decisions."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._tracer = Tracer(policy)
        self._ref = PolicyRef(policy.name, policy.version, policy.digest)
        self._deciding = Deciding(policy)
        self._met: dict[tuple[str, ...], _Met] = {}

    def decision(
        self, evaluation: Evaluation, engine: EngineRef, as_of: dt.datetime, dispute: str | None = None
    ) -> Decision:
        """Resolve and explain one evaluation; a dispute about it makes the decision a referral."""
        if as_of.tzinfo is not dt.UTC:
            as_of = as_of.astimezone(dt.UTC)
        fired = evaluation.fired
        grounds, builds, argument = met = self._met.get(fired) or self._meet(fired)
        if evaluation.open or dispute is not None or grounds.undecided:
            return self._weighed(evaluation, met, engine, as_of, dispute)
        offer, binding = None, _NOTHING
        if argument is None:
            offer, binding = grounds.offer(evaluation.amounts)
            if offer is None:
                return self._weighed(evaluation, met, engine, as_of, dispute)
            argument = grounds.argued(tuple(binding.values()) if binding else ())
        steps, trace = self._tracer.traced(evaluation, builds, as_of.date())
        return Decision(
            grounds.outcome,
            offer,
            argument.reasons(fired, steps),
            trace,
            (),
            (),
            grounds.asks,
            binding,
            _NOTHING,
            self._ref,
            engine,
            as_of,
            argument.statement.text if offer is None else argument.statement.offering(offer),
        )

    def _weighed(
        self, evaluation: Evaluation, met: _Met, engine: EngineRef, as_of: dt.datetime, dispute: str | None
    ) -> Decision:
        """The decision when more is to be weighed than what fired."""
        (grounds, builds, _), fired = met, evaluation.fired
        resolution = resolve(self.policy, evaluation, dispute, grounds.standing)
        steps, trace = self._tracer.traced(evaluation, builds, as_of.date())
        amounts, outcome = resolution.amounts, resolution.outcome
        offer = Offer(amounts.get("limit"), amounts.get("apr"), amounts.get("term")) if amounts else None
        if resolution.cause is None:
            argument = grounds.argued(tuple(resolution.binding.values()))
            reasons, statement = argument.reasons(fired, steps), argument.statement
        else:
            reasons = (self._own(resolution),)
            statement = wording.statement(outcome, reasons)
        return Decision(
            outcome,
            offer,
            reasons,
            trace,
            _open(resolution) if resolution.undetermined else (),
            resolution.missing,
            grounds.asks if outcome is grounds.outcome else asks(self.policy, fired, outcome),
            {WIRE_AMOUNT[name]: rule for name, rule in resolution.binding.items()} if resolution.binding else _NOTHING,
            resolution.faults,
            self._ref,
            engine,
            as_of,
            statement.text if offer is None else statement.offering(offer),
        )

    def _meet(self, fired: tuple[str, ...]) -> _Met:
        """Find what is the same for all of whom these rules fired, and remember it while there is room."""
        grounds = self._deciding.grounds(fired)
        met = grounds, self._tracer.straight(fired), None if grounds.offers else grounds.argued(())
        if len(self._met) < REMEMBERED:
            self._met[fired] = met
        return met

    def _own(self, resolution: Resolution) -> GivenReason:
        cause = resolution.cause or ""
        remedy = wording.missing(self._labels(resolution)) if resolution.missing else None
        rules = tuple(one.rule for one in resolution.weighed) if cause == MISSING else tuple(resolution.faults)
        return GivenReason(cause, rules, resolution.outcome, wording.OWN[cause], remedy, wording.NOTE[cause], {}, ())

    def _labels(self, resolution: Resolution) -> list[Text]:
        return [self.policy.vocabulary.label(name) for name in resolution.missing]


def _open(resolution: Resolution) -> tuple[OpenRule, ...]:
    return tuple([OpenRule(one.rule, one.lacks) for one in resolution.undetermined])
