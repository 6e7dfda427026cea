"""The live executor: takes a policy through its strata on the rule network.

Per wave one wide fact is asserted. When a fact is missing the wave is asserted once more with the bounds the other
way round (see `encoding`), to find what could be true: a production that only then fires is unknown.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from typing import Any

from engine.blaming import compile_blame
from engine.compute import Compute, Incomputable, compile_plain, compile_stored
from engine.conditions import compile_condition
from engine.encoding import absence, encoder
from engine.errors import ExecutorFault
from engine.evaluation import NO_ROW, OVERFLOW, TWO_ROWS, AmountKey, Evaluation, Gap, Values, day_of, gap, merged
from engine.expression import IsMissing, names_in, walk
from engine.given import Given
from engine.kinds import LIMIT, SCALE, Value
from engine.network import Stratum, compile_network, engine_rules
from engine.policy import AMOUNTS, Aggregate, Derived, Policy, Table
from engine.records import compile_aggregate
from engine.rete import WorkingMemory
from engine.wide_fact import WideFact

#: The productions of one owner that are not false, in order: (index, True) or (index, None) for unknown.
Statuses = Sequence[tuple[int, bool | None]]
_NONE: Statuses = ()
_NO_AMOUNTS: dict[AmountKey, int | None] = {}


class RuleNetwork:
    """One policy compiled for the C engine. Calls take turns: the engine keeps one working memory per ruleset."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        strata = compile_network(policy)
        self._lock = threading.Lock()
        self._spoilt = False  # whether the working memory may hold remains of a run that failed
        name = f"{policy.name}-{policy.digest[:12]}"
        self.exact = WorkingMemory(f"{name}-exact", engine_rules(strata, exact=True))
        self.bounds = WorkingMemory(f"{name}-bounds", engine_rules(strata, exact=False))
        self.encoders = {name: encoder(kind) for name, kind in policy.kinds.items()}
        #: Given facts whose values are not sent as they are.
        self.encoded = [
            (name, self.encoders[name])
            for name, fact in policy.facts.items()
            if fact.kind is not None and fact.kind.name in ("enum", "date")
        ]
        productions = [production for stratum in strata for production in stratum.productions]
        self.blames = {(one.owner, one.index): compile_blame(one.condition) for one in productions}
        conditions = [production.condition for production in productions]
        #: Facts some condition asks whether they are missing.
        self.asked = {node.name.name for one in conditions for node in walk(one) if isinstance(node, IsMissing)}
        self.asked_given = sorted(self.asked & set(policy.facts))
        self.aggregates = [(node, compile_aggregate(node, policy)) for node in policy.aggregates]
        self.stored = {
            one.name: compile_stored(one.formula, one.kind, policy.rounding)
            for one in policy.derived
            if one.formula is not None and one.kind.name in SCALE
        }
        self.amounts = {
            rule.name: [
                ((role, name), compile_stored(formula, AMOUNTS[name], policy.rounding), names_in(formula))
                for role, name, formula in rule.amounts
            ]
            for rule in policy.rules
        }
        self.layers = [_Layer(stratum, self) for stratum in strata]

    def close(self) -> None:
        """Give the engine's memory back; the network is not used again."""
        with self._lock:
            self.exact.close()
            self.bounds.close()

    def evaluate(self, given: Given, as_of: dt.datetime) -> Evaluation:
        """Evaluate every derived fact and every rule; raise ExecutorFault when the engine misbehaves."""
        with self._lock:
            try:
                if self._spoilt:
                    self.exact.reset()
                    self.bounds.reset()
                self._spoilt = True  # until the run comes to its end
                evaluation = _Run(self, given, day_of(as_of)).evaluation()
            except Exception as error:
                raise ExecutorFault(f"{type(error).__name__}: {error}") from error
            self._spoilt = False
            return evaluation


class _Layer:
    """A stratum ready to run."""

    def __init__(self, stratum: Stratum, network: RuleNetwork) -> None:
        self.features = [(name, compile_condition(condition)) for name, condition in stratum.features.items()]
        self.waves = [WideFact(wave) for wave in stratum.waves]
        self.productions = stratum.productions
        self.places = [(production.owner, production.index) for production in stratum.productions]
        derived = {one.name: one for one in network.policy.derived}
        self.derived = [(derived[name], network.stored.get(name)) for name in stratum.derived]


class _Run:
    """One decision's way through the strata."""

    def __init__(self, network: RuleNetwork, given: Given, today: dt.date) -> None:
        self.network = network
        self.today = today
        self.values = Values(given)
        self.codes: dict[str, Any] = dict(given)  # numbers and bools are sent as they are
        self.rows: dict[str, tuple[int, ...]] = {}
        self.gaps: dict[str, Gap] = {}
        self.open: dict[str, Gap] = {}
        for name, encode in network.encoded:
            if name in given:
                self.codes[name] = encode(given[name])
        for name in network.asked_given:
            self._absence(name)

    def evaluation(self) -> Evaluation:
        for node, total in self.network.aggregates:
            self._settle(node, self._computed(total, node.reads))
        *lower, last = self.network.layers
        for layer in lower:
            statuses = self._statuses(layer)
            for derived, stored in layer.derived:
                if stored is not None:
                    value: Value | Gap = self._computed(stored, derived.reads)
                else:
                    value = self._derive(derived, statuses.get(derived.name, _NONE))
                self._settle(derived, value)
        return self._rules(last)

    def _settle(self, node: Aggregate | Derived, value: Value | Gap) -> None:
        """Make a derived fact known, or keep why it is not."""
        name = node.name
        if isinstance(value, Gap):
            self.gaps[name] = value
            self.values.broken |= {name} if value.cause else set()
        else:
            self.values[name] = value
            self.codes[name] = self.network.encoders[name](value)
        if name in self.network.asked:
            self._absence(name)

    def _absence(self, name: str) -> None:
        absent = self.values.absent(name)
        if absent is not None:
            self.codes[absence(name)] = int(absent)

    def _computed(self, compute: Compute, reads: Sequence[str]) -> Value | Gap:
        try:
            value = compute(self.values, self.today)
        except Incomputable as reason:
            return Gap((), str(reason))
        if value is None:
            return gap((name for name in reads if name not in self.values), None, self.gaps)
        return value

    def _statuses(self, layer: _Layer) -> dict[str, list[tuple[int, bool | None]]]:
        """Decide the productions of a layer; those that are false are left out."""
        for name, condition in layer.features:
            status = condition(self.values, self.today)
            if status is not None:
                self.codes[name] = int(status)
        sure, possible = set[int](), set[int]()
        for wave in layer.waves:
            text = wave.complete(self.codes)
            if text is None:
                self._partial(wave, sure, possible)
            else:
                self.network.exact.fire(wave.identity, text, wave.numbers, sure)
        statuses: dict[str, list[tuple[int, bool | None]]] = {}
        for number in sorted(sure | possible if possible else sure):
            owner, index = layer.places[number]
            statuses.setdefault(owner, []).append((index, True if number in sure else None))
        return statuses

    def _partial(self, wave: WideFact, sure: set[int], possible: set[int]) -> None:
        """Ask both questions of a wave that lacks facts."""
        fire, certain = self.network.bounds.fire, set[int]()
        fire(wave.identity, wave.partial(self.codes, possible=False), wave.numbers, certain)
        fire(wave.identity, wave.partial(self.codes, possible=True), wave.numbers, possible)
        if not certain <= possible:
            raise ExecutorFault("a rule fired as certain that was not possible")
        sure |= certain

    def _gap(self, owner: str, index: int = 0) -> Gap:
        """Say why a production is unknown; its own condition must find it unknown too."""
        status, names, cause = self.network.blames[owner, index](self.values, self.today)
        if status is not None:
            raise ExecutorFault("a rule is unknown to the network only")
        return gap(names, cause, self.gaps)

    def _derive(self, derived: Derived, statuses: Statuses) -> Value | Gap:
        if derived.table is not None:
            return self._table(derived.name, derived.table, statuses)
        assert derived.formula is not None
        if derived.kind.name != "bool":  # a bare name or literal of a kind without arithmetic
            return self._computed(compile_plain(derived.formula), derived.reads)
        if not statuses:
            return False
        return True if statuses[0][1] else self._gap(derived.name)

    def _table(self, name: str, table: Table, statuses: Statuses) -> Value | Gap:
        hits, unknown = [], []
        for index, status in statuses:
            if status:
                hits.append(index)
                if table.hit == "first":
                    break
            else:
                one = self._gap(name, index)
                unknown += [] if one.silent(self.network.policy) else [one]
        if table.hit == "unique" and len(hits) > 1:
            return Gap((), TWO_ROWS)
        if unknown and not (table.hit == "unique" and hits):
            return merged(unknown)
        self.rows[name] = tuple(hits)
        return _combined(table, hits)

    def _rules(self, layer: _Layer) -> Evaluation:
        amounts = {}
        for name, ((_, status),) in self._statuses(layer).items():  # one production per rule, in policy order
            if status:
                amounts[name] = self._amounts(name) if self.network.amounts[name] else _NO_AMOUNTS
            else:
                self.open[name] = self._gap(name)
        return Evaluation(self.values, self.rows, tuple(amounts), amounts, self.gaps, self.open)

    def _amounts(self, rule: str) -> dict[AmountKey, int | None]:
        amounts: dict[AmountKey, int | None] = {}
        gaps = []
        for key, compute, reads in self.network.amounts[rule]:
            amount = self._computed(compute, reads)
            if isinstance(amount, Gap):
                gaps.append(amount)
                amounts[key] = None
            else:
                amounts[key] = amount  # type: ignore[assignment]  # amounts are numbers
        if gaps:
            self.open[rule] = merged(gaps)
        return amounts


def _combined(table: Table, hits: Sequence[int]) -> Value | Gap:
    if not hits:
        return Gap((), NO_ROW) if table.otherwise is None else table.otherwise
    if table.hit != "collect":
        return table.rows[hits[0]].value
    numbers = [int(table.rows[index].value) for index in hits]  # type: ignore[arg-type]  # collected values are numbers
    combine: Any = {"sum": sum, "min": min, "max": max}[table.combine or "sum"]
    total: int = combine(numbers)
    return Gap((), OVERFLOW) if abs(total) > LIMIT else total
