"""A decision in print, in Chinese and English side by side: for people; machines take ``--json``."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from engine import Decision, Outcome
from engine.authoring.phrases import OUTCOMES
from engine.decision import Comparison, GivenReason, Step
from engine.explaining.wording import percent, yuan


def answer_lines(answer: bytes) -> Iterator[str]:
    """Write a decision as the API answered it."""
    return decision_lines(msgspec.json.decode(answer, type=Decision))


def decision_lines(decision: Decision) -> Iterator[str]:
    """Write a decision for people."""
    policy = decision.policy
    yield f"{OUTCOMES[decision.outcome].zh} {decision.outcome.upper()}"
    yield f"策略 policy     {policy.name} v{policy.version}, as of {decision.as_of:%Y-%m-%d %H:%M:%S} UTC"
    if decision.offer is not None:
        yield f"方案 offer      {', '.join(_amounts(decision))}"
    for number, reason in enumerate(decision.reasons, start=1):
        yield from _reason(number, reason)
    if decision.missing:
        yield f"缺少 missing    {', '.join(decision.missing)}"
    if decision.asks:
        yield f"请办理 to do    {', '.join(decision.asks)}"
    yield from (_rule(step, decision.outcome) for step in decision.trace if step.kind == "rule")
    for rule in decision.undetermined:
        yield f"未定 undecided  {rule.rule}: lacks {', '.join(rule.lacks)}"
    for name, cause in decision.faults.items():
        yield f"故障 fault      {name}: {cause}"
    yield f"告知 statement  {decision.statement.zh}"
    yield f"{'':<16}{decision.statement.en}"


def _amounts(decision: Decision) -> Iterator[str]:
    offer = decision.offer
    assert offer is not None
    if offer.limit_fen is not None:
        yield f"额度 limit CNY {yuan(offer.limit_fen)}{_bound(decision, 'limit_fen')}"
    if offer.apr_bp is not None:
        yield f"年化 APR {percent(offer.apr_bp)}{_bound(decision, 'apr_bp')}"
    if offer.term_months is not None:
        yield f"期限 term {offer.term_months} months{_bound(decision, 'term_months')}"


def _bound(decision: Decision, amount: str) -> str:
    return f" (bound by {decision.binding[amount]})" if amount in decision.binding else ""


def _reason(number: int, reason: GivenReason) -> Iterator[str]:
    title = "原因 reasons" if number == 1 else ""
    pad = " " * (16 - len(title) - sum(character > "\xff" for character in title))
    yield f"{title}{pad}{number}. {reason.statement.zh} [{reason.code}]"
    yield f"{'':<19}{reason.statement.en}"
    if reason.remedy is not None:
        yield f"{'':<19}→ {reason.remedy.zh} {reason.remedy.en}"


def _rule(step: Step, outcome: Outcome) -> str:
    held = [_test(test) for test in step.tests if test.holds]
    outweighed = " (未采用 outweighed)" if step.then not in (None, outcome) else ""
    return f"命中 fired      {step.name} → {step.then or 'cap'}{outweighed}: {'; '.join(held) or ' '.join(step.when)}"


def _test(test: Comparison) -> str:
    """Show what stood against a threshold, where both are in the unit the policy is written in (amounts are not)."""
    plain = test.value is not None and (test.threshold is None or str(test.threshold) in test.test)
    return f"{test.test} (is {test.value})" if plain else test.test
