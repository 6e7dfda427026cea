"""Tests as the trace shows them: what stood against what, by how much, and whether it held."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import NamedTuple

from engine.codes import code_against
from engine.decision import Comparison, Shown
from engine.expression import FLIPPED, Among, Compare, CompareOp, Constant, Expression, Junction, Name, Not, show
from engine.kinds import Kind
from engine.running.branches import turned
from engine.running.columns import subject
from engine.running.conditions import COMPARE, compile_condition

Shower = Callable[[Mapping[str, object], dt.date], Comparison]
_ANY_DAY = dt.date(2000, 1, 1)  #: tests on one fact do not look at today


class Measured(NamedTuple):
    """A test of a number against a literal, both in base units."""

    text: str
    name: str
    op: CompareOp
    threshold: int


class Paired(NamedTuple):
    """A test of one fact against another of the same kind; it shows no value."""

    text: str
    left: str
    op: CompareOp
    right: str


class Spoken(NamedTuple):
    """A test on a word or a flag: it says one of a few things, said beforehand; under None, when it is missing."""

    name: str
    said: Mapping[object, Comparison]


class Tested(NamedTuple):
    """A single test: how it is shown whatever is missing, and what it is when it is one of the simple kinds."""

    show: Shower
    simple: Measured | Paired | Spoken | None = None


def shown(value: object) -> Shown:
    """A value as JSON carries it."""
    return value.isoformat() if isinstance(value, dt.date) else value  # type: ignore[return-value]  # int, bool or str


def tests_of(condition: Expression, kinds: Mapping[str, Kind]) -> tuple[Tested, ...]:
    """The single tests of a condition, in order."""
    return tuple([_test(test, kinds) for test in _tests(condition)])


def _tests(condition: Expression, negated: bool = False) -> list[Expression]:
    """The single tests of a condition, turned round where it negates them, so that each is shown as it counts."""
    match condition:
        case Not():
            return _tests(condition.item, not negated)
        case Junction():
            return [test for item in condition.items for test in _tests(item, negated)]
        case Constant():
            return []
        case _:
            return [turned(condition) if negated else condition]


def _test(test: Expression, kinds: Mapping[str, Kind]) -> Tested:
    name, threshold = _threshold(test)
    if isinstance(test, Compare) and name is not None and isinstance(threshold, int) and test.left.kind.numeric:
        op = test.op if isinstance(test.left, Name) else FLIPPED[test.op]
        measured = Measured(show(test), name, op, threshold)
        return Tested(_measuring(measured), measured)
    plain = _plain(test, name, threshold)
    if isinstance(test, Compare) and isinstance(test.left, Name) and isinstance(test.right, Name):
        left, right = test.left, test.right
        return Tested(plain, Paired(show(test), left.name, test.op, right.name) if left.kind == right.kind else None)
    about = subject(test)
    words = _words(kinds[about]) if about is not None else ()
    if about is None or not words:
        return Tested(plain)
    spoken = Spoken(about, {word: plain({about: word}, _ANY_DAY) for word in (None, *words)})
    return Tested(lambda values, today: spoken.said[values.get(about)], spoken)


def _plain(test: Expression, name: str | None, threshold: Shown | None) -> Shower:
    text, truth = show(test), compile_condition(test)

    def compare(values: Mapping[str, object], today: dt.date) -> Comparison:
        holds = truth(values, today)
        value = values.get(name) if name is not None else None
        return Comparison(text, holds) if value is None else Comparison(text, holds, shown(value), threshold)

    return compare


def _words(kind: Kind) -> tuple[object, ...]:
    return (False, True) if kind.name == "bool" else kind.values


def _measuring(measured: Measured) -> Shower:
    text, name, op, threshold = measured
    holds = COMPARE[op]

    def compare(values: Mapping[str, object], _: dt.date) -> Comparison:
        try:
            value = values[name]
        except KeyError:
            return Comparison(text, None)
        return Comparison(text, holds(value, threshold), value, threshold, value - threshold)  # type: ignore[arg-type,operator]  # a number

    return compare


def _threshold(test: Expression) -> tuple[str | None, Shown | None]:
    """The fact a test is about and what it is held against, when that is a literal."""
    if isinstance(test, Not):
        test = test.item
    if isinstance(test, Name):
        return test.name, None
    if isinstance(test, Among) and isinstance(test.item, Name):
        return test.item.name, None
    if not isinstance(test, Compare):
        return None, None
    left, right = (test.right, test.left) if isinstance(test.left, Constant) else (test.left, test.right)
    if not isinstance(left, Name) or not isinstance(right, Constant):
        return None, None
    code = code_against(left, right) if left.kind.numeric else None
    return left.name, code if left.kind.numeric else shown(right.value)
