"""Reads the `records` and `derive` parts of a policy: everything a policy computes before its rules."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from engine.expression import Constant, Expression, show
from engine.kinds import BOOL, INT, RATE, SCALE, Kind
from engine.parts import Parts
from engine.policy import Aggregate, Derived, Strata, Table
from engine.reading.facts_file import fact_name, in_base_units, text_pair, word_labels
from engine.reading.fitting import fitted
from engine.reading.language import AGGREGATE, DERIVED, FORMULAS
from engine.reading.parsing import parse, parse_condition
from engine.reading.source import Item, Skip
from engine.reading.spelling import spelled
from engine.reading.strata import Cycle, stratify
from engine.reading.syntax import ExpressionError, free_names
from engine.reading.table_checks import check_table
from engine.reading.table_file import read_scorecard, read_table
from engine.vocabulary import Fact

MAX_DERIVED = 200
_AGGREGATE = re.compile(
    r"(count|sum|min|max|avg|any|all)\(\s*([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?(?:\s+where\s+(.+?))?\s*\)\Z",
    re.DOTALL,
)


class Scope:
    """The kinds of all names an expression may use, growing as facts are derived."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self.facts = facts
        self.kinds = {name: fact.kind for name, fact in facts.items() if fact.kind is not None and not fact.protected}

    def condition(self, item: Item) -> Expression:
        """Read a condition."""
        return self._read(item, condition=True)

    def formula(self, item: Item) -> Expression:
        """Read a formula of any kind."""
        return self._read(item, condition=False)

    def _read(self, item: Item, condition: bool) -> Expression:
        text = item.text()
        try:
            names = free_names(text)
            self._unprotected(item, names)
            item.sound(*(name for name in names if name not in self.kinds))
            return (parse_condition if condition else parse)(text, self.kinds)
        except ExpressionError as error:
            item.wrong(error.message, error.remedy)

    def _unprotected(self, item: Item, names: tuple[str, ...]) -> None:
        for name in names:
            if name in self.facts and self.facts[name].protected:
                item.wrong(f"`{name}` is a protected fact", "no policy may read it; it only serves to measure fairness")
            if name in self.facts and self.facts[name].kind is None:
                item.wrong(f"`{name}` is a list of records", "aggregate it under `records:` first")

    def add(self, item: Item, name: str, kind: Kind) -> None:
        """Declare a derived name."""
        if name in self.kinds or name in self.facts:
            item.wrong(f"`{name}` is declared twice", "choose another name")
        if any(name in other.values for other in (kind, *self.kinds.values())):
            item.wrong(f"`{name}` is also an enum word", "choose another name")
        for word in kind.values:
            if word in self.kinds or word in self.facts:
                item.wrong(f"enum word `{word}` is also a fact", "choose another word")
        self.kinds[name] = kind


def read_aggregates(item: Item, scope: Scope) -> tuple[Aggregate, ...]:
    """Read `records:`; each entry is a new fact. Their order means nothing, so they are put in order of name."""
    found = []
    for name, entry in item.mapping().items():
        try:
            aggregate = _aggregate(fact_name(entry, name), entry, scope)
            scope.add(entry, name, aggregate.kind)
            found.append(aggregate)
        except Skip:
            item.findings.broken.add(name)
    return tuple(sorted(found, key=lambda aggregate: aggregate.name))


def _aggregate(name: str, item: Item, scope: Scope) -> Aggregate:
    parts = item.fields(AGGREGATE.required, AGGREGATE.optional) if item.mapped else {"value": item}
    text = spelled(parts["value"].text(), "aggregate")
    match = _AGGREGATE.match(text)
    if match is None:
        item.wrong(
            f"`{text[:80]}` is not an aggregate", "write e.g. count(loans where overdue_days > 0) or sum(loans.balance)"
        )
    function, records, field, where_text = match.groups()
    item.sound(*({records} - set(scope.facts)))
    fact = scope.facts.get(records)
    if fact is None or fact.kind is not None or fact.protected:
        item.wrong(
            f"`{records}` is not a list of records that may be read", "declare it in facts.yaml with `type: records`"
        )
    fields = {field.name: field.kind for field in fact.fields}
    try:
        item.sound(*(set(free_names(where_text or "true")) - set(fields)), *({field} - set(fields) if field else ()))
        where = parse_condition(where_text, fields) if where_text else None
    except ExpressionError as error:
        item.wrong(error.message, error.remedy)
    kind = _aggregate_kind(item, function, field, fields, where)
    empty = _empty(item, function, parts, kind)
    label = text_pair(parts["label"]) if "label" in parts else None
    return Aggregate(name, function, records, field, where, empty, kind, text, label)  # type: ignore[arg-type]  # one of them


def _aggregate_kind(
    item: Item, function: str, field: str | None, fields: Mapping[str, Kind], where: Expression | None
) -> Kind:
    if function in ("any", "all"):
        if field is not None or where is None:
            item.wrong(f"{function} needs a condition", f"write {function}(records where condition)")
        return BOOL
    if function == "count":
        if field is not None:
            item.wrong("count takes no field", "write count(records) or count(records where condition)")
        return INT
    if field is None or field not in fields or fields[field].name not in SCALE:
        item.wrong(f"{function} needs a number field", f"fields: {', '.join(fields)}")
    return fields[field]


def _empty(item: Item, function: str, parts: Mapping[str, Item], kind: Kind) -> int | None:
    if (function in ("min", "max", "avg")) != ("empty" in parts):
        item.wrong(
            "`empty` goes with min, max and avg", "say what they mean over no records: {value: max(..), empty: 0}"
        )
    return in_base_units(parts["empty"], kind) if "empty" in parts else None


def read_derived(item: Item, scope: Scope) -> tuple[tuple[Derived, ...], Strata]:
    """Read `derive:` in an order in which each fact is read after those it needs; give them and their layers."""
    entries: dict[str, Item] = {}
    for entry in item.sequence():
        try:
            found = entry.fields(DERIVED.required, DERIVED.optional)
            name = fact_name(found["fact"], found["fact"].text())
            if name in entries:
                found["fact"].wrong(f"`{name}` is derived twice", "a derived fact has one writer")
            entries[name] = entry
        except Skip:
            continue
    if len(entries) > MAX_DERIVED:
        item.wrong(f"{len(entries)} derived facts", f"the limit is {MAX_DERIVED}")
    try:
        strata = stratify({name: _names_of(entry) for name, entry in entries.items()})
    except Cycle as cycle:
        entries[cycle.names[0]].wrong(f"derived facts need each other: {cycle}", "break the circle")
    derived = [d for layer in strata for name in layer for d in _attempt_derived(name, entries[name], scope)]
    return tuple(derived), strata


def _names_of(entry: Item) -> tuple[str, ...]:
    texts: list[str] = []
    try:
        found = entry.mapping()
        if "value" in found:
            texts.append(found["value"].text())
        if "sum" in found:
            texts += [part.mapping()["when"].text() for part in found["sum"].sequence() if "when" in part.mapping()]
        if "table" in found:
            return tuple(column.text() for column in found["table"].mapping()["when"].sequence())
        return tuple(name for text in texts for name in free_names(text))
    except (Skip, KeyError, ExpressionError):
        return ()  # reported when the entry itself is read


def _attempt_derived(name: str, entry: Item, scope: Scope) -> list[Derived]:
    found = entry.mapping()
    try:
        derived = _computed(name, entry, found, scope)
        scope.add(entry, name, derived.kind)
    except Skip:
        entry.findings.broken.add(name)
        return []
    parts = Parts(found)  # whatever is wrong with them, the fact itself can be read
    label = parts.read("label", text_pair, None)
    words = parts.read("labels", lambda part: word_labels(part, derived.kind), {})
    return [msgspec.structs.replace(derived, label=label, words=words)]


def _computed(name: str, entry: Item, found: Mapping[str, Item], scope: Scope) -> Derived:
    forms = [form for form in DERIVED.one_of if form in found]
    if len(forms) != 1:
        entry.wrong("a derived fact has one of `table`, `sum`, `value`", "choose one")
    declared = Kind(found["type"].choice(FORMULAS)) if "type" in found else None  # type: ignore[arg-type]  # one of them
    if forms == ["table"]:
        table, kind = read_table(found["table"], declared, scope.kinds)
        _check(found["table"], table, scope)
        return Derived(name, kind, table, None)
    if forms == ["sum"]:
        kind = declared or INT
        return Derived(name, kind, read_scorecard(found["sum"], kind, scope.condition), None)
    formula = scope.formula(found["value"])
    return Derived(name, formula_kind(found["value"], formula, declared), None, formula)


def _check(item: Item, table: Table, scope: Scope) -> None:
    rows = item.mapping()["rows"].sequence()
    if len(rows) != len(table.rows):
        return  # wrong rows are reported already
    kinds = [scope.kinds[column] for column in table.columns]
    ranges = [scope.facts[column].range if column in scope.facts else None for column in table.columns]
    for row, message, remedy in check_table(table, kinds, ranges):
        item.findings.add(item if row is None else rows[row], message, remedy)


def formula_kind(item: Item, formula: Expression, declared: Kind | None) -> Kind:
    """The kind a formula is stored as: its own, or the declared one when it is a plain number."""
    own = formula.kind
    if declared is None or declared == own:
        if own.name in ("number", "literal"):
            item.wrong(f"`{show(formula)}` is a plain number", "say `type: int`, `rate` or `money` beside `fact:`")
        return own
    if not ((own.name == "literal" and declared.name in SCALE) or (own.plain and declared in (INT, RATE))):
        item.wrong(f"`{show(formula)}` is {own.name}, not {declared.name}", "change the formula or its `type:`")
    return declared


def amount_formula(item: Item, kind: Kind, scope: Scope) -> Expression:
    """Read the formula of an offered or capped amount; it must come to the amount's unit."""
    formula = scope.formula(item)
    own = formula.kind
    if own != kind and own.name != "literal" and not (kind == RATE and own.name == "number"):
        item.wrong(f"`{show(formula)}` is {own.name}, not {kind.name}", f"an amount of kind {kind.name} is needed")
    if isinstance(formula, Constant):
        try:
            return fitted(formula, kind)
        except ExpressionError as error:
            item.wrong(error.message, error.remedy)
    return formula
