"""Resolution -> decision: ranked principal reasons, trace, and the statement for the applicant in Chinese and English.

Reasons are ranked by what decided: first the rules that came to the outcome, then caps that bound the offer, then,
when the outcome is adverse, the other adverse rules that fired; within each in the order of the policy, which is its
author's order of weight. At most four are given (Reg B, comment 9(b)(2)-1). When something missing or broken decided,
that is the reason. Reasons with `disclose: general` are told in general words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from engine.decision import Comparison, Decision, EngineRef, GivenReason, Offer, OpenRule, PolicyRef, Step
from engine.evaluation import Evaluation, day_of
from engine.explaining import wording
from engine.explaining.resolve import MISSING, Resolution, resolve
from engine.explaining.trace import Tracer
from engine.policy import WIRE_AMOUNT, Outcome, Policy, Rule
from engine.vocabulary import Reason, Text

MAX_REASONS = 4
_NOTHING: Mapping[str, str] = {}
REMEMBERED = 4_096  #: statements, by what they say


class Explainer:
    """Turns the evaluations of one policy into decisions."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._tracer = Tracer(policy)
        self._ref = PolicyRef(policy.name, policy.version, policy.digest)
        self._asking = any(rule.ask for rule in policy.rules)
        self._told = {code: _told(reason) for code, reason in policy.reasons.items()}
        self._said: dict[tuple[object, ...], wording.Statement] = {}

    def decision(
        self, evaluation: Evaluation, engine: EngineRef, as_of: dt.datetime, dispute: str | None = None
    ) -> Decision:
        """Resolve and explain one evaluation; a dispute about it makes the decision a referral."""
        today = day_of(as_of)
        resolution = resolve(self.policy, evaluation, dispute)
        derived = self._tracer.derived(evaluation, today)
        steps = self._tracer.fired(evaluation, today)
        fired = [self.policy.rule[name] for name in evaluation.fired]
        reasons = self._reasons(resolution, fired, steps)
        amounts, outcome = resolution.amounts, resolution.outcome
        offer = Offer(amounts.get("limit"), amounts.get("apr"), amounts.get("term")) if amounts else None
        return Decision(
            outcome,
            offer,
            reasons,
            (*derived, *steps.values()),
            _open(resolution) if resolution.undetermined else (),
            resolution.missing,
            _asks(outcome, fired) if self._asking else (),
            {WIRE_AMOUNT[name]: rule for name, rule in resolution.binding.items()} if resolution.binding else _NOTHING,
            resolution.faults,
            self._ref,
            engine,
            as_of if as_of.tzinfo is dt.UTC else as_of.astimezone(dt.UTC),
            self._statement(resolution, reasons, offer),
        )

    def _reasons(
        self, resolution: Resolution, fired: Sequence[Rule], steps: Mapping[str, Step]
    ) -> tuple[GivenReason, ...]:
        if resolution.cause:
            return (self._own(resolution),)
        grouped: dict[str, list[Rule]] = {}
        for rule in _ranked(resolution, fired):
            if rule.because in grouped:
                grouped[rule.because].append(rule)
            elif rule.because and len(grouped) < MAX_REASONS:
                grouped[rule.because] = [rule]
        return tuple([self._reason(code, rules, steps) for code, rules in grouped.items()])

    def _reason(self, code: str, rules: Sequence[Rule], steps: Mapping[str, Step]) -> GivenReason:
        statement, remedy, note = self._told[code]
        step, outcome = steps[rules[0].name], rules[0].then
        if len(rules) == 1:
            return GivenReason(code, (step.name,), outcome, statement, remedy, note, step.facts, _held(step.tests))
        mine = [steps[rule.name] for rule in rules]
        facts = {name: value for step in mine for name, value in step.facts.items()}
        tests = tuple([test for step in mine for test in step.tests if test.holds])
        return GivenReason(code, tuple([one.name for one in mine]), outcome, statement, remedy, note, facts, tests)

    def _own(self, resolution: Resolution) -> GivenReason:
        cause = resolution.cause or ""
        remedy = wording.missing(self._labels(resolution)) if resolution.missing else None
        rules = tuple(one.rule for one in resolution.weighed) if cause == MISSING else tuple(resolution.faults)
        return GivenReason(cause, rules, resolution.outcome, wording.OWN[cause], remedy, wording.NOTE[cause], {}, ())

    def _labels(self, resolution: Resolution) -> list[Text]:
        return [self.policy.vocabulary.label(name) for name in resolution.missing]

    def _statement(self, resolution: Resolution, reasons: Sequence[GivenReason], offer: Offer | None) -> Text:
        """Only the amounts of an offer and the names of missing facts differ between statements on the same grounds."""
        key = (resolution.outcome, resolution.missing, *[reason.code for reason in reasons])
        said = self._said.get(key)
        if said is None:
            said = _said(resolution.outcome, reasons)
            if len(self._said) < REMEMBERED:
                self._said[key] = said
        return said.text if offer is None else said.offering(offer)


def _open(resolution: Resolution) -> tuple[OpenRule, ...]:
    return tuple([OpenRule(one.rule, one.lacks) for one in resolution.undetermined])


def _asks(outcome: Outcome, fired: Sequence[Rule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([rule.ask for rule in fired if rule.ask and rule.then is outcome]))


def _told(reason: Reason) -> tuple[Text, Text | None, str]:
    """The statement, the remedy and the note of a reason; who deceives is not told how it was found out."""
    general = reason.disclose == "general"
    return wording.GENERAL if general else reason.statement, None if general else reason.remedy, reason.note


def _held(tests: tuple[Comparison, ...]) -> tuple[Comparison, ...]:
    for test in tests:
        if not test.holds:
            return tuple([test for test in tests if test.holds])
    return tests


def _ranked(resolution: Resolution, fired: Sequence[Rule]) -> list[Rule]:
    outcome, bound = resolution.outcome, resolution.binding.values()
    ranked = [rule for rule in fired if rule.then is outcome]
    if bound:
        ranked += [rule for rule in fired if rule.then is not outcome and rule.name in bound]
    if outcome.adverse:
        others = [rule for rule in fired if rule.then is not outcome and rule.name not in bound]
        ranked += [rule for rule in others if rule.then is not None and rule.then.adverse]
    return ranked


def _said(outcome: Outcome, reasons: Sequence[GivenReason]) -> wording.Statement:
    parts = []
    statements = list(dict.fromkeys(reason.statement for reason in reasons))
    if statements and outcome is not Outcome.INCOMPLETE:
        parts.append(wording.numbered(statements))
    parts += dict.fromkeys(reason.remedy for reason in reasons if reason.remedy is not None)
    if outcome.adverse:
        parts.append(wording.APPEAL)
    return wording.Statement(wording.OPENING[outcome], parts)
