"""The live executor: derives a policy's facts one after the other, then lets a matcher fire its rules.

There are two ways through the same parts. When nothing is missing, each fact is one lookup or one formula and the rules
are matched once. When something is, they are matched twice, with the tests that hold for certain and with those that
could hold (docs/adr/0002): a rule that fires the second time only is unknown, and its condition says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from engine.errors import ExecutorFault
from engine.evaluation import AmountKey, Evaluation, Gap, Values, day_of, gap, merged
from engine.expression import names_in
from engine.given import Given
from engine.kinds import SCALE, Value
from engine.policy import AMOUNTS, Aggregate, Derived, Policy, Rule
from engine.running.bits import numbers_in
from engine.running.blaming import Blame, compile_blame
from engine.running.compute import Compute, Incomputable, compile_plain
from engine.running.matching import Matcher
from engine.running.records import compile_aggregate
from engine.running.storing import compile_stored, fixed
from engine.running.tables import TableIndex

_NO_GAPS: Mapping[str, Gap] = {}
REMEMBERED = 4_096  #: rules that fired together


class _Unknown(Exception):
    """something is missing, or cannot be computed"""


class _Node:
    """A fact to derive: by a table, by a condition, or by a computation."""

    def __init__(self, node: Aggregate | Derived, policy: Policy) -> None:
        self.name = node.name
        self.reads = node.reads
        table = node.table if isinstance(node, Derived) else None
        formula = node.formula if isinstance(node, Derived) else None
        self.table = TableIndex(table, policy, policy.kinds) if table is not None else None
        self.blames = [compile_blame(row.when) for row in table.rows] if table is not None else []
        self.condition = compile_blame(formula) if formula is not None and node.kind.name == "bool" else None
        self.compute = _compute(node, policy) if table is None and self.condition is None else None

    @property
    def known(self) -> Compute:
        """The computation that gives the value, or None when something is unknown."""
        condition = self.condition
        if condition is not None:
            return lambda values, today: condition(values, today)[0]
        return self.compute or (lambda values, today: None)


def _compute(node: Aggregate | Derived, policy: Policy) -> Compute:
    if isinstance(node, Aggregate):
        return compile_aggregate(node, policy)
    assert node.formula is not None
    if node.kind.name in SCALE:
        return compile_stored(node.formula, node.kind, policy.rounding)
    return compile_plain(node.formula)  # a bare name or literal of a kind without arithmetic


class _Firing:
    """What firing a rule takes: its blame and its amounts."""

    def __init__(self, rule: Rule, policy: Policy) -> None:
        self.name = rule.name
        self.blame: Blame = compile_blame(rule.when)
        self.amounts = [
            ((role, name), compile_stored(formula, AMOUNTS[name], policy.rounding), names_in(formula))
            for role, name, formula in rule.amounts
        ]
        self.fixed = {
            (role, name): fixed(formula, AMOUNTS[name], policy.rounding) for role, name, formula in rule.amounts
        }


class _Together:
    """Rules that fire together: their names, and the amounts that are the same for everybody."""

    def __init__(self, firings: Sequence[_Firing]) -> None:
        self.names = tuple([firing.name for firing in firings])
        self.amounts = {firing.name: firing.fixed for firing in firings}
        self.computed = [firing for firing in firings if None in firing.fixed.values()]


class Executor:
    """One policy compiled, with a matcher for its rules."""

    def __init__(self, policy: Policy, matcher: Matcher) -> None:
        self.policy = policy
        self.matcher = matcher
        self.nodes = [_Node(node, policy) for node in policy.nodes]
        self._plan = [
            (node.name, node.table.settled if node.table is not None else None, node.known) for node in self.nodes
        ]
        self.firings = [_Firing(rule, policy) for rule in policy.rules]
        self._together: dict[int, _Together] = {}  # by the bits of their numbers

    def close(self) -> None:
        """Give back what the matcher holds; the executor is not used again."""
        self.matcher.close()

    def evaluate(self, given: Given, as_of: dt.datetime) -> Evaluation:
        """Evaluate every derived fact and every rule; raise ExecutorFault when the engine misbehaves."""
        today = day_of(as_of)
        try:
            try:
                return self._complete(given, today)
            except (KeyError, Incomputable, _Unknown):
                return _Run(self, given, today).evaluation()
        except ExecutorFault:
            raise
        except Exception as error:
            raise ExecutorFault(f"{type(error).__name__}: {error}") from error

    def _complete(self, given: Given, today: dt.date) -> Evaluation:
        """The way without gaps; KeyError, Incomputable or _Unknown say that there is one."""
        values, rows = dict(given), {}
        for name, settled, known in self._plan:
            if settled is None:
                value = known(values, today)
                if value is None:
                    raise _Unknown
                values[name] = value
            else:
                rows[name], values[name] = settled(values, today)
        fired = self.matcher.known(values, today)
        together = self._together.get(fired) or self._meet(fired)
        amounts = together.amounts
        if together.computed:
            amounts = {**amounts, **{firing.name: _amounts(firing, values, today) for firing in together.computed}}
        return Evaluation(values, rows, together.names, amounts, _NO_GAPS, _NO_GAPS)

    def _meet(self, fired: int) -> _Together:
        """Say what rules that fire together come to, and remember it while there is room."""
        together = _Together([self.firings[number] for number in numbers_in(fired)])
        if len(self._together) < REMEMBERED:
            self._together[fired] = together
        return together


def _amounts(firing: _Firing, values: Mapping[str, object], today: dt.date) -> dict[AmountKey, int | None]:
    amounts: dict[AmountKey, int | None] = {}
    for key, compute, _ in firing.amounts:
        amount = amounts[key] = compute(values, today)
        if amount is None:
            raise _Unknown
    return amounts


class _Run:
    """One decision's way when something is missing or cannot be computed."""

    def __init__(self, executor: Executor, given: Given, today: dt.date) -> None:
        self.executor, self.today = executor, today
        self.values = Values(given)
        self.rows: dict[str, tuple[int, ...]] = {}
        self.gaps: dict[str, Gap] = {}
        self.open: dict[str, Gap] = {}

    def evaluation(self) -> Evaluation:
        for node in self.executor.nodes:
            value = self._derive(node)
            if isinstance(value, Gap):
                self.gaps[node.name] = value
                self.values.broken |= {node.name} if value.cause else set()
            else:
                self.values[node.name] = value
        amounts = {}
        certain, possible = self.executor.matcher.bounds(self.values, self.today)
        if certain & ~possible:
            raise ExecutorFault("a rule fired as certain that was not possible")
        for number in numbers_in(possible):
            firing = self.executor.firings[number]
            if certain >> number & 1:
                amounts[firing.name] = self._amounts(firing)
            else:
                self.open[firing.name] = self._gap(firing.blame)
        return Evaluation(self.values, self.rows, tuple(amounts), amounts, self.gaps, self.open)

    def _derive(self, node: _Node) -> Value | Gap:
        if node.table is not None:
            hits, value = node.table.weighed(self.values, self.today, lambda row: self._gap(node.blames[row]))
            if hits is not None:
                self.rows[node.name] = hits
            return value
        if node.condition is not None:
            status, names, cause = node.condition(self.values, self.today)
            return gap(names, cause, self.gaps) if status is None else status
        assert node.compute is not None
        return self._computed(node.compute, node.reads)

    def _computed(self, compute: Compute, reads: Sequence[str]) -> Value | Gap:
        try:
            value = compute(self.values, self.today)
        except Incomputable as reason:
            return Gap((), str(reason))
        if value is None:
            return gap((name for name in reads if name not in self.values), None, self.gaps)
        return value

    def _gap(self, blame: Blame) -> Gap:
        """Say why a condition is unknown; it must find itself unknown too."""
        status, names, cause = blame(self.values, self.today)
        if status is not None:
            raise ExecutorFault("a condition is unknown to the matcher only")
        return gap(names, cause, self.gaps)

    def _amounts(self, firing: _Firing) -> dict[AmountKey, int | None]:
        amounts: dict[AmountKey, int | None] = {}
        gaps = []
        for key, compute, reads in firing.amounts:
            amount = self._computed(compute, reads)
            gaps += [amount] if isinstance(amount, Gap) else []
            amounts[key] = None if isinstance(amount, Gap) else amount  # type: ignore[assignment]  # amounts are numbers
        if gaps:
            self.open[firing.name] = merged(gaps)
        return amounts
