"""Two versions of a policy, told side by side: what a rule or a table said, and what it says now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from engine.authoring.retelling import ToldPolicy
from engine.vocabulary import Text

Section = Mapping[str, Text]


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as it was; None on the side where there is nothing of the kind."""

    section: str  #: outcomes, rules, reasons, facts, rows or invariants
    name: str
    before: Text | None
    after: Text | None


def differences(before: ToldPolicy, after: ToldPolicy) -> list[Difference]:
    """Give what differs, in the order of the newer version; what is gone comes last in its section."""
    old, new = dict(_sections(before)), dict(_sections(after))
    return [each for section in new for each in _section(section, old[section], new[section])]


def _section(section: str, old: Section, new: Section) -> Iterator[Difference]:
    for name in [*new, *(name for name in old if name not in new)]:
        if old.get(name) != new.get(name):
            yield Difference(section, name, old.get(name), new.get(name))


def _sections(told: ToldPolicy) -> Iterator[tuple[str, Section]]:
    yield "outcomes", {"": _joined(told.outcomes), "otherwise": told.otherwise}
    yield "rules", {rule.name: rule.sentence for rule in told.rules}
    yield "reasons", {rule.name: rule.reason.statement for rule in told.rules if rule.reason}
    yield "facts", {fact.name: fact.sentence for fact in told.facts if fact.sentence}
    yield "rows", {f"{fact.name} {number}": row for fact in told.facts for number, row in _rows(fact.table)}
    yield "invariants", {each.en: each for each in told.invariants}


def _rows(table: object) -> Iterator[tuple[int, Text]]:
    for number, row in enumerate(getattr(table, "rows", ()), start=1):
        yield number, _joined(row)


def _joined(parts: tuple[Text, ...]) -> Text:
    return Text(" · ".join(part.zh for part in parts), " · ".join(part.en for part in parts))
