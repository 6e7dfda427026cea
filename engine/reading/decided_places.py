"""Where the conditions of a policy stand, each held against the ranges of the facts it reads (see `decided`).

Recorded bundles are not held to it, as they are not to `standards`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.policy import AMOUNTS, Derived, Policy, Row, Table
from engine.ranges.domains import computed, declared, fields_of, known
from engine.ranges.spans import Ranges
from engine.reading.decided import Conditions, Finding
from engine.reading.source import Findings, Item, name_of


def check_conditions(root: Item, policy: Policy, findings: Findings) -> None:
    """Report conditions that are decided before anybody applies, each at its place."""
    parts = Item(root.node, root.path, root.file, Findings()).mapping()  # whatever else is wrong is reported already
    report = _Report(findings)
    _aggregates(parts, policy, report)
    ranges = _derived(parts, policy, report)
    found = Conditions(policy.kinds, ranges)
    entries = _named(parts["rules"], "rule")
    for rule in policy.rules:
        report(entries[rule.name].mapping()["when"], found.check(rule.when))
    _invariants(parts, policy, ranges, report)


class _Report:
    """Adds findings, but none to a place where something is wrong already."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._told = {(one.file, one.path) for one in findings.all}

    def __call__(self, item: Item, found: Iterable[Finding]) -> None:
        if (item.file, item.path) not in self._told:
            for message, remedy in found:
                self._findings.add(item, message, remedy)

    def faulty(self, item: Item) -> bool:
        """Whether anything is wrong within a part."""
        at = item.path
        return any(one.file == item.file and f"{one.path}.".startswith(f"{at}.") for one in self._findings.all)


def _aggregates(parts: Mapping[str, Item], policy: Policy, report: _Report) -> None:
    for aggregate in policy.aggregates:
        if aggregate.where is not None:
            records = policy.facts[aggregate.records]
            kinds = {field.name: field.kind for field in records.fields}
            entry = parts["records"].mapping()[aggregate.name]
            place = entry.mapping()["value"] if entry.mapped else entry
            report(place, Conditions(kinds, fields_of(records)).check(aggregate.where))


def _derived(parts: Mapping[str, Item], policy: Policy, report: _Report) -> Ranges:
    """Look at derived facts in their order; give the ranges of all, as if those that are faulty could be anything."""
    entries = _named(parts["derive"], "fact") if "derive" in parts else {}
    ranges = known(policy)
    for derived in policy.derived:
        entry, anything = entries[derived.name], declared(derived.kind, None, gap=True)
        _one_derived(entry.mapping(), derived, Conditions(policy.kinds, ranges), report)
        ranges[derived.name] = anything if report.faulty(entry) else computed(policy, derived, ranges)
    return ranges


def _one_derived(entry: Mapping[str, Item], derived: Derived, found: Conditions, report: _Report) -> None:
    if derived.formula is not None and derived.kind.name == "bool":
        report(entry["value"], found.check(derived.formula))
    elif derived.table is not None and derived.table.scorecard:
        _points(entry["sum"].sequence(), derived.table.rows, found, report)
    elif derived.table is not None:
        _rows(entry["table"].mapping()["rows"].sequence(), derived.table, found, report)


def _points(items: Sequence[Item], rows: Sequence[Row], found: Conditions, report: _Report) -> None:
    if len(items) == len(rows):  # else a wrong one is reported already
        for item, row in zip(items, rows, strict=True):
            report(item.mapping()["when"], found.check(row.when))


def _rows(items: Sequence[Item], table: Table, found: Conditions, report: _Report) -> None:
    """A cell may list every word or span a whole range; a row that takes every case may not."""
    if len(items) == len(table.rows):
        for item, row in zip(items, table.rows, strict=True):
            whole = found.whole(row.when)
            report(item, (*found.literals(row.when), *([whole] if whole else [])))


def _invariants(parts: Mapping[str, Item], policy: Policy, ranges: Ranges, report: _Report) -> None:
    """That a promise cannot be broken is what it is for; that it speaks of a value nothing has is a mistake."""
    items = parts["invariants"].sequence() if "invariants" in parts else []
    kinds = {name: kind for name, kind in policy.kinds.items() if name not in (*AMOUNTS, "outcome")}
    found = Conditions(kinds, ranges)
    if len(items) == len(policy.invariants):
        for item, promise in zip(items, policy.invariants, strict=True):
            if promise.condition is not None:
                report(item.mapping()[promise.kind], found.literals(promise.condition))


def _named(item: Item, key: str) -> Mapping[str, Item]:
    """Entries by the name they give themselves; of two with one name the first, for the other is not read."""
    return {name: entry for entry in reversed(item.sequence()) for name in name_of(entry, key)}
