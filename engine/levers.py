"""How facts may be moved in search of recourse: in their range, in the direction their `actionable` allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from engine.codes import code_against
from engine.expression import Among, Compare, Constant, Expression, Name, walk
from engine.given import Given
from engine.kinds import Value
from engine.policy import Policy
from engine.vocabulary import Fact

FEW_VALUES = 40  #: a range so small is walked value by value


class Lever(msgspec.Struct, frozen=True):
    """A fact that can be moved: the value furthest away, and stops on the way there, nearest first."""

    fact: str
    now: Value
    far: Value
    stops: tuple[Value, ...]
    every: bool  #: whether the stops are all values there are


def levers_of(fact: Fact, given: Given, policy: Policy) -> Iterator[Lever]:
    """How a fact may be moved; missing facts are asked for instead, dates and records cannot be moved."""
    if fact.name not in given or fact.kind is None or fact.actionable == "never":
        return
    now = given[fact.name]
    up, down = fact.actionable in ("up", "either"), fact.actionable in ("down", "either")
    if fact.kind.name == "bool" and isinstance(now, bool):
        if (up and not now) or (down and now):
            yield Lever(fact.name, now, not now, (not now,), every=True)
    elif fact.kind.name == "enum" and isinstance(now, str):
        place = fact.kind.values.index(now)
        for index, word in enumerate(fact.kind.values):
            if (up and index > place) or (down and index < place):
                yield Lever(fact.name, now, word, (word,), every=True)
    elif fact.range is not None and isinstance(now, int):
        constants = _constants(fact.name, policy)
        for allowed, far in ((up, fact.range.high), (down, fact.range.low)):
            if allowed and far != now:
                few = abs(far - now) <= FEW_VALUES
                stops = _every(now, far) if few else _stops(now, far, constants)
                yield Lever(fact.name, now, far, stops, every=few)


def stuck(policy: Policy, given: Given) -> bool:
    """Whether a fact the applicant can change has no lever here, because it is a date or a list of records."""
    facts = [fact for fact in policy.facts.values() if fact.actionable != "never" and fact.name in given]
    return any(fact.kind is None or fact.kind.name == "date" for fact in facts)


def _every(now: int, far: int) -> tuple[int, ...]:
    return tuple(range(now + 1, far + 1)) if far > now else tuple(range(now - 1, far - 1, -1))


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
