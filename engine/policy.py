"""A policy as frozen values: what a file means once it is read and checked. Nothing here computes a decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Literal

import msgspec

from engine.expression import Expression, names_in
from engine.given import Given
from engine.kinds import INT, MONEY, RATE, Kind, Rounding
from engine.vocabulary import Fact, Reason, Text, Vocabulary


class Outcome(StrEnum):
    """What a decision may come to."""

    __hash__ = str.__hash__  # an Enum's own is Python code, and outcomes are looked up many times a decision

    APPROVE = "approve"
    KEEP = "keep"
    INCREASE = "increase"
    RESTORE = "restore"
    REJECT = "reject"
    DECREASE = "decrease"
    SUSPEND = "suspend"
    CLOSE = "close"
    VERIFY = "verify"
    REFER = "refer"
    INCOMPLETE = "incomplete"

    @property
    def favourable(self) -> bool:
        """Whether the applicant gets, or keeps, what they have."""
        return self in _FAVOURABLE

    @property
    def adverse(self) -> bool:
        """Whether the applicant is owed specific reasons (Reg B, 12 CFR 1002.9(b)(2), and its like)."""
        return self in _ADVERSE


_FAVOURABLE = frozenset({Outcome.APPROVE, Outcome.KEEP, Outcome.INCREASE, Outcome.RESTORE})
_ADVERSE = frozenset({Outcome.REJECT, Outcome.DECREASE, Outcome.SUSPEND, Outcome.CLOSE})

AmountName = Literal["limit", "apr", "term"]
#: What an offer may hold, its unit, and its name on the wire.
AMOUNTS: Mapping[AmountName, Kind] = {"limit": MONEY, "apr": RATE, "term": INT}
WIRE_AMOUNT: Mapping[AmountName, str] = {"limit": "limit_fen", "apr": "apr_bp", "term": "term_months"}


Strata = tuple[tuple[str, ...], ...]  #: names of derived facts, layer by layer


class Aggregate(msgspec.Struct, frozen=True):
    """A fact computed over a list of records, e.g. ``count(loans where overdue_days > 0)``."""

    name: str
    function: Literal["count", "sum", "min", "max", "avg", "any", "all"]
    records: str
    field: str | None
    where: Expression | None
    empty: int | None  #: the value over no records, in base units (min, max, avg)
    kind: Kind
    text: str
    label: Text | None = None  #: what people call it

    @property
    def reads(self) -> tuple[str, ...]:
        """The facts it needs."""
        return (self.records,)


class Row(msgspec.Struct, frozen=True):
    """One row of a decision table or one item of a scorecard."""

    when: Expression
    value: int | bool | str | dt.date  #: in base units of the derived fact
    cells: tuple[str, ...]
    line: int


class Table(msgspec.Struct, frozen=True):
    """A decision table (hit: unique, first) or a collected one (collect, and every scorecard, by its combination)."""

    hit: Literal["unique", "first", "collect"]
    combine: Literal["min", "max", "sum"] | None
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    otherwise: int | bool | str | dt.date | None
    scorecard: bool = False


class Derived(msgspec.Struct, frozen=True, dict=True):
    """A fact the policy derives, by table, scorecard or formula; complete before anyone reads it."""

    name: str
    kind: Kind
    table: Table | None
    formula: Expression | None
    label: Text | None = None  #: what people call it
    words: Mapping[str, Text] = {}  #: what people call the words of an enum

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The facts it needs, directly."""
        if self.formula is not None:
            return names_in(self.formula)
        assert self.table is not None
        names = (name for row in self.table.rows for name in names_in(row.when))
        return tuple(dict.fromkeys((*self.table.columns, *names)))


class Rule(msgspec.Struct, frozen=True, dict=True):
    """If a condition holds, propose an outcome, caps or an offer, for a reason."""

    name: str
    when: Expression
    then: Outcome | None
    because: str | None
    ask: str | None
    note: str
    caps: Mapping[AmountName, Expression]
    offer: Mapping[AmountName, Expression]
    line: int

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The facts its condition needs, directly."""
        return names_in(self.when)

    @cached_property
    def amounts(self) -> tuple[tuple[Literal["cap", "offer"], AmountName, Expression], ...]:
        """Its caps, then its offered amounts."""
        caps = tuple(("cap", name, formula) for name, formula in self.caps.items())
        offers = tuple(("offer", name, formula) for name, formula in self.offer.items())
        return caps + offers  # type: ignore[return-value]  # mypy widens the literals

    @cached_property
    def amount_reads(self) -> tuple[str, ...]:
        """The facts its amounts need, directly."""
        return tuple(dict.fromkeys(name for _, _, formula in self.amounts for name in names_in(formula)))


class Example(msgspec.Struct, frozen=True):
    """A case the policy promises to decide so."""

    name: str
    given: Given
    as_of: dt.datetime | None
    outcome: Outcome
    amounts: Mapping[AmountName, int]  #: base units
    fired: tuple[str, ...] | None
    reasons: tuple[str, ...] | None
    missing: tuple[str, ...] | None
    binding: Mapping[str, str] | None
    line: int


class Invariant(msgspec.Struct, frozen=True):
    """A sentence that must hold for every applicant; stored here, proven by the solver."""

    kind: Literal["never", "always", "monotone"]
    condition: Expression | None
    when_more: str | None
    never_less: AmountName | None

    @property
    def reads(self) -> tuple[str, ...]:
        """The names it speaks of: facts, and parts of the decision."""
        names = names_in(self.condition) if self.condition is not None else ()
        return (*names, self.when_more) if self.when_more is not None else names


class Policy(msgspec.Struct, frozen=True, dict=True):
    """One decision point's policy, checked and closed over the facts and reasons it uses."""

    name: str
    version: int
    effective_from: dt.date
    title: Text
    owner: str
    sources: tuple[str, ...]
    outcomes: tuple[Outcome, ...]  #: most severe first
    otherwise: Outcome
    rounding: Rounding
    aggregates: tuple[Aggregate, ...]
    derived: tuple[Derived, ...]  #: in an order in which each reads only what stands before it
    strata: Strata
    rules: tuple[Rule, ...]
    examples: tuple[Example, ...]
    invariants: tuple[Invariant, ...]
    facts: Mapping[str, Fact]  #: the given facts it reads
    reasons: Mapping[str, Reason]
    digest: str  #: SHA-256 of the bundle, lower-case hex

    @cached_property
    def nodes(self) -> tuple[Aggregate | Derived, ...]:
        """Everything computed before the rules, in an order in which each reads only what stands before it."""
        return (*self.aggregates, *self.derived)

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of every fact a rule may read."""
        given = {name: fact.kind for name, fact in self.facts.items() if fact.kind is not None}
        aggregates = {aggregate.name: aggregate.kind for aggregate in self.aggregates}
        return given | aggregates | {derived.name: derived.kind for derived in self.derived}

    @cached_property
    def base(self) -> Mapping[str, tuple[str, ...]]:
        """For every fact, the given facts it rests on, itself if given."""
        found: dict[str, tuple[str, ...]] = {name: (name,) for name in self.facts}
        for node in self.nodes:
            found[node.name] = tuple(dict.fromkeys(base for name in node.reads for base in found[name]))
        return found

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The facts and reasons it uses."""
        return Vocabulary(self.facts, self.reasons)

    @cached_property
    def labels(self) -> Mapping[str, Text]:
        """What people call each fact, given or derived; one without a label is called by its name."""
        given = {name: fact.label for name, fact in self.facts.items()}
        return given | {node.name: node.label or Text(node.name, node.name) for node in self.nodes}

    @cached_property
    def words(self) -> Mapping[str, Mapping[str, Text]]:
        """What people call the words of each enum that says so, by fact."""
        given = {name: fact.words for name, fact in self.facts.items()}
        return given | {derived.name: derived.words for derived in self.derived}

    @cached_property
    def severity(self) -> Mapping[Outcome, int]:
        """Rank of each outcome; 0 is the most severe."""
        return {outcome: rank for rank, outcome in enumerate(self.outcomes)}

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """Severity rank of what each rule proposes; rules that propose no outcome are not in it."""
        return {rule.name: self.severity[rule.then] for rule in self.rules if rule.then is not None}

    @cached_property
    def granting(self) -> Mapping[Outcome, tuple[str, ...]]:
        """The rules that make an offer, by the outcome they propose."""
        found: dict[Outcome, tuple[str, ...]] = {}
        for rule in self.rules:
            if rule.then is not None and rule.offer:
                found[rule.then] = (*found.get(rule.then, ()), rule.name)
        return found

    @cached_property
    def rule(self) -> Mapping[str, Rule]:
        """The rules by name."""
        return {rule.name: rule for rule in self.rules}
