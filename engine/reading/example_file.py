"""Reads the examples of a policy: facts as policies write them (yuan, fractions) and what the decision must be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial

from engine.errors import FactsError
from engine.explaining.resolve import OWN_REASONS
from engine.given import Record, check
from engine.kinds import SCALE, Kind, Value
from engine.parts import Parts
from engine.policy import AMOUNTS, AmountName, Example, Outcome
from engine.reading.facts_file import in_base_units
from engine.reading.language import EXAMPLE, EXPECT
from engine.reading.source import Item, Skip, name_of
from engine.vocabulary import Fact, Vocabulary

_OUTCOMES = tuple(outcome.value for outcome in Outcome)


def read_examples(item: Item, vocabulary: Vocabulary, rules: Sequence[str]) -> tuple[Example, ...]:
    """Read the examples of a policy; one may be `like` an earlier one, with some facts changed or left out."""
    examples: dict[str, Example] = {}
    for entry in item.sequence():
        try:
            example = _example(entry, vocabulary, rules, examples)
        except Skip:
            item.findings.broken |= name_of(entry, "name")
            continue
        if example.name in examples:
            entry.findings.add(entry, f"two examples are called `{example.name}`", "rename one")
        examples[example.name] = example
    return tuple(examples.values())


def _example(item: Item, vocabulary: Vocabulary, rules: Sequence[str], earlier: Mapping[str, Example]) -> Example:
    found = item.fields(EXAMPLE.required, EXAMPLE.optional)
    expect = found["expect"].fields(EXPECT.required, EXPECT.optional)
    parts, promised = Parts(found), Parts(expect)
    parts.read("note", Item.text, "")
    inherited = parts.read("like", lambda part: _inherited(part, found, earlier), {})
    example = Example(
        name=parts.read("name", Item.text, ""),
        given=inherited | parts.read("given", lambda part: _given(part, vocabulary), {}),
        as_of=parts.read("as_of", read_instant, None),
        outcome=promised.read("outcome", lambda part: Outcome(part.choice(_OUTCOMES)), Outcome.REFER),
        amounts=_amounts(promised, expect),
        fired=promised.read("fired", lambda part: _words(part, rules), None),
        reasons=promised.read("reasons", lambda part: _words(part, (*vocabulary.reasons, *OWN_REASONS)), None),
        missing=promised.read("missing", lambda part: _words(part, tuple(vocabulary.facts)), None),
        binding=promised.read("binding", lambda part: _binding(part, rules), None),
        line=item.line,
    )
    parts.sound()
    promised.sound()
    return example


def _inherited(
    like: Item, found: Mapping[str, Item], earlier: Mapping[str, Example]
) -> dict[str, Value | tuple[Record, ...]]:
    given = dict(earlier[like.choice(tuple(earlier))].given)
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


def _amounts(promised: Parts, expect: Mapping[str, Item]) -> dict[AmountName, int]:
    return {
        name: promised.read(name, partial(in_base_units, kind=kind), 0)
        for name, kind in AMOUNTS.items()
        if name in expect
    }


def _words(item: Item, known: Sequence[str]) -> tuple[str, ...]:
    return tuple(item.each(lambda word: word.choice(known)))


def _binding(item: Item, rules: Sequence[str]) -> dict[str, str]:
    found = item.fields([], list(AMOUNTS))
    return {name: item.choice(rules) for name, item in found.items()}


def _given(item: Item, vocabulary: Vocabulary) -> dict[str, Value | tuple[Record, ...]]:
    given = {name: value for name, value in item.mapping().items() if name not in item.findings.broken}
    wire = {name: _wire(value, vocabulary.facts.get(name)) for name, value in given.items()}
    try:
        return dict(check(wire, vocabulary))
    except FactsError as error:
        item.wrong("; ".join(map(str, error.problems)), "as facts.yaml declares them, in yuan and fractions")


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
            if name in kinds or name not in item.findings.broken
        }
        for record in item.sequence()
    ]


def _scalar(item: Item, kind: Kind) -> object:
    if kind.name in SCALE:
        return in_base_units(item, kind)
    return item.boolean() if kind.name == "bool" else item.text()
