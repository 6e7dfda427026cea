"""Which steps of a decision decided it: the rules behind its outcome and its amounts, and the facts those rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.decision import Decision, Shown, Step
from engine.evaluation import Values, day_of
from engine.explaining.resolve import EMPTY_OFFER, FAULT, MISSING, OWN_REASONS
from engine.expression import Expression, Junction, Not, names_in
from engine.interpreter import truth
from engine.kinds import Value, read_date
from engine.policy import WIRE_AMOUNT, Policy, Rule

OUTCOME = "outcome"  #: what a rule can decide beside amounts


def own_cause(decision: Decision) -> str | None:
    """The engine's own reason, when that decided and no rule did."""
    code = decision.reasons[0].code if decision.reasons else None
    return code if code in OWN_REASONS else None


def deciding(policy: Policy, decision: Decision) -> Mapping[str, frozenset[str]]:
    """Per rule that decided something, what it decided: `outcome`, or an amount by its name on the wire."""
    decided: dict[str, set[str]] = {}
    for effect, rules in _effects(policy, decision):
        for rule in rules:
            decided.setdefault(rule, set()).add(effect)
    return {rule: frozenset(effects) for rule, effects in decided.items()}


def _effects(policy: Policy, decision: Decision) -> Sequence[tuple[str, Sequence[str]]]:
    fired = [step for step in decision.trace if step.kind == "rule"]
    cause = own_cause(decision)
    if cause in (MISSING, FAULT):
        return [(OUTCOME, decision.reasons[0].rules)]
    if cause == EMPTY_OFFER:
        return [(OUTCOME, _emptied(policy, fired))]
    if cause is not None:  # nothing decided
        return []
    outcome = (OUTCOME, [step.name for step in fired if step.then is decision.outcome])
    return [outcome, *((name, _setters(decision, fired, name)) for name in WIRE_AMOUNT.values())]


def _setters(decision: Decision, fired: Sequence[Step], name: str) -> Sequence[str]:
    """The rules whose amount stands: the cap that bound it, else the offers that proposed it."""
    if name in decision.binding:
        return [decision.binding[name]]
    stands = getattr(decision.offer, name, None)
    granting = [step for step in fired if step.then is decision.outcome]
    return [step.name for step in granting if stands is not None and step.offer.get(name) == stands]


def _emptied(policy: Policy, fired: Sequence[Step]) -> Sequence[str]:
    """The rules behind an offer that leaves nothing: those that granted it, and those that capped it."""
    granted = min([step.then for step in fired if step.then], key=policy.severity.__getitem__, default=None)
    return [step.name for step in fired if step.then is granted or step.cap]


def rests_on(policy: Policy, decision: Decision, step: Step, effects: frozenset[str]) -> frozenset[str]:
    """The facts by which a rule that fired came to `effects`: of the tests that made it true, and of its amounts."""
    rule = policy.rule[step.name]
    values = Values({name: _value(policy, name, shown) for name, shown in step.facts.items()})
    values.broken = frozenset(one.name for one in decision.trace if one.undefined is not None)
    today = day_of(decision.as_of)

    def held(condition: Expression, negated: bool = False) -> set[str]:
        match condition:
            case Not():
                return held(condition.item, not negated)
            case Junction():
                items = condition.items
                if (condition.op == "or") is not negated:  # what is true of a disjunction carries it alone
                    items = tuple(item for item in items if truth(item, values, today) is (not negated))
                return {name for item in items for name in held(item, negated)}
            case _:
                return set(names_in(condition))

    return frozenset(held(rule.when) | _amount_reads(rule, effects))


def _amount_reads(rule: Rule, effects: frozenset[str]) -> set[str]:
    return {name for _, amount, formula in rule.amounts if WIRE_AMOUNT[amount] in effects for name in names_in(formula)}


def _value(policy: Policy, name: str, shown: Shown) -> Value:
    """A value of the trace as conditions compute with it: dates are text there."""
    date = read_date(shown) if policy.kinds[name].name == "date" and isinstance(shown, str) else None
    return shown if date is None else date
