"""Reads the examples of a policy: facts as policies write them (yuan, fractions) and what the decision must be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from engine.errors import FactsError
from engine.facts_file import in_base_units
from engine.given import Record, check
from engine.kinds import SCALE, Kind, Value
from engine.policy import AMOUNTS, AmountName, Example, Outcome
from engine.resolve import OWN_REASONS
from engine.source import Item, attempt
from engine.vocabulary import Fact, Vocabulary

_EXPECT = ("fired", "reasons", "missing", "binding", *AMOUNTS)


def read_examples(item: Item, vocabulary: Vocabulary, rules: Sequence[str]) -> tuple[Example, ...]:
    """Read the examples of a policy; one may be `like` an earlier one, with some facts changed or left out."""
    examples: dict[str, Example] = {}
    for entry in item.sequence():
        for example in attempt(lambda one: _example(one, vocabulary, rules, examples), entry):
            if example.name in examples:
                entry.findings.add(entry, f"two examples are called `{example.name}`", "rename one")
            examples[example.name] = example
    return tuple(examples.values())


def _example(item: Item, vocabulary: Vocabulary, rules: Sequence[str], earlier: Mapping[str, Example]) -> Example:
    found = item.fields(["name", "expect"], ["like", "given", "without", "as_of", "note"])
    if "note" in found:
        found["note"].text()
    expect = found["expect"].fields(["outcome"], _EXPECT)
    return Example(
        name=found["name"].text(),
        given=_inherited(found, earlier) | (_given(found["given"], vocabulary) if "given" in found else {}),
        as_of=read_instant(found["as_of"]) if "as_of" in found else None,
        outcome=Outcome(expect["outcome"].choice(tuple(outcome.value for outcome in Outcome))),
        amounts=_amounts(expect),
        fired=_words(expect, "fired", rules),
        reasons=_words(expect, "reasons", (*vocabulary.reasons, *OWN_REASONS)),
        missing=_words(expect, "missing", tuple(vocabulary.facts)),
        binding=_binding(expect, rules),
        line=item.line,
    )


def _inherited(found: Mapping[str, Item], earlier: Mapping[str, Example]) -> dict[str, Value | tuple[Record, ...]]:
    if "like" not in found:
        return {}
    given = dict(earlier[found["like"].choice(tuple(earlier))].given)
    for name in found["without"].each(lambda word: word.choice(tuple(given))) if "without" in found else ():
        del given[name]
    return given


def read_instant(item: Item) -> dt.datetime:
    """Read an aware instant, e.g. 2026-12-01T00:00:00Z."""
    text = item.text()
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        item.wrong(f"`{text[:60]}` is not an instant", "write e.g. 2026-12-01T00:00:00Z")
    if instant.tzinfo is None:
        item.wrong(f"`{text[:60]}` has no time zone", "end it with Z")
    if not 1 < instant.year < 9999:  # another zone may lie in another year
        item.wrong(f"`{text[:60]}` is out of range", "write a year from 2 to 9998")
    return instant.astimezone(dt.UTC)


def _amounts(expect: Mapping[str, Item]) -> dict[AmountName, int]:
    return {name: in_base_units(expect[name], kind) for name, kind in AMOUNTS.items() if name in expect}


def _words(expect: Mapping[str, Item], key: str, known: Sequence[str]) -> tuple[str, ...] | None:
    return tuple(expect[key].each(lambda word: word.choice(known))) if key in expect else None


def _binding(expect: Mapping[str, Item], rules: Sequence[str]) -> dict[str, str] | None:
    if "binding" not in expect:
        return None
    found = expect["binding"].fields([], list(AMOUNTS))
    return {name: item.choice(rules) for name, item in found.items()}


def _given(item: Item, vocabulary: Vocabulary) -> dict[str, Value | tuple[Record, ...]]:
    wire = {name: _wire(value, vocabulary.facts.get(name)) for name, value in item.mapping().items()}
    try:
        return dict(check(wire, vocabulary))
    except FactsError as error:
        item.wrong("; ".join(map(str, error.problems)))


def _wire(item: Item, fact: Fact | None) -> object:
    """Turn a value as policies write it into the one JSON would carry."""
    if fact is None or (item.scalar and fact.kind is None):
        return item.plain()
    if fact.kind is not None:
        return _scalar(item, fact.kind)
    kinds = {field.name: field.kind for field in fact.fields}
    return [
        {
            name: _scalar(value, kinds[name]) if name in kinds else value.plain()
            for name, value in record.mapping().items()
        }
        for record in item.sequence()
    ]


def _scalar(item: Item, kind: Kind) -> object:
    if kind.name in SCALE:
        return in_base_units(item, kind)
    return item.boolean() if kind.name == "bool" else item.text()
