"""What would change the answer: minimal changes of facts the applicant can act on, each proven by deciding again.

A change moves facts within their range and in the direction their `actionable` allows; dates move too, up to a
hundred years from the day of the decision. Sets of facts are tried from the smallest, and a set that holds one that
helps is not looked at. For each set that helps there is one alternative, minimal in both senses: no fact can be left
out of it, and none can be moved less while the others stay. The search counts evaluations, not seconds, so that it
always comes to the same answer; only when it is `complete` does nothing found mean that nothing helps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Literal

import msgspec

from engine.decision import Offer, Shown
from engine.evaluation import Evaluation
from engine.explaining.resolve import Resolution, resolve
from engine.given import Given
from engine.policy import WIRE_AMOUNT, Outcome, Policy
from engine.ranges.spans import Ranged, Span, Words
from engine.recourse import advice
from engine.recourse.goals import Favourable, Goal, LimitOf
from engine.recourse.levers import Lever, fixed_lists, levers
from engine.recourse.search import Evaluate, Point, Search, Spent, changes
from engine.vocabulary import Text

EVALUATIONS = 4_000  #: looks at ranges and decisions of single cases, together
MAX_TOGETHER = 3  #: larger sets are tried only while nothing has been found
MAX_ALTERNATIVES = 5

Levers = tuple[Lever, ...]


class Change(msgspec.Struct, frozen=True):
    """One fact and what it would have to be, in base units."""

    fact: str
    now: Shown
    then: Shown


class Alternative(msgspec.Struct, frozen=True):
    """Changes that together reach the goal, and what the decision would then be."""

    changes: tuple[Change, ...]
    outcome: Outcome
    offer: Offer | None
    binding: Mapping[str, str]  #: amount -> the rule whose cap would set it
    disclose: Literal["full", "general"]  #: `general`: it would tell what a reason of the decision keeps general
    statement: Text


class Recourse(msgspec.Struct, frozen=True):
    """What the applicant could change; no alternatives and `complete` mean that nothing in their power helps."""

    goal: Literal["favourable", "limit"]  #: `limit` when the decision is favourable already
    bound_by: str | None  #: the rule whose cap sets the limit now
    alternatives: tuple[Alternative, ...]
    complete: bool  #: whether nothing was left untried: every set up to three facts, or every set at all if none helps
    evaluations: int  #: how many were spent
    statement: Text


def find_recourse(policy: Policy, evaluate: Evaluate, given: Given, as_of: dt.datetime) -> Recourse:
    """Search what would make the decision favourable or, if it is, what would lift its limit."""
    evaluation = evaluate(given, as_of)
    now = resolve(policy, evaluation)
    search = Search(policy, evaluate, given, as_of, evaluation, EVALUATIONS)
    goal = LimitOf(now.amounts.get("limit", 0) + 1) if now.outcome.favourable else Favourable()
    offers_none = now.outcome.favourable and "limit" not in now.amounts
    every = () if offers_none else levers(policy, given, as_of)
    sets = _Sets(search, goal, every)
    complete = sets.run() and not (every and fixed_lists(policy, given))
    guarded = _guarded(policy, evaluation)
    alternatives = tuple(_alternative(policy, search, changed, now, guarded) for changed in sets.found)
    aim: Literal["favourable", "limit"] = "limit" if now.outcome.favourable else "favourable"
    return Recourse(
        goal=aim,
        bound_by=now.binding.get("limit"),
        alternatives=alternatives,
        complete=complete,
        evaluations=EVALUATIONS - search.left,
        statement=advice.summary(aim, len(alternatives), complete, offers_none),
    )


class _Sets:
    """Goes through sets of facts, the smallest first."""

    def __init__(self, search: Search, goal: Goal, every: Levers) -> None:
        self._search, self._goal, self._every = search, goal, every
        self.found: list[tuple[Levers, Point]] = []

    def run(self) -> bool:
        """Fill `found`; say whether every set was tried that had to be."""
        try:
            if not self._possible(self._every):
                return True
            needed = {fact for fact in self._facts() if not self._possible(self._without(fact))}
            for size in range(max(1, len(needed)), len(self._facts()) + 1):
                if size > MAX_TOGETHER and self.found:
                    break
                for chosen in self._of(size, needed):
                    self._try(chosen)
                    if len(self.found) == MAX_ALTERNATIVES:
                        return False
        except Spent:
            return False
        return True

    def _facts(self) -> list[str]:
        return list(dict.fromkeys(lever.fact for lever in self._every))

    def _without(self, fact: str) -> Levers:
        return tuple(lever for lever in self._every if lever.fact != fact)

    def _possible(self, chosen: Levers) -> bool:
        """Whether moving some of these facts, each in all its directions, may reach the goal."""
        moved: dict[str, Ranged] = {}
        for fact in dict.fromkeys(lever.fact for lever in chosen):
            moved[fact] = _whole([lever for lever in chosen if lever.fact == fact])
        return bool(moved) and self._goal.possible(self._search.outlook, self._search.look(moved))

    def _of(self, size: int, needed: set[str]) -> Iterator[Levers]:
        """Sets of so many facts, in the order of the vocabulary, each fact in one direction."""
        for chosen in combinations(self._every, size):
            names = {lever.fact for lever in chosen}
            if len(names) == size and needed <= names:
                yield chosen

    def _try(self, chosen: Levers) -> None:
        names = {lever.fact for lever in chosen}
        if any({lever.fact for lever in known} < names for known, _ in self.found):
            return
        if not self._search.needs_all(chosen, self._goal):
            return
        goal, start = self._goal, None
        if isinstance(goal, LimitOf):
            lifted = self._search.highest(chosen, goal.least - 1)
            if lifted is not None:
                goal, start = LimitOf(lifted[0]), lifted[1]
        else:
            start = self._search.reach(chosen, goal)
        if start is not None:
            self.found.append((chosen, self._search.nearest(chosen, start, goal)))


def _whole(ways: Sequence[Lever]) -> Ranged:
    """Everything a fact can be moved to, its present value included."""
    parts = [lever.between(0, lever.steps) for lever in ways]
    if spans := [part for part in parts if isinstance(part, Span)]:
        return Span(min(span.low for span in spans), max(span.high for span in spans))
    if words := [part.words for part in parts if isinstance(part, Words)]:
        return Words(frozenset().union(*words))
    return parts[0]


def _guarded(policy: Policy, evaluation: Evaluation) -> set[str]:
    """The given facts behind rules that fired for reasons told in general words only."""
    fired = [policy.rule[name] for name in evaluation.fired]
    secret = [rule for rule in fired if rule.because and policy.reasons[rule.because].disclose == "general"]
    return {base for rule in secret for name in rule.reads for base in policy.base[name]}


def _alternative(
    policy: Policy, search: Search, found: tuple[Levers, Point], now: Resolution, guarded: set[str]
) -> Alternative:
    """Decide once more and say what comes of it."""
    moved = changes(*found)
    resolution = search.resolved(moved)
    offer = Offer(**{WIRE_AMOUNT[name]: amount for name, amount in resolution.amounts.items()})
    steps = tuple(Change(lever.fact, _shown(lever.now), _shown(moved[lever.fact])) for lever in found[0])
    return Alternative(
        changes=steps,
        outcome=resolution.outcome,
        offer=offer if resolution.amounts else None,
        binding={WIRE_AMOUNT[name]: rule for name, rule in resolution.binding.items()},
        disclose="full" if guarded.isdisjoint(moved) else "general",
        statement=advice.alternative(policy, found[0], moved, resolution, now),
    )


def _shown(value: object) -> Shown:
    return value if isinstance(value, int | bool | str) else str(value)
