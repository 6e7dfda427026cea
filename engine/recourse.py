"""What would change the answer: minimal changes of facts the applicant can act on, each proven by deciding again.

A change moves facts within their range and in the direction their `actionable` allows. Single facts are searched over
every constant the policy holds them against, then exactly between; sets of two and three start from the far ends of
their ranges and are drawn back fact by fact until nothing more can be spared; when that finds nothing, all
combinations of stops are tried. The search is bounded: what it returns is always proven, and only when `complete` does
nothing found mean that nothing helps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Literal

import msgspec

from engine.decision import Offer, Shown
from engine.evaluation import Evaluation
from engine.given import Given
from engine.kinds import Value
from engine.levers import Lever, levers_of, stuck
from engine.policy import WIRE_AMOUNT, Outcome, Policy
from engine.resolve import Resolution, resolve

MAX_PROBES = 3_000
MAX_TOGETHER = 3
MAX_ALTERNATIVES = 5

Changes = Mapping[str, Value]
Evaluate = Callable[[Given, dt.datetime], Evaluation]
Goal = Callable[[Resolution], bool]
#: Sets the goal by what the far ends of some facts come to; None when they come to nothing better.
Aim = Callable[[Resolution], Goal | None]


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


class Recourse(msgspec.Struct, frozen=True):
    """What the applicant could change; no alternatives and `complete` mean that nothing in their power helps."""

    goal: Literal["favourable", "limit"]  #: `limit` when the decision is favourable already
    alternatives: tuple[Alternative, ...]
    complete: bool  #: whether every combination of values was tried, so that nothing found means nothing helps


class _Spent(Exception):
    """the search used up its probes"""


def find_recourse(policy: Policy, evaluate: Evaluate, given: Given, as_of: dt.datetime) -> Recourse:
    """Search what would make the decision favourable or, if it is, what would lift its limit."""
    search = _Search(policy, evaluate, given, as_of)
    now = search.probe({})
    try:
        search.run(search.lifting(now) if now.outcome.favourable else _favourable)
        complete = search.through()
    except _Spent:
        complete = False
    goal: Literal["favourable", "limit"] = "limit" if now.outcome.favourable else "favourable"
    return Recourse(goal, tuple(map(search.proven, search.found)), complete)


def _favourable(far: Resolution) -> Goal | None:
    """Reached by any favourable outcome."""
    return (lambda resolution: resolution.outcome.favourable) if far.outcome.favourable else None


#: Where the search for some facts begins.
Starts = Callable[[Sequence[Lever]], Iterator[Changes]]


class _Search:
    def __init__(self, policy: Policy, evaluate: Evaluate, given: Given, as_of: dt.datetime) -> None:
        self.policy = policy
        self.evaluate = evaluate
        self.given = given
        self.as_of = as_of
        self.left = MAX_PROBES
        self.found: list[Changes] = []
        self.levers = [lever for fact in policy.facts.values() for lever in levers_of(fact, given, policy)]

    def probe(self, changes: Changes) -> Resolution:
        """Decide with some facts changed."""
        if self.left == 0:
            raise _Spent
        self.left -= 1
        return resolve(self.policy, self.evaluate({**self.given, **changes}, self.as_of))

    def proven(self, changes: Changes) -> Alternative:
        """Decide once more and say what comes of it."""
        resolution = resolve(self.policy, self.evaluate({**self.given, **changes}, self.as_of))
        offer = Offer(**{WIRE_AMOUNT[name]: amount for name, amount in resolution.amounts.items()})
        steps = tuple(Change(name, _shown(self.given[name]), _shown(value)) for name, value in changes.items())
        return Alternative(steps, resolution.outcome, offer if resolution.amounts else None)

    def run(self, aim: Aim) -> None:
        """Find minimal sets of changes: first from far ends and single facts, then, if none helps, from all stops."""
        self.sets(aim, self.far_ends)
        if not self.found:
            self.sets(aim, self.all_stops)

    def sets(self, aim: Aim, starts: Starts) -> None:
        """Go through sets of facts, the smallest first; a set that holds a smaller one is not looked at."""
        for size in range(1, MAX_TOGETHER + 1):
            for levers in combinations(self.levers, size):
                names = {lever.fact for lever in levers}
                if len(names) < size or self.held(names):
                    continue
                changes = self.together(levers, aim, starts)
                if changes is not None and not self.held(set(changes)):
                    self.found.append(changes)
                if len(self.found) == MAX_ALTERNATIVES:
                    raise _Spent

    def held(self, names: set[str]) -> bool:
        """Whether some of these facts alone are known to help."""
        return any(set(changes) <= names for changes in self.found)

    def through(self) -> bool:
        """Whether the stops are all values there are and no larger set is left, so that nothing found is nothing."""
        facts = {lever.fact for lever in self.levers}
        moved = all(lever.every for lever in self.levers) and not stuck(self.policy, self.given)
        return moved and len(facts) <= MAX_TOGETHER

    def lifting(self, now: Resolution) -> Aim:
        """Aim at the highest limit that moving some facts can reach."""
        limit = now.amounts.get("limit")

        def aim(far: Resolution) -> Goal | None:
            best = far.amounts.get("limit")
            if limit is None or best is None or best <= limit or not far.outcome.favourable:
                return None
            return lambda resolution: resolution.outcome.favourable and resolution.amounts.get("limit", 0) >= best

        return aim

    def far_ends(self, levers: Sequence[Lever]) -> Iterator[Changes]:
        """Every fact at its far end; a single one at its other stops too."""
        yield {lever.fact: lever.far for lever in levers}
        if len(levers) == 1:
            yield from ({levers[0].fact: stop} for stop in levers[0].stops[:-1])

    def all_stops(self, levers: Sequence[Lever]) -> Iterator[Changes]:
        """Every combination of stops."""
        names = [lever.fact for lever in levers]
        yield from (dict(zip(names, stops, strict=True)) for stops in product(*(lever.stops for lever in levers)))

    def together(self, levers: Sequence[Lever], aim: Aim, starts: Starts) -> Changes | None:
        """The first start that helps, its facts drawn back one after the other as far as the goal allows."""
        for start in starts(levers):
            reached = aim(self.probe(start))
            if reached is not None:
                return self.drawn_back(dict(start), levers, reached)
        return None

    def drawn_back(self, changes: dict[str, Value], levers: Sequence[Lever], reached: Goal) -> Changes:
        """Spare what the goal does not need."""
        for lever in levers:
            others = {name: value for name, value in changes.items() if name != lever.fact}
            if others and reached(self.probe(others)):
                changes = others
                continue
            value = self.least(lever, others, reached)
            if value is not None:
                changes[lever.fact] = value
        return changes

    def least(self, lever: Lever, others: Changes, reached: Goal) -> Value | None:
        """The value nearest to the present one that reaches the goal, the other changes given."""

        def good(value: Value) -> bool:
            return reached(self.probe({**others, lever.fact: value}))

        before = lever.now
        for stop in lever.stops:
            if good(stop):
                return self.between(before, stop, good)
            before = stop
        return None

    def between(self, bad: Value, good_value: Value, good: Callable[[Value], bool]) -> Value:
        """Halve the way from a value that does not reach the goal to one that does."""
        if isinstance(bad, bool) or not isinstance(bad, int) or not isinstance(good_value, int):
            return good_value
        while abs(good_value - bad) > 1:
            middle = (good_value + bad) // 2
            if good(middle):
                good_value = middle
            else:
                bad = middle
        return good_value


def _shown(value: object) -> Shown:
    return value if isinstance(value, int | bool | str) else str(value)
