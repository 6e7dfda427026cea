"""What would change the answer: minimal changes of facts the applicant can act on, each proven by deciding again.

A change moves facts within their range and in the direction their `actionable` allows. Single facts are searched over
every constant the policy holds them against, then exactly between; sets of two and three start from the far ends of
their ranges and are drawn back fact by fact until nothing more can be spared. The search is bounded; what it returns
is always proven, and it says whether it came to its end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Literal

import msgspec

from engine.decision import Offer, Shown
from engine.encoding import code_against
from engine.evaluation import Evaluation
from engine.expression import Among, Compare, Constant, Expression, Name, walk
from engine.given import Given
from engine.kinds import Value
from engine.policy import WIRE_AMOUNT, Outcome, Policy
from engine.resolve import Resolution, resolve
from engine.vocabulary import Fact

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
    complete: bool  #: whether the search came to its end


class _Spent(Exception):
    """the search used up its probes"""


class _Lever(msgspec.Struct, frozen=True):
    """A fact that can be moved: the value furthest away, and stops on the way there, nearest first."""

    fact: str
    now: Value
    far: Value
    stops: tuple[Value, ...]


def find_recourse(policy: Policy, evaluate: Evaluate, given: Given, as_of: dt.datetime) -> Recourse:
    """Search what would make the decision favourable or, if it is, what would lift its limit."""
    search = _Search(policy, evaluate, given, as_of)
    now = search.probe({})
    try:
        search.run(search.lifting(now) if now.outcome.favourable else _favourable)
        complete = True
    except _Spent:
        complete = False
    goal: Literal["favourable", "limit"] = "limit" if now.outcome.favourable else "favourable"
    return Recourse(goal, tuple(map(search.proven, search.found)), complete)


def _favourable(far: Resolution) -> Goal | None:
    """Reached by any favourable outcome."""
    return (lambda resolution: resolution.outcome.favourable) if far.outcome.favourable else None


class _Search:
    def __init__(self, policy: Policy, evaluate: Evaluate, given: Given, as_of: dt.datetime) -> None:
        self.policy = policy
        self.evaluate = evaluate
        self.given = given
        self.as_of = as_of
        self.left = MAX_PROBES
        self.found: list[Changes] = []
        self.levers = [lever for fact in policy.facts.values() for lever in _levers(fact, given, policy)]

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
        """Find minimal sets of changes, the smallest first; a set that holds a smaller one is not looked at."""
        for size in range(1, MAX_TOGETHER + 1):
            for levers in combinations(self.levers, size):
                names = {lever.fact for lever in levers}
                if len(names) < size or any(set(changes) <= names for changes in self.found):
                    continue
                changes = self.together(levers, aim)
                if changes is not None:
                    self.found.append(changes)
                if len(self.found) == MAX_ALTERNATIVES:
                    return

    def lifting(self, now: Resolution) -> Aim:
        """Aim at the highest limit that moving some facts can reach."""
        limit = now.amounts.get("limit")

        def aim(far: Resolution) -> Goal | None:
            best = far.amounts.get("limit")
            if limit is None or best is None or best <= limit or not far.outcome.favourable:
                return None
            return lambda resolution: resolution.outcome.favourable and resolution.amounts.get("limit", 0) >= best

        return aim

    def together(self, levers: Sequence[_Lever], aim: Aim) -> Changes | None:
        """Facts at their far ends, then drawn back one after the other as far as the goal allows."""
        changes = {lever.fact: lever.far for lever in levers}
        reached = aim(self.probe(changes))
        if reached is None:
            return self.anywhere(levers[0], aim) if len(levers) == 1 else None
        for lever in levers:
            others = {name: value for name, value in changes.items() if name != lever.fact}
            value = self.least(lever, others, reached)
            if value is not None:
                changes[lever.fact] = value
        return changes

    def anywhere(self, lever: _Lever, aim: Aim) -> Changes | None:
        """One fact at any of its stops, when its far end does not help."""
        for stop in lever.stops:
            reached = aim(self.probe({lever.fact: stop}))
            if reached is not None:
                value = self.least(lever, {}, reached)
                return None if value is None else {lever.fact: value}
        return None

    def least(self, lever: _Lever, others: Changes, reached: Goal) -> Value | None:
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


def _levers(fact: Fact, given: Given, policy: Policy) -> Iterator[_Lever]:
    """How a fact may be moved; missing facts are asked for instead, dates and records cannot be moved."""
    if fact.name not in given or fact.kind is None or fact.actionable == "never":
        return
    now = given[fact.name]
    up, down = fact.actionable in ("up", "either"), fact.actionable in ("down", "either")
    if fact.kind.name == "bool" and isinstance(now, bool):
        if (up and not now) or (down and now):
            yield _Lever(fact.name, now, not now, (not now,))
    elif fact.kind.name == "enum" and isinstance(now, str):
        place = fact.kind.values.index(now)
        for index, word in enumerate(fact.kind.values):
            if (up and index > place) or (down and index < place):
                yield _Lever(fact.name, now, word, (word,))
    elif fact.range is not None and isinstance(now, int):
        constants = _constants(fact.name, policy)
        for allowed, far in ((up, fact.range.high), (down, fact.range.low)):
            if allowed and far != now:
                yield _Lever(fact.name, now, far, _stops(now, far, constants))


def _stops(now: int, far: int, constants: Sequence[int]) -> tuple[int, ...]:
    step = 1 if far > now else -1
    between = [code for code in constants if min(now, far) < code < max(now, far)]
    return (*sorted(between, key=lambda code: step * code), far)


def _constants(name: str, policy: Policy) -> list[int]:
    """The values around which a test of this fact turns."""
    codes = set()
    for condition in _conditions(policy):
        for node in walk(condition):
            for left, right in _sides(node):
                code = code_against(left, right) if isinstance(left, Name) and left.name == name else None
                codes |= {code - 1, code, code + 1} if code is not None else set()
    return sorted(codes)


def _conditions(policy: Policy) -> Iterator[Expression]:
    for derived in policy.derived:
        yield from [derived.formula] if derived.formula is not None else []
        yield from [row.when for row in derived.table.rows] if derived.table is not None else []
    yield from (rule.when for rule in policy.rules)


def _sides(node: Expression) -> Iterator[tuple[Expression, Expression]]:
    if isinstance(node, Compare):
        yield (node.right, node.left) if isinstance(node.left, Constant) else (node.left, node.right)
    elif isinstance(node, Among):
        yield from ((node.item, value) for value in node.values)


def _shown(value: object) -> Shown:
    return value if isinstance(value, int | bool | str) else str(value)
