"""Steps of what is all there, built by functions that are put together for one policy (docs/adr/0019).

They read each fact once and build a step where the trace wants it, with no call for its parts. A fact that is not there
is a KeyError of theirs: the steps are then built by the parts that can do without it (trace.py).
"""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from engine.decision import Comparison, Step
from engine.explaining.picking import Amounts
from engine.explaining.showing import Measured, Paired, Spoken, Tested, shown
from engine.generating import Draft, call, compare, give, item, operate, read, reading, row, some, table

Values = Mapping[str, Any]
#: Builds the steps of all derived facts from the values, the evaluation's rows, and the day.
BuildAll = Callable[[Values, Mapping[str, tuple[int, ...]], dt.date], tuple[Step, ...]]
#: Builds a step from the values, the evaluation's rows (for a derived fact) or amounts (for a rule), and the day.
Build = Callable[[Values, Mapping[str, Any], dt.date], Step]
NOTHING: Mapping[str, int] = {}
REMEMBERED = 4_096  #: rows of a table that applied together


class Recalled(NamedTuple):
    """Steps that are made once: where they are kept, and what makes and keeps one."""

    made: Mapping[object, Step]
    build: Build


class NodePlan(NamedTuple):
    """A derived fact as its step shows it."""

    kind: Literal["aggregate", "table", "scorecard", "formula"]
    name: str
    texts: tuple[str, ...]  #: of the rows of a table; else the one text
    reads: tuple[str, ...]
    looked_up: bool  #: whether rows apply to it
    recalled: Recalled | None


class RulePlan(NamedTuple):
    """A rule as its step shows it."""

    name: str
    when: tuple[str, ...]
    then: Any
    because: str | None
    reads: tuple[str, ...]
    tests: tuple[Tested, ...]
    cap: Amounts
    offer: Amounts
    recalled: Recalled | None


class _Page(Draft):
    """A function that builds steps. It reads each fact once, many together."""

    def __init__(self, *parameters: str, dates: Iterable[str]) -> None:
        super().__init__(*parameters)
        self._dates = frozenset(dates)
        self._facts: dict[str, str] = {}  # the variables they are read into

    def fact(self, name: str) -> ast.expr:
        """The value of a fact."""
        if name not in self._facts:
            self._facts[name] = self.variable()
        return read(self._facts[name])

    def done(self, name: str) -> Callable[..., Any]:
        """As Draft.done; what is read comes first."""
        self.body[:0] = reading(self, "values", self._facts)
        return super().done(name)

    def shown(self, name: str) -> ast.expr:
        """The value of a fact as JSON carries it."""
        return call(self.value(shown), self.fact(name)) if name in self._dates else self.fact(name)

    def picked(self, reads: Sequence[str]) -> ast.expr:
        """What was read."""
        return table([(self.value(name), self.shown(name)) for name in reads]) if reads else self.value(NOTHING)

    def step(self, *parts: ast.expr) -> ast.expr:
        """A step of all its parts, in their order."""
        return call(self.value(Step), *parts)

    def recall(self, recalled: Recalled, reads: Sequence[str], second: str) -> ast.expr:
        """A step that is there already, or is made now."""
        key = self.fact(reads[0]) if len(reads) == 1 else row([self.fact(name) for name in reads])
        made = call(self.value(recalled.build), read("values"), read(second), read("today"))
        return some([call(self.value(recalled.made.get), key), made])


class _Applied(dict[tuple[int, ...], tuple[str, ...]]):
    """The texts of rows that applied together."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, rows: tuple[int, ...]) -> tuple[str, ...]:
        texts = tuple([self._texts[number] for number in rows])
        if len(self) < REMEMBERED:
            self[rows] = texts
        return texts


def build_nodes(plans: Sequence[NodePlan], dates: Iterable[str]) -> BuildAll:
    """A function that builds the steps of derived facts."""
    page = _Page("values", "rows", "today", dates=dates)
    page.body.append(give(row([_node(page, plan) for plan in plans])))
    return page.done("derived")


def _node(page: _Page, plan: NodePlan) -> ast.expr:
    if plan.recalled is not None:
        return page.recall(plan.recalled, plan.reads, "rows")
    when = page.value(plan.texts)
    if plan.looked_up:
        when = item(page.value(_Applied(plan.texts)), item(read("rows"), page.value(plan.name)))
    head = [page.value(plan.kind), page.value(plan.name), when, page.picked(plan.reads), page.shown(plan.name)]
    return page.step(*head, *map(page.value, (None, (), None, None, NOTHING, NOTHING)))


def build_rule(plan: RulePlan, dates: Iterable[str]) -> Build:
    """A function that builds the step of a rule that fired."""
    page = _Page("values", "amounts", "today", dates=dates)
    page.body.append(give(_rule(page, plan)))
    return page.done("fired")


def _rule(page: _Page, plan: RulePlan) -> ast.expr:
    if plan.recalled is not None:
        return page.recall(plan.recalled, plan.reads, "amounts")
    tests = _tests(page, plan.tests)
    fixed = map(page.value, (None, None))
    said = map(page.value, (plan.then, plan.because))
    amounts = (_amounts(page, plan.name, amounts) for amounts in (plan.cap, plan.offer))
    head = map(page.value, ("rule", plan.name, plan.when))
    return page.step(*head, page.picked(plan.reads), *fixed, tests, *said, *amounts)


def _tests(page: _Page, tests: Sequence[Tested]) -> ast.expr:
    if len(tests) == 1 and isinstance(spoken := tests[0].simple, Spoken):
        return item(page.value({word: (said,) for word, said in spoken.said.items()}), page.fact(spoken.name))
    return row([_test(page, test) for test in tests])


def _test(page: _Page, test: Tested) -> ast.expr:
    match test.simple:
        case Spoken(name, said):
            return item(page.value(said), page.fact(name))
        case Measured(text, name, op, threshold):
            value, against = page.fact(name), page.value(threshold)
            parts = (page.value(text), compare(value, op, against), value, against, operate(value, "-", against))
            return call(page.value(Comparison), *parts)
        case Paired(text, left, op, right):
            return call(page.value(Comparison), page.value(text), compare(page.fact(left), op, page.fact(right)))
        case None:
            return call(page.value(test.show), read("values"), read("today"))


def _amounts(page: _Page, rule: str, amounts: Amounts) -> ast.expr:
    if isinstance(amounts, Mapping):
        return page.value(amounts)
    mine = page.keep(item(read("amounts"), page.value(rule)))
    return table([(page.value(wire), item(mine, page.value(key))) for wire, key in amounts])
