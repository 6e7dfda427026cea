"""The search behind recourse: the nearest values of some facts that reach a goal, found by ruling out what cannot.

A box is a range of values per fact. One look at a box (`outlook`) often shows that nothing in it can reach the goal;
what cannot be ruled out is halved until it can, or is a single case that is decided. So a range of a million values
costs a few dozen evaluations, and what the search says is exact. Every look and every decision counts against a budget
of evaluations, not of time: the same case always gets the same answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence

from engine.evaluation import Evaluation
from engine.explaining.resolve import Resolution, resolve
from engine.given import Given
from engine.kinds import Value
from engine.policy import Policy
from engine.ranges.spans import Ranged
from engine.recourse.goals import Goal, LimitOf
from engine.recourse.levers import Lever
from engine.recourse.outlook import Outlook, Prospect

Evaluate = Callable[[Given, dt.datetime], Evaluation]
Point = tuple[int, ...]  #: per lever, how many steps it is moved
Box = tuple[tuple[int, int], ...]  #: per lever, from how many steps to how many
_Part = tuple[Box, Prospect]


class Spent(Exception):
    """the budget of evaluations is used up"""


class Search:
    """One case and its policy; decides variants of it and looks at ranges of them, within a budget."""

    def __init__(
        self, policy: Policy, evaluate: Evaluate, given: Given, as_of: dt.datetime, evaluation: Evaluation, budget: int
    ) -> None:
        self.policy, self._evaluate, self._given, self._as_of = policy, evaluate, given, as_of
        self.outlook = Outlook(policy, evaluation, as_of)
        self.left = budget
        self._known: dict[tuple[object, ...], Resolution] = {}

    def decide(self, levers: Sequence[Lever], point: Point) -> Resolution:
        """Decide the case with some facts moved; the same case is decided once."""
        changed = changes(levers, point)
        key = tuple(changed.items())
        if key not in self._known:
            self._spend()
            self._known[key] = self.resolved(changed)
        return self._known[key]

    def resolved(self, changed: Mapping[str, Value]) -> Resolution:
        """Decide the case with some facts changed, whatever is left of the budget."""
        return resolve(self.policy, self._evaluate({**self._given, **changed}, self._as_of))

    def look(self, moved: Mapping[str, Ranged]) -> Prospect:
        """See what may come of moving some facts within ranges."""
        self._spend()
        return self.outlook.under(moved)

    def _spend(self) -> None:
        if self.left == 0:
            raise Spent
        self.left -= 1

    def _start(self, levers: Sequence[Lever], box: Box, goal: Goal) -> list[_Part]:
        """A box with what may come of it, unless nothing in it can reach the goal."""
        prospect = self.look(ranges(levers, box))
        return [(box, prospect)] if goal.possible(self.outlook, prospect) else []

    def needs_all(self, levers: Sequence[Lever], goal: Goal) -> bool:
        """Whether some way to the goal may take all of these facts: each can still make a difference."""
        found = self._start(levers, tuple((0, lever.steps) for lever in levers), goal)
        return bool(found) and all(self.outlook.matters(found[0][1], lever.fact) for lever in levers)

    def reach(self, levers: Sequence[Lever], goal: Goal) -> Point | None:
        """Some way to reach the goal by moving every one of these facts; None if there is none."""
        waiting = self._start(levers, _all_of(levers), goal)
        if waiting and goal.met(self.decide(levers, _far(waiting[0][0]))):
            return _far(waiting[0][0])
        while waiting:
            box, prospect = waiting.pop()
            if goal.met(self.decide(levers, _near(box))):
                return _near(box)
            waiting += reversed(self._parts(levers, box, prospect, goal))
        return None

    def nearest(self, levers: Sequence[Lever], point: Point, goal: Goal) -> Point:
        """Draw each fact of a point that reaches the goal back as far as the others allow, until none gives way."""
        while True:
            before = point
            for place in range(len(levers)):
                point = self._drawn_back(levers, point, place, goal)
            if point == before or len(levers) == 1:
                return point

    def _drawn_back(self, levers: Sequence[Lever], point: Point, place: int, goal: Goal) -> Point:
        """The same point with one fact at the nearest value that still reaches the goal; nearer ones are ruled out."""
        line: Box = tuple((1, at - 1) if index == place else (at, at) for index, at in enumerate(point))
        waiting = self._start(levers, line, goal) if point[place] > 1 else []
        while waiting:
            box, prospect = waiting.pop()
            if goal.met(self.decide(levers, _near(box))):
                return _near(box)
            waiting += reversed(self._parts(levers, box, prospect, goal))
        return point

    def highest(self, levers: Sequence[Lever], now: int) -> tuple[int, Point] | None:
        """The highest limit above `now` that these facts can lift the offer to, and one way there; None without."""
        best, found = now, None
        waiting = self._start(levers, _all_of(levers), LimitOf(best + 1))
        while waiting:
            box, prospect = waiting.pop()
            if not LimitOf(best + 1).possible(self.outlook, prospect):
                continue
            for point in dict.fromkeys((_far(box), _near(box))):
                resolution = self.decide(levers, point)
                if LimitOf(best + 1).met(resolution):
                    best, found = resolution.amounts["limit"], point
            waiting += self._parts(levers, box, prospect, LimitOf(best + 1))
        return None if found is None else (best, found)

    def _parts(self, levers: Sequence[Lever], box: Box, prospect: Prospect, goal: Goal) -> list[_Part]:
        """The halves of a box, nearer first, that may reach the goal; cut where that rules out most."""
        best: list[_Part] | None = None
        for place in self._sides(levers, box, prospect):
            parts = []
            for half in _halves(box, place):
                prospect = self.look(ranges(levers, half))
                parts += [(half, prospect)] if goal.possible(self.outlook, prospect) else []
            if not parts:
                return []
            if best is None or len(parts) < len(best):
                best = parts
        return best or []

    def _sides(self, levers: Sequence[Lever], box: Box, prospect: Prospect) -> list[int]:
        """The sides that still matter, the shortest first."""
        sides = [(far - near, place) for place, (near, far) in enumerate(box) if far > near]
        return [place for _, place in sorted(sides) if self.outlook.matters(prospect, levers[place].fact)]


def _halves(box: Box, place: int) -> Iterator[Box]:
    near, far = box[place]
    middle = (near + far) // 2
    for half in ((near, middle), (middle + 1, far)):
        yield tuple(half if index == place else ends for index, ends in enumerate(box))


def changes(levers: Sequence[Lever], point: Point) -> dict[str, Value]:
    """What the facts become at a point."""
    return {lever.fact: lever.at(number) for lever, number in zip(levers, point, strict=True)}


def ranges(levers: Sequence[Lever], box: Box) -> dict[str, Ranged]:
    """What the facts may be in a box."""
    return {lever.fact: lever.between(*ends) for lever, ends in zip(levers, box, strict=True)}


def _all_of(levers: Sequence[Lever]) -> Box:
    return tuple((1, lever.steps) for lever in levers)


def _near(box: Box) -> Point:
    return tuple(near for near, _ in box)


def _far(box: Box) -> Point:
    return tuple(far for _, far in box)
