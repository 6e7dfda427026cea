"""Evaluation -> resolution: the outcome, the offer, what bound it, and what is missing.

The most severe outcome that fired stands. Rules that could not be decided for lack of facts keep it from being
favourable if they could have made it worse; a fault anywhere makes it `refer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter

import msgspec

from engine.evaluation import Evaluation
from engine.policy import AMOUNTS, AmountName, Outcome, Policy, Rule

#: Reasons the engine gives by itself.
FAULT, MISSING, UNDECIDED, EMPTY_OFFER = OWN_REASONS = (
    "engine_fault",
    "information_missing",
    "not_decided",
    "offer_empty",
)


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
    fired = [policy.rule[name] for name in evaluation.fired]
    faults = {name: one.cause for name, one in evaluation.open.items() if one.cause}
    faults |= {"executors": dispute} if dispute else {}
    open_rules = tuple(_undetermined(policy, evaluation)) if evaluation.open else ()
    decided = min([rule.then for rule in fired if rule.then], key=policy.severity.__getitem__, default=None)
    outcome, cause, weighed = _outcome(policy, decided, open_rules, faults)
    offer = _offer(evaluation, fired, outcome)
    if any(amount < 0 or (amount == 0 and name != "apr") for name, (amount, _) in offer.items()):
        outcome, cause, offer = Outcome.REFER, EMPTY_OFFER, {}
    return Resolution(
        outcome=outcome,
        amounts={name: amount for name, (amount, _) in offer.items()},
        binding={name: rule for name, (_, rule) in offer.items() if rule is not None},
        decided=decided,
        undetermined=open_rules,
        weighed=weighed,
        missing=_askable(policy, weighed),
        cause=cause,
        faults=faults,
    )


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


def _offer(evaluation: Evaluation, fired: list[Rule], outcome: Outcome) -> dict[AmountName, tuple[int, str | None]]:
    """The offered amounts, and whose cap bound each: lowest limit and term, highest APR, then the lowest cap."""
    offer: dict[AmountName, tuple[int, str | None]] = {}
    granting = [evaluation.amounts[rule.name] for rule in fired if rule.then is outcome and rule.offer]
    if not granting:
        return offer
    capping = [(evaluation.amounts[rule.name], rule.name) for rule in fired if rule.caps]
    for name in AMOUNTS:
        proposed = _known(amounts.get(("offer", name)) for amounts in granting)
        if not proposed:
            continue
        best = max(proposed) if name == "apr" else min(proposed)
        caps = [(amount, rule) for amounts, rule in capping for amount in _known([amounts.get(("cap", name))])]
        lowest = min(caps, key=itemgetter(0), default=None)
        offer[name] = lowest if lowest is not None and lowest[0] < best else (best, None)
    return offer


def _known(amounts: Iterable[int | None]) -> list[int]:
    return [amount for amount in amounts if amount is not None]
