"""Resolution -> decision: ranked principal reasons, trace, and the statement for the applicant in Chinese and English.

Reasons are ranked by what decided: first the rules that came to the outcome, then caps that bound the offer, then,
when the outcome is adverse, the other adverse rules that fired; within each in the order of the policy, which is its
author's order of weight. At most four are given (Reg B, comment 9(b)(2)-1). When something missing or broken decided,
that is the reason. Reasons with `disclose: general` are told in general words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from engine import wording
from engine.decision import Decision, EngineRef, GivenReason, Offer, OpenRule, PolicyRef, Step
from engine.evaluation import Evaluation
from engine.policy import WIRE_AMOUNT, Outcome, Policy, Rule
from engine.resolve import MISSING, Resolution, resolve
from engine.trace import Tracer
from engine.vocabulary import Text

MAX_REASONS = 4


class Explainer:
    """Turns the evaluations of one policy into decisions."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._tracer = Tracer(policy)
        self._ref = PolicyRef(policy.name, policy.version, policy.digest)

    def decision(
        self, evaluation: Evaluation, engine: EngineRef, as_of: dt.datetime, dispute: str | None = None
    ) -> Decision:
        """Resolve and explain one evaluation; a dispute about it makes the decision a referral."""
        resolution = resolve(self.policy, evaluation, dispute)
        trace = self._tracer.steps(evaluation, as_of)
        reasons = self._reasons(resolution, evaluation, trace)
        offer = Offer(**{WIRE_AMOUNT[name]: amount for name, amount in resolution.amounts.items()})
        return Decision(
            outcome=resolution.outcome,
            offer=offer if resolution.amounts else None,
            reasons=reasons,
            trace=trace,
            undetermined=tuple([OpenRule(one.rule, one.lacks) for one in resolution.undetermined]),
            missing=resolution.missing,
            asks=self._asks(resolution.outcome, evaluation),
            binding={WIRE_AMOUNT[name]: rule for name, rule in resolution.binding.items()},
            faults=resolution.faults,
            policy=self._ref,
            engine=engine,
            as_of=as_of.astimezone(dt.UTC),
            statement=self._statement(resolution, reasons, offer),
        )

    def _asks(self, outcome: Outcome, evaluation: Evaluation) -> tuple[str, ...]:
        fired = [self.policy.rule[name] for name in evaluation.fired]
        return tuple(dict.fromkeys([rule.ask for rule in fired if rule.ask and rule.then is outcome]))

    def _reasons(
        self, resolution: Resolution, evaluation: Evaluation, trace: tuple[Step, ...]
    ) -> tuple[GivenReason, ...]:
        if resolution.cause:
            return (self._own(resolution),)
        grouped: dict[str, list[Rule]] = {}
        for rule in self._ranked(resolution, evaluation):
            if rule.because:
                grouped.setdefault(rule.because, []).append(rule)
        if not grouped:
            return ()
        steps = {step.name: step for step in trace if step.kind == "rule"}
        return tuple([self._reason(code, rules, steps) for code, rules in list(grouped.items())[:MAX_REASONS]])

    def _ranked(self, resolution: Resolution, evaluation: Evaluation) -> list[Rule]:
        fired = [self.policy.rule[name] for name in evaluation.fired]
        ranked = [rule for rule in fired if rule.then is not None and rule.then is resolution.outcome]
        if resolution.binding:
            ranked += [rule for rule in fired if rule.name in resolution.binding.values() and rule not in ranked]
        if resolution.outcome.adverse:
            ranked += [rule for rule in fired if rule.then is not None and rule.then.adverse and rule not in ranked]
        return ranked

    def _reason(self, code: str, rules: list[Rule], steps: Mapping[str, Step]) -> GivenReason:
        reason = self.policy.reasons[code]
        general = reason.disclose == "general"
        mine = [steps[rule.name] for rule in rules]
        return GivenReason(
            code=code,
            rules=tuple([rule.name for rule in rules]),
            outcome=rules[0].then,
            statement=wording.GENERAL if general else reason.statement,
            remedy=None if general else reason.remedy,
            note=reason.note,
            facts={name: value for step in mine for name, value in step.facts.items()},
            tests=tuple([test for step in mine for test in step.tests if test.holds]),
        )

    def _own(self, resolution: Resolution) -> GivenReason:
        cause = resolution.cause or ""
        remedy = wording.missing(self._labels(resolution)) if resolution.missing else None
        rules = tuple(one.rule for one in resolution.weighed) if cause == MISSING else tuple(resolution.faults)
        return GivenReason(cause, rules, resolution.outcome, wording.OWN[cause], remedy, wording.NOTE[cause], {}, ())

    def _labels(self, resolution: Resolution) -> list[Text]:
        return [self.policy.vocabulary.label(name) for name in resolution.missing]

    def _statement(self, resolution: Resolution, reasons: tuple[GivenReason, ...], offer: Offer) -> Text:
        parts = [wording.OPENING[resolution.outcome]]
        if resolution.amounts:
            parts.append(wording.offered(offer))
        statements = list(dict.fromkeys(reason.statement for reason in reasons))
        if statements and resolution.outcome is not Outcome.INCOMPLETE:
            parts.append(wording.numbered(statements))
        parts += dict.fromkeys(reason.remedy for reason in reasons if reason.remedy is not None)
        if resolution.outcome.adverse:
            parts.append(wording.APPEAL)
        return wording.joined(parts)
