"""Resolution -> decision: reasons, trace, and the statement for the applicant in Chinese and English.

When rules decided, they give the reasons (reasoning.py); when something missing or broken decided, that is the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from engine.decision import Decision, EngineRef, GivenReason, Offer, OpenRule, PolicyRef
from engine.evaluation import Evaluation, day_of
from engine.explaining import wording
from engine.explaining.reasoning import Reasoner
from engine.explaining.resolve import MISSING, Resolution, Standing, resolve, standing_of
from engine.explaining.trace import Tracer
from engine.policy import WIRE_AMOUNT, Outcome, Policy
from engine.vocabulary import Text

_NOTHING: Mapping[str, str] = {}
REMEMBERED = 4_096  #: rules that fired together


class Explainer:
    """Turns the evaluations of one policy into decisions."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._tracer = Tracer(policy)
        self._reasoner = Reasoner(policy)
        self._ref = PolicyRef(policy.name, policy.version, policy.digest)
        self._asking = any(rule.ask for rule in policy.rules)
        self._standing: dict[tuple[str, ...], Standing] = {}

    def decision(
        self, evaluation: Evaluation, engine: EngineRef, as_of: dt.datetime, dispute: str | None = None
    ) -> Decision:
        """Resolve and explain one evaluation; a dispute about it makes the decision a referral."""
        today, fired = day_of(as_of), evaluation.fired
        resolution = resolve(self.policy, evaluation, dispute, self._standing.get(fired) or self._stand(fired))
        steps = self._tracer.fired(evaluation, today)
        amounts, outcome = resolution.amounts, resolution.outcome
        offer = Offer(amounts.get("limit"), amounts.get("apr"), amounts.get("term")) if amounts else None
        if resolution.cause is None:
            argument = self._reasoner.argument(fired, resolution)
            reasons, statement = argument.reasons(steps), argument.statement
        else:
            reasons = (self._own(resolution),)
            statement = wording.statement(outcome, reasons)
        return Decision(
            outcome,
            offer,
            reasons,
            (*self._tracer.derived(evaluation, today), *steps),
            _open(resolution) if resolution.undetermined else (),
            resolution.missing,
            self._asks(outcome, fired) if self._asking else (),
            {WIRE_AMOUNT[name]: rule for name, rule in resolution.binding.items()} if resolution.binding else _NOTHING,
            resolution.faults,
            self._ref,
            engine,
            as_of if as_of.tzinfo is dt.UTC else as_of.astimezone(dt.UTC),
            statement.text if offer is None else statement.offering(offer),
        )

    def _stand(self, fired: tuple[str, ...]) -> Standing:
        standing = standing_of(self.policy, fired)
        if len(self._standing) < REMEMBERED:
            self._standing[fired] = standing
        return standing

    def _own(self, resolution: Resolution) -> GivenReason:
        cause = resolution.cause or ""
        remedy = wording.missing(self._labels(resolution)) if resolution.missing else None
        rules = tuple(one.rule for one in resolution.weighed) if cause == MISSING else tuple(resolution.faults)
        return GivenReason(cause, rules, resolution.outcome, wording.OWN[cause], remedy, wording.NOTE[cause], {}, ())

    def _labels(self, resolution: Resolution) -> list[Text]:
        return [self.policy.vocabulary.label(name) for name in resolution.missing]

    def _asks(self, outcome: Outcome, fired: Sequence[str]) -> tuple[str, ...]:
        rules = [self.policy.rule[name] for name in fired]
        return tuple(dict.fromkeys([rule.ask for rule in rules if rule.ask and rule.then is outcome]))


def _open(resolution: Resolution) -> tuple[OpenRule, ...]:
    return tuple([OpenRule(one.rule, one.lacks) for one in resolution.undetermined])
