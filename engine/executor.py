"""The live executor: takes a policy through its strata on the rule network.

Per wave one wide fact is asserted. When a fact is missing the wave is asserted once more with the bounds the other
way round (see `encoding`), to find what could be true: a production that only then fires is unknown.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.compute import Condition, Incomputable, compile_condition, compile_stored
from engine.encoding import code_of
from engine.errors import ExecutorFault
from engine.evaluation import NO_ROW, OVERFLOW, TWO_ROWS, Evaluation, day_of, silent, usable
from engine.given import Given, Record
from engine.kinds import BOOL, LIMIT, SCALE, Value
from engine.network import Stratum, compile_network, engine_rules
from engine.policy import AMOUNTS, Aggregate, Derived, Policy, Table
from engine.records import compile_aggregate
from engine.rete import WorkingMemory
from engine.wide_fact import WideFact

Statuses = list[bool | None]


class RuleNetwork:
    """One policy compiled for the C engine. Calls take turns: the engine keeps one working memory."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.strata = compile_network(policy)
        self._lock = threading.Lock()
        self.memory = WorkingMemory(f"{policy.name}-{policy.digest[:12]}", engine_rules(self.strata))
        self.waves = {wave.identity: WideFact(wave) for stratum in self.strata for wave in stratum.waves}
        self.features: dict[str, Condition] = {
            name: compile_condition(condition)
            for stratum in self.strata
            for name, condition in stratum.features.items()
        }
        self.features_of = {(p.owner, p.index): p.features for stratum in self.strata for p in stratum.productions}
        self.reads_of = {(p.owner, p.index): p.reads for stratum in self.strata for p in stratum.productions}
        self.kinds = dict(policy.kinds) | dict.fromkeys(self.features, BOOL)
        self.aggregates = [(node, compile_aggregate(node, policy)) for node in policy.aggregates]
        self.derived = {derived.name: derived for derived in policy.derived}
        self.stored = {
            derived.name: compile_stored(derived.formula, derived.kind, policy.rounding)
            for derived in policy.derived
            if derived.formula is not None and derived.kind.name in SCALE
        }
        self.amounts = {
            rule.name: [
                ((role, name), compile_stored(formula, AMOUNTS[name], policy.rounding))
                for role, name, formula in rule.amounts
            ]
            for rule in policy.rules
        }

    def close(self) -> None:
        """Give the engine's memory back; the network is not used again."""
        with self._lock:
            self.memory.close()

    def evaluate(self, given: Given, as_of: dt.datetime) -> Evaluation:
        """Evaluate every derived fact and every rule; raise ExecutorFault when the engine misbehaves."""
        with self._lock:
            try:
                return _Run(self, given, day_of(as_of)).evaluation()
            except BaseException as error:
                self.memory.reset()
                if isinstance(error, Exception):
                    raise ExecutorFault(f"{type(error).__name__}: {error}") from error
                raise


class _Run:
    """One decision's way through the strata."""

    def __init__(self, network: RuleNetwork, given: Given, today: dt.date) -> None:
        self.network = network
        self.policy = network.policy
        self.today = today
        self.values: dict[str, Value | tuple[Record, ...]] = usable(self.policy, given)
        self.codes = {
            name: code_of(network.kinds[name], value) for name, value in self.values.items() if name in network.kinds
        }
        self.rows: dict[str, tuple[int, ...]] = {}
        self.undefined: dict[str, str] = {}
        self.broken: dict[str, str] = {}  # features that could not be computed, and why

    def evaluation(self) -> Evaluation:
        for node, total in self.network.aggregates:
            self._settle(node, lambda total=total: total(self.values, self.today))  # type: ignore[misc]  # mypy cannot see the default
        for stratum in self.network.strata[:-1]:
            statuses = self._statuses(stratum)
            for name in stratum.derived:
                derived = self.network.derived[name]
                self._settle(derived, lambda d=derived, s=statuses: self._derive(d, s))  # type: ignore[misc]  # as above
        return self._rules(self.network.strata[-1])

    def _settle(self, node: Aggregate | Derived, compute: Callable[[], Value | None]) -> None:
        try:
            value = compute()
        except Incomputable as reason:
            self.undefined[node.name] = str(reason)
            return
        if value is not None:
            self.values[node.name] = value
            self.codes[node.name] = code_of(node.kind, value)
            return
        for name in node.reads:
            if name in self.undefined:
                self.undefined[node.name] = self.undefined[name]
                return

    def _statuses(self, stratum: Stratum) -> dict[str, Statuses]:
        """Decide the productions of a stratum: per owner a list of True, False, None; None also marks the undefined."""
        for name in stratum.features:
            self._feature(name)
        sure, possible = set[int](), None
        for wave in stratum.waves:
            wide = self.network.waves[wave.identity]
            text = wide.complete(self.codes)
            if text is not None:
                self.network.memory.fire(wave.identity, text, wide.numbers, sure)
                if possible is not None:
                    possible |= sure
                continue
            possible = set(sure) if possible is None else possible
            self.network.memory.fire(wave.identity, wide.partial(self.codes, possible=False), wide.numbers, sure)
            self.network.memory.fire(wave.identity, wide.partial(self.codes, possible=True), wide.numbers, possible)
        if possible is not None and not sure <= possible:
            raise ExecutorFault("a rule fired as certain that was not possible")
        statuses: dict[str, Statuses] = {}
        for number, production in enumerate(stratum.productions):
            status = True if number in sure else None if possible is not None and number in possible else False
            statuses.setdefault(production.owner, []).append(status)
        return statuses

    def _feature(self, name: str) -> None:
        causes: list[str] = []
        status = self.network.features[name](self.values, self.today, causes)
        if status is not None:
            self.codes[name] = int(status)
        elif causes:
            self.broken[name] = causes[0]

    def _cause(self, features: Sequence[str]) -> str | None:
        return next((self.broken[name] for name in features if name in self.broken), None)

    def _derive(self, derived: Derived, statuses: Mapping[str, Statuses]) -> Value | None:
        if derived.table is not None:
            return self._table(derived, derived.table, statuses[derived.name])
        if derived.name in self.network.stored:
            return self.network.stored[derived.name](self.values, self.today)
        if derived.kind.name == "bool":
            return self._checked(derived.name, 0, statuses[derived.name][0])
        return self.values.get(derived.reads[0]) if derived.reads else derived.formula.value  # type: ignore[union-attr,return-value]  # a bare name or literal

    def _checked(self, owner: str, index: int, status: bool | None) -> bool | None:
        """Raise Incomputable when an unknown condition holds a term that could not be computed."""
        if status is None:
            cause = self._cause(self.network.features_of[owner, index])
            if cause is not None:
                raise Incomputable(cause)
        return status

    def _row(self, owner: str, index: int, status: bool | None) -> bool | None:
        reads = self.network.reads_of[owner, index]
        unknown = self._checked(owner, index, status) is None
        return False if unknown and silent(self.policy, reads, self.values, self.undefined) else status

    def _table(self, derived: Derived, table: Table, statuses: Statuses) -> Value | None:
        hits = []
        if table.hit == "unique" and True in statuses:
            for index, status in enumerate(statuses):
                self._checked(derived.name, index, status)
            hits = [index for index, status in enumerate(statuses) if status]
        else:
            for index, status in enumerate(statuses):
                settled = self._row(derived.name, index, status)
                if settled is None:
                    return None
                if settled:
                    hits.append(index)
                    if table.hit == "first":
                        break
        if table.hit == "unique" and len(hits) > 1:
            raise Incomputable(TWO_ROWS)
        self.rows[derived.name] = tuple(hits)
        return _combined(table, hits)

    def _rules(self, stratum: Stratum) -> Evaluation:
        statuses = self._statuses(stratum)
        fired, unknown, amounts = [], [], {}
        for rule in self.policy.rules:
            status = statuses[rule.name][0]
            try:
                if self._checked(rule.name, 0, status):
                    amounts[rule.name] = {
                        key: of(self.values, self.today) for key, of in self.network.amounts[rule.name]
                    }
                    fired.append(rule.name)
            except Incomputable as reason:
                self.undefined[rule.name] = str(reason)
                status = None
            if status is None:
                unknown.append(rule.name)
        return Evaluation(self.values, self.rows, tuple(fired), tuple(unknown), amounts, self.undefined)


def _combined(table: Table, hits: Sequence[int]) -> Value:
    if not hits:
        if table.otherwise is None:
            raise Incomputable(NO_ROW)
        return table.otherwise
    if table.hit != "collect":
        return table.rows[hits[0]].value
    numbers = [int(table.rows[index].value) for index in hits]  # type: ignore[arg-type]  # collected values are numbers
    combine: Any = {"sum": sum, "min": min, "max": max}[table.combine or "sum"]
    total: int = combine(numbers)
    if abs(total) > LIMIT:
        raise Incomputable(OVERFLOW)
    return total
