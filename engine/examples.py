"""Runs the examples that stand in the policies, on every executor, and holds each against what its policy promises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing

import msgspec

from engine.deciding import Engine
from engine.decision import Decision
from engine.policy import WIRE_AMOUNT, Example, Policy
from engine.promises import broken
from engine.reading.loading import PolicySet
from engine.running.matching import EXECUTORS


class ExampleResult(msgspec.Struct, frozen=True):
    """One example and whether the policy kept its promise."""

    policy: str
    example: str
    line: int
    ok: bool
    message: str  #: what differs, empty when nothing does


def run_examples(policies: PolicySet) -> tuple[ExampleResult, ...]:
    """Decide every example of every policy and compare."""
    with ExitStack() as stack:
        engines = [stack.enter_context(closing(Engine(policies, "always", name))) for name in EXECUTORS]
        return tuple(_result(engines, policy, example) for policy in policies for example in policy.examples)


def rules_shown(policies: PolicySet, policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """Give, for each rule of a policy, the names of the examples in which it fires."""
    engine = Engine(policies)
    shown: dict[str, tuple[str, ...]] = {rule.name: () for rule in policy.rules}
    try:
        for example in policy.examples:
            decision = engine.decide_given(policy, example.given, moment(policy, example))
            for step in decision.trace:
                if step.kind == "rule":
                    shown[step.name] += (example.name,)
    finally:
        engine.close()
    return shown


def moment(policy: Policy, example: Example) -> dt.datetime:
    """When an example is decided: its own `as_of`, else the first day of the policy."""
    return example.as_of or dt.datetime.combine(policy.effective_from, dt.time(), dt.UTC)


def _result(engines: Sequence[Engine], policy: Policy, example: Example) -> ExampleResult:
    decisions = [engine.decide_given(policy, example.given, moment(policy, example)) for engine in engines]
    differences = [*_differences(example, decisions[0]), *_promises_broken(policy, example, decisions[0])]
    if any("executors" in decision.faults for decision in decisions):  # each is held against the reference evaluator
        differences.append("the executors disagree")
    return ExampleResult(policy.name, example.name, example.line, not differences, "; ".join(differences))


def _differences(example: Example, decision: Decision) -> Iterator[str]:
    offer = decision.document()["offer"] or {}
    yield from _differs("outcome", example.outcome, decision.outcome)
    for name, amount in example.amounts.items():
        yield from _differs(name, amount, offer.get(WIRE_AMOUNT[name]))
    fired = [step.name for step in decision.trace if step.kind == "rule"]
    if example.fired is not None:
        yield from _differs("fired", sorted(example.fired), sorted(fired))
    if example.reasons is not None:
        yield from _differs("reasons", list(example.reasons), [reason.code for reason in decision.reasons])
    if example.missing is not None:
        yield from _differs("missing", sorted(example.missing), sorted(decision.missing))
    if example.binding is not None:
        wanted = {WIRE_AMOUNT[name]: rule for name, rule in example.binding.items()}  # type: ignore[index]  # amounts
        yield from _differs("binding", wanted, dict(decision.binding))


def _promises_broken(policy: Policy, example: Example, decision: Decision) -> Iterator[str]:
    for promise in broken(policy, example.given, moment(policy, example), decision.outcome, decision.offer):
        yield f"breaks the invariant `{promise}`"


def _differs(what: str, wanted: object, found: object) -> Iterator[str]:
    if wanted != found:
        yield f"{what} should be {_text(wanted)}, is {_text(found)}"


def _text(value: object) -> str:
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)
