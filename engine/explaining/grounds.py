"""What is the same for everybody of whom the same rules fired: what they come to, and what is told on their account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from engine.decision import Offer
from engine.evaluation import AmountKey
from engine.explaining.reasoning import Argument, Reasoner
from engine.explaining.resolve import Amount, standing_of
from engine.policy import AMOUNTS, WIRE_AMOUNT, Outcome, Policy

REMEMBERED = 4_096  #: rules that decided together
BOUND = 16  #: sets of caps that bound, remembered for each set of rules
_UNBOUND: Mapping[str, str] = {}
_PLACES = {name: place for place, name in enumerate(AMOUNTS)}
_WIRE = tuple(WIRE_AMOUNT.values())
_APR = 1
#: Amounts of rules, none of them unknown.
Known = Mapping[str, Mapping[AmountKey, Any]]
#: An amount of a rule: the rule, under which key the evaluation has it, and its place among the amounts.
Placed = tuple[str, AmountKey, int]


class Grounds:
    """Rules that decided together, and all that follows from that alone."""

    def __init__(self, policy: Policy, rules: tuple[str, ...], reasoner: Reasoner) -> None:
        self.standing = standing_of(policy, rules)
        self.outcome: Outcome = self.standing.resolution.outcome
        self.undecided = self.standing.resolution.cause is not None
        self.asks = asks(policy, rules, self.outcome)
        self.offers = [_placed(one) for one in self.standing.offers]
        self._proposed = _proposing(self.offers)
        offered = {place for _, _, place in self.offers}
        self._caps = [one for one in map(_placed, self.standing.caps) if one[2] in offered]
        self._rules, self._reasoner = rules, reasoner
        self._bound: dict[tuple[str, ...], Argument] = {}  # by whose caps bound

    def argued(self, bound: tuple[str, ...]) -> Argument:
        """Why the rules came to the outcome, when the caps of some of them bound."""
        argument = self._bound.get(bound)
        if argument is None:
            argument = self._reasoner.argument(self._rules, self.outcome, bound)
            if len(self._bound) < BOUND:
                self._bound[bound] = argument
        return argument

    def offer(self, known: Known) -> tuple[Offer | None, Mapping[str, str]]:
        """The offer and whose caps bound it, of amounts that are all known; no offer when nothing is left of it."""
        amounts = self._proposed(known)
        binding: dict[str, str] = {}
        for rule, key, place in self._caps:
            amount = known[rule][key]
            if amount < amounts[place]:
                amounts[place], binding[_WIRE[place]] = amount, rule
        limit, apr, term = amounts
        if (limit is not None and limit <= 0) or (term is not None and term <= 0) or (apr is not None and apr < 0):
            return None, _UNBOUND
        return Offer(limit, apr, term), binding


def _proposing(offers: Sequence[Placed]) -> Callable[[Known], list[Any]]:
    """What gives the amounts that rules propose, by their places: lowest limit and term, highest APR."""
    if (
        len({rule for rule, _, _ in offers}) == 1
        and len(offers) > 1
        and [place for _, _, place in offers] == [*range(len(offers))]
    ):
        return _alone(offers)

    def proposed(known: Known) -> list[Any]:
        amounts: list[Any] = [None, None, None]
        for rule, key, place in offers:
            amount, other = known[rule][key], amounts[place]
            if other is None or ((amount > other) if place == _APR else (amount < other)):
                amounts[place] = amount
        return amounts

    return proposed


def _alone(offers: Sequence[Placed]) -> Callable[[Known], list[Any]]:
    """The same of one rule that proposes the first amounts, as most do: there is nothing to compare."""
    rule, pick, rest = offers[0][0], itemgetter(*[key for _, key, _ in offers]), [None] * (len(_PLACES) - len(offers))
    return lambda known: [*pick(known[rule]), *rest]


class Deciding:
    """Which of the rules that fired decided, and what follows: few sets of rules do, of how many ever fire together."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self._reasoner = policy, Reasoner(policy)
        self._ranks = {rule.name: policy.ranks.get(rule.name, len(policy.outcomes)) for rule in policy.rules}
        self._counting = [_counting(policy, outcome) for outcome in policy.outcomes] + [frozenset()]
        self._known: dict[tuple[str, ...], Grounds] = {}

    def grounds(self, fired: tuple[str, ...]) -> Grounds:
        """What rules that fired together come to."""
        ranks = self._ranks
        counting = self._counting[min([ranks[name] for name in fired], default=-1)]
        rules = tuple([name for name in fired if name in counting])
        grounds = self._known.get(rules)
        if grounds is None:
            grounds = Grounds(self._policy, rules, self._reasoner)
            if len(self._known) < REMEMBERED:
                self._known[rules] = grounds
        return grounds


def _counting(policy: Policy, outcome: Outcome) -> frozenset[str]:
    """The rules that count when it comes to an outcome: for it, for a reason given beside it, for its offer."""
    names = [rule.name for rule in policy.rules if rule.then is outcome]
    if outcome.adverse:
        names += [rule.name for rule in policy.rules if rule.then is not None and rule.then.adverse]
    if outcome in policy.granting:
        names += [rule.name for rule in policy.rules if rule.caps]
    return frozenset(names)


def _placed(amount: Amount) -> Placed:
    rule, key, name = amount
    return rule, key, _PLACES[name]


def asks(policy: Policy, fired: Sequence[str], outcome: Outcome) -> tuple[str, ...]:
    """What the applicant should do, by the rules that came to the outcome."""
    rules = [policy.rule[name] for name in fired]
    return tuple(dict.fromkeys([rule.ask for rule in rules if rule.ask and rule.then is outcome]))
