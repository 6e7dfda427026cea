"""Evaluation -> resolution: the outcome, the offer, what bound it, and what is missing.

The most severe outcome that fired stands. Rules that could not be decided for lack of facts keep it from being
favourable if they could have made it worse; a fault anywhere makes it `refer`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from engine.evaluation import AmountKey, Evaluation
from engine.policy import AmountName, Outcome, Policy, Rule

#: Reasons the engine gives by itself.
FAULT, MISSING, UNDECIDED, EMPTY_OFFER = OWN_REASONS = (
    "engine_fault",
    "information_missing",
    "not_decided",
    "offer_empty",
)

_NO_FAULTS: Mapping[str, str] = {}
#: An amount of a rule: the rule, under which key the evaluation has it, and what it is.
Amount = tuple[str, AmountKey, AmountName]


class Undetermined(msgspec.Struct, frozen=True, gc=False):
    """A rule that could not be decided, and the given facts it lacks."""

    rule: str
    lacks: tuple[str, ...]


class Resolution(msgspec.Struct, frozen=True, gc=False):
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


class Standing(msgspec.Struct, frozen=True, gc=False):
    """What rules that fired together come to, before amounts are compared and open rules weighed."""

    resolution: Resolution  #: when there is nothing to weigh or to compare
    offers: tuple[Amount, ...]  #: of the rules that propose its outcome
    caps: tuple[Amount, ...]


def standing_of(policy: Policy, fired: Sequence[str]) -> Standing:
    """Find what rules that fired together come to."""
    decided = _decided(policy, fired)
    outcome, cause = (decided, None) if decided else (policy.otherwise, UNDECIDED)
    resolution = Resolution(outcome, {}, {}, decided, (), (), (), cause, _NO_FAULTS)
    caps = [one for name in fired for one in _amounts(policy.rule[name], "cap")]
    return Standing(resolution, _offers(policy, fired, outcome), tuple(caps))


def _offers(policy: Policy, fired: Sequence[str], outcome: Outcome) -> tuple[Amount, ...]:
    granting = [policy.rule[name] for name in policy.granting.get(outcome, ()) if name in fired]
    return tuple([one for rule in granting for one in _amounts(rule, "offer")])


def _amounts(rule: Rule, role: str) -> list[Amount]:
    return [(rule.name, (kind, name), name) for kind, name, _ in rule.amounts if kind == role]


def resolve(
    policy: Policy, evaluation: Evaluation, dispute: str | None = None, standing: Standing | None = None
) -> Resolution:
    """Weigh what fired, what is unknown and what is broken; `dispute` says that the evaluation is not to be trusted.

    Give `standing` when it is known already what the rules that fired come to together.
    """
    standing = standing or standing_of(policy, evaluation.fired)
    known = standing.resolution
    if not (evaluation.open or dispute or standing.offers):
        return known
    decided, outcome, cause, offers = known.decided, known.outcome, known.cause, standing.offers
    open_rules: tuple[Undetermined, ...] = ()
    weighed: tuple[Undetermined, ...] = ()
    faults: Mapping[str, str] = _NO_FAULTS
    if evaluation.open or dispute:
        faults = _faults(evaluation, dispute)
        open_rules = tuple(_undetermined(policy, evaluation))
        outcome, cause, weighed = _outcome(policy, decided, open_rules, faults)
        offers = _offers(policy, evaluation.fired, outcome)
    amounts, binding = _offer(offers, standing.caps, evaluation)
    if amounts and _empty(amounts):
        outcome, cause, amounts, binding = Outcome.REFER, EMPTY_OFFER, {}, {}
    missing = _askable(policy, weighed) if weighed else ()
    return Resolution(outcome, amounts, binding, decided, open_rules, weighed, missing, cause, faults)


def _decided(policy: Policy, fired: Sequence[str]) -> Outcome | None:
    """The most severe outcome among the rules that fired."""
    worst = min([policy.ranks[name] for name in fired if name in policy.ranks], default=None)
    return None if worst is None else policy.outcomes[worst]


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
    offers: Sequence[Amount], caps: Sequence[Amount], evaluation: Evaluation
) -> tuple[dict[AmountName, int], dict[AmountName, str]]:
    """The offered amounts, and whose cap bound each: lowest limit and term, highest APR, then the lowest cap."""
    amounts: dict[AmountName, int] = {}
    binding: dict[AmountName, str] = {}
    known = evaluation.amounts
    for rule, key, name in offers:
        amount = known[rule][key]
        if amount is not None:
            amounts[name] = _lower(name, amounts[name], amount) if name in amounts else amount
    for rule, key, name in caps:
        amount = known[rule][key]
        if amount is not None and name in amounts and amount < amounts[name]:
            amounts[name], binding[name] = amount, rule
    return amounts, binding


def _lower(name: AmountName, known: int, proposed: int) -> int:
    """Of two offers the lower limit and term, and the higher APR."""
    return max(known, proposed) if name == "apr" else min(known, proposed)


def _empty(amounts: Mapping[AmountName, int]) -> bool:
    """Whether there is nothing to offer; an APR may be nought."""
    return min(amounts.values()) < 0 or amounts.get("limit") == 0 or amounts.get("term") == 0
