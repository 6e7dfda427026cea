"""Evaluation -> resolution: the outcome, the offer, what bound it, and what is missing.

The most severe outcome that fired stands. Rules that could not be decided for lack of facts keep it from being
favourable if they could have made it worse; a fault anywhere makes it `refer`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from engine.evaluation import Evaluation
from engine.policy import AmountName, Outcome, Policy, Rule

#: Reasons the engine gives by itself.
FAULT, MISSING, UNDECIDED, EMPTY_OFFER = OWN_REASONS = (
    "engine_fault",
    "information_missing",
    "not_decided",
    "offer_empty",
)


_NEVER_ZERO: Sequence[AmountName] = ("limit", "term")
_NO_FAULTS: Mapping[str, str] = {}


class Undetermined(msgspec.Struct, frozen=True):
    """A rule that could not be decided, and the given facts it lacks."""

    rule: str
    lacks: tuple[str, ...]


class Resolution(msgspec.Struct, frozen=True):
    """What a policy comes to."""

    outcome: Outcome
    amounts: Mapping[AmountName, int]  #: the offer in base units; empty when there is none
    binding: Mapping[AmountName, str]  #: the rule whose cap set an amount
    decided: Outcome | None  #: what the rules came to before anything missing or broken was weighed
    undetermined: tuple[Undetermined, ...]
    weighed: tuple[Undetermined, ...]  #: those that could have made a difference
    missing: tuple[str, ...]  #: facts the applicant can be asked for that could still matter
    cause: str | None  #: one of the engine's own reasons, when they decided
    faults: Mapping[str, str]  #: rules that could not be computed, and why


def resolve(policy: Policy, evaluation: Evaluation, dispute: str | None = None) -> Resolution:
    """Weigh what fired, what is unknown and what is broken; `dispute` says that the evaluation is not to be trusted."""
    decided = _decided(policy, evaluation)
    outcome, cause = (decided, None) if decided else (policy.otherwise, UNDECIDED)
    open_rules: tuple[Undetermined, ...] = ()
    weighed: tuple[Undetermined, ...] = ()
    faults: Mapping[str, str] = _NO_FAULTS
    if evaluation.open or dispute:
        faults = _faults(evaluation, dispute)
        open_rules = tuple(_undetermined(policy, evaluation))
        outcome, cause, weighed = _outcome(policy, decided, open_rules, faults)
    amounts, binding = _offer(policy, evaluation, outcome)
    if amounts and _empty(amounts):
        outcome, cause, amounts, binding = Outcome.REFER, EMPTY_OFFER, {}, {}
    missing = _askable(policy, weighed) if weighed else ()
    return Resolution(outcome, amounts, binding, decided, open_rules, weighed, missing, cause, faults)


def _decided(policy: Policy, evaluation: Evaluation) -> Outcome | None:
    """The most severe outcome among the rules that fired."""
    ranks, worst = policy.ranks, len(policy.outcomes)
    for name in evaluation.fired:
        if ranks.get(name, worst) < worst:
            worst = ranks[name]
    return policy.outcomes[worst] if worst < len(policy.outcomes) else None


def _faults(evaluation: Evaluation, dispute: str | None) -> dict[str, str]:
    faults = {name: one.cause for name, one in evaluation.open.items() if one.cause}
    return faults | {"executors": dispute} if dispute else faults


def _undetermined(policy: Policy, evaluation: Evaluation) -> Iterator[Undetermined]:
    """Rules that lack facts, in policy order; those that lack only facts to be ignored stay silent."""
    for rule in policy.rules:
        gap = evaluation.open.get(rule.name)
        if gap is None or gap.cause is not None:
            continue
        offers = rule.name in evaluation.amounts and bool(rule.offer)  # an offer without its amount is never silent
        if offers or not gap.silent(policy):
            yield Undetermined(rule.name, gap.lacks)


def _outcome(
    policy: Policy,
    decided: Outcome | None,
    open_rules: tuple[Undetermined, ...],
    faults: Mapping[str, str],
) -> tuple[Outcome, str | None, tuple[Undetermined, ...]]:
    if faults:
        return Outcome.REFER, FAULT, ()
    weighed = tuple(one for one in open_rules if _matters(policy, decided, policy.rule[one.rule]))
    if weighed:
        lacks = [policy.facts[name].if_missing for one in weighed for name in one.lacks]
        asked = all(word != "refer" for word in lacks) and "ask" in lacks
        return (Outcome.INCOMPLETE if asked else Outcome.REFER), MISSING, weighed
    return (decided, None, ()) if decided else (policy.otherwise, UNDECIDED, ())


def _matters(policy: Policy, decided: Outcome | None, rule: Rule) -> bool:
    """Whether an open rule could have made a favourable decision worse, or decided when nothing did."""
    if decided is None:
        return rule.then is not None
    if not decided.favourable:
        return False
    worse = rule.then is not None and policy.severity[rule.then] < policy.severity[decided]
    return worse or bool(rule.caps) or (rule.then is decided and bool(rule.offer))


def _askable(policy: Policy, weighed: tuple[Undetermined, ...]) -> tuple[str, ...]:
    names = dict.fromkeys(name for one in weighed for name in one.lacks)
    return tuple(name for name in names if policy.facts[name].if_missing == "ask")


def _offer(
    policy: Policy, evaluation: Evaluation, outcome: Outcome
) -> tuple[dict[AmountName, int], dict[AmountName, str]]:
    """The offered amounts, and whose cap bound each: lowest limit and term, highest APR, then the lowest cap."""
    amounts: dict[AmountName, int] = {}
    binding: dict[AmountName, str] = {}
    known = evaluation.amounts
    for rule in policy.granting.get(outcome, ()):
        if rule in known:
            for key, amount in known[rule].items():
                if key[0] == "offer" and amount is not None:
                    amounts[key[1]] = _lower(key[1], amounts.get(key[1]), amount)
    if amounts:
        for rule, mine in known.items():
            for key, amount in mine.items():
                name = key[1]
                if key[0] == "cap" and amount is not None and name in amounts and amount < amounts[name]:
                    amounts[name], binding[name] = amount, rule
    return amounts, binding


def _lower(name: AmountName, known: int | None, proposed: int) -> int:
    """Of two offers the lower limit and term, and the higher APR."""
    if known is None or (proposed > known) is (name == "apr"):
        return proposed
    return known


def _empty(amounts: Mapping[AmountName, int]) -> bool:
    """Whether there is nothing to offer; an APR may be nought."""
    return min(amounts.values()) < 0 or any([amounts.get(name) == 0 for name in _NEVER_ZERO])  # noqa: C419  # the hot path
