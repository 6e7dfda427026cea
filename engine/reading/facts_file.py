"""Reads `facts.yaml` and `reasons.yaml`."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import cast

from engine.errors import meant
from engine.explaining.resolve import OWN_REASONS
from engine.kinds import BOOL, LIMIT, SCALE, Kind, KindName
from engine.parts import Parts
from engine.reading.language import FACT, FACTS, FIELD, NAME, REASON, REASONS, SCALARS, TEXT, WORD
from engine.reading.source import Item, some
from engine.vocabulary import (
    ACTIONABLE,
    DISCLOSE,
    IF_MISSING,
    SOURCES,
    UNNAMED,
    Actionable,
    Disclose,
    Fact,
    IfMissing,
    Range,
    Reason,
    RecordField,
    Text,
)

_NAME, _WORD = re.compile(rf"{NAME}\Z"), re.compile(rf"{WORD}\Z")
#: Words the language keeps for itself.
RESERVED = frozenset(
    [
        "true",
        "false",
        "missing",
        "any",
        "outcome",
        "limit",
        "apr",
        "term",
        "min",
        "max",
        "count",
        "sum",
        "avg",
        "all",
        "where",
        "in",
        "is",
        "and",
        "or",
        "not",
        "round_down",
        "days_since",
        "months_since",
        "years_since",
    ]
)
_TYPE = f"one of {', '.join((*SCALARS, 'records'))}"
MAX_RECORDS = 1_000
MAX_VALUES = 200


def fact_name(item: Item, word: str) -> str:
    """Check a name for a fact; facts are Python-like words so that expressions can hold them."""
    if not _NAME.match(word) or keyword.iskeyword(word):
        item.wrong(f"`{word[:60]}` is not a name for a fact", "use lower-case letters, digits and _; at most 60")
    if word in RESERVED:
        item.wrong(f"`{word}` is a word of the language", "choose another name")
    return word


def enum_word(item: Item) -> str:
    """Check a word of an enum."""
    word = item.text()
    if not _WORD.match(word) or keyword.iskeyword(word) or word in RESERVED:
        item.wrong(f"`{word[:60]}` cannot be an enum word", "use letters, digits and _, no word of the language")
    return word


def read_facts(root: Item) -> Mapping[str, Fact]:
    """Read the fact dictionary; wrong facts are reported and left out."""
    entries = root.fields(FACTS.required)["facts"].mapping()
    facts = root.fields(FACTS.required)["facts"].named(_fact)
    for fact in facts:
        for word in fact.kind.values if fact.kind else ():
            if word in entries:
                root.findings.add(entries[fact.name], f"enum word `{word}` is also a fact", "rename one of them")
    return {fact.name: fact for fact in facts}


def _fact(name: str, item: Item) -> Fact:
    fact_name(item, name)
    type_item = item.mapping().get("type") or item
    kind_name = (
        type_item.choice((*SCALARS, "records")) if type_item is not item else item.wrong("missing `type`", _TYPE)
    )
    required, optional = FACT.required_with(kind_name), FACT.optional_with(kind_name)
    found = item.fields(required, optional)
    kind = None if kind_name == "records" else _kind(kind_name, found)
    parts = Parts({key: part for key, part in found.items() if key in (*required, *optional)})
    fact = Fact(
        name=name,
        kind=kind,
        label=parts.read("label", text_pair, UNNAMED),
        source=parts.read("source", lambda part: part.choice(SOURCES), ""),
        if_missing=parts.read("if_missing", lambda part: cast("IfMissing", part.choice(IF_MISSING)), "ask"),
        range=parts.read("range", lambda part: read_range(part, kind or BOOL), None),
        unit=parts.read("unit", Item.text, ""),
        fresh_days=parts.read("fresh_days", lambda part: part.integer(1, 36_500), None),
        actionable=parts.read("actionable", lambda part: cast("Actionable", part.choice(ACTIONABLE)), "never"),
        protected=parts.read("protected", Item.boolean, False),
        sensitive=parts.read("sensitive", Item.boolean, False),
        fields=parts.read("fields", lambda part: tuple(part.named(_field)), ()),
        max_records=parts.read("max_records", lambda part: part.integer(1, MAX_RECORDS), 0),
        words=parts.read("labels", lambda part: word_labels(part, kind or BOOL), {}),
    )
    parts.sound()
    return fact


def _kind(name: str, found: Mapping[str, Item]) -> Kind:
    if name != "enum":
        return Kind(name)  # type: ignore[arg-type]  # one of _TYPES
    words = found["values"].each(enum_word)
    if len(set(words)) != len(words) or not 1 <= len(words) <= MAX_VALUES:
        found["values"].wrong("enum words must be distinct, and there must be some", "write each word once")
    return Kind("enum", tuple(words))


def _field(name: str, item: Item) -> RecordField:
    fact_name(item, name)
    found = item.fields(FIELD.required, FIELD.optional)
    kind_name: KindName = found["type"].choice(SCALARS)  # type: ignore[assignment]  # one of them
    if kind_name in SCALE and "range" not in found:
        item.wrong("missing `range`", "int, money and rate fields are bounded")
    if kind_name == "enum" and "values" not in found:
        item.wrong("missing `values`", "list the words of the enum")
    kind = _kind(kind_name, found)
    return RecordField(
        name=name,
        kind=kind,
        range=read_range(found["range"], kind) if "range" in found else None,
        unit=found["unit"].text() if "unit" in found else "",
        label=text_pair(found["label"]) if "label" in found else Text(name, name),
        words=word_labels(found["labels"], kind) if "labels" in found else {},
    )


def read_range(item: Item, kind: Kind) -> Range:
    """Read [low, high] in natural units; both ends must be values of the kind."""
    if kind.name not in SCALE:
        item.wrong(f"a {kind.name} has no range", "remove it")
    ends = item.sequence()
    if len(ends) != 2:
        item.wrong("a range has two ends", "write [low, high]")
    low, high = (in_base_units(end, kind) for end in ends)
    if low > high:
        item.wrong("the range is empty", "write the lower end first")
    return Range(low, high)


def in_base_units(item: Item, kind: Kind) -> int:
    """Read a number of a kind, as policies write it (yuan, fractions), into base units."""
    number: Fraction = item.number() * SCALE[kind.name]
    if number.denominator != 1 or abs(number) > LIMIT:
        item.wrong(f"`{item.text()}` does not fit {kind.name}", "money has two decimals, rates four, ints none")
    return int(number)


def text_pair(item: Item) -> Text:
    """Read {zh: .., en: ..}."""
    found = item.fields(TEXT.required)
    return Text(found["zh"].sentence(), found["en"].sentence())


def word_labels(item: Item, kind: Kind) -> Mapping[str, Text]:
    """Read what people call the words of an enum: each of them, and nothing else."""
    if kind.name != "enum":
        item.wrong(f"{'an' if kind.name == 'int' else 'a'} {kind.name} has no words", "remove it")
    entries = item.mapping()
    for word, entry in entries.items():
        if word not in kind.values:
            entry.wrong(f"`{word}` is not one of {some(kind.values)}", meant(word, kind.values, "remove it"))
    unnamed = [word for word in kind.values if word not in entries]
    if unnamed:
        item.wrong(f"no label for {', '.join(f'`{word}`' for word in unnamed)}", "name every word, or none")
    return {word: text_pair(entries[word]) for word in kind.values}


def read_reasons(root: Item) -> Mapping[str, Reason]:
    """Read the reason codes; wrong ones are reported and left out."""
    reasons = root.fields(REASONS.required)["reasons"].named(_reason)
    return {reason.code: reason for reason in reasons}


def _reason(code: str, item: Item) -> Reason:
    fact_name(item, code)
    if code in OWN_REASONS:
        item.wrong(f"reason `{code}` is one of the engine's own", "choose another code")
    parts = Parts(item.fields(REASON.required, REASON.optional))
    reason = Reason(
        code=code,
        statement=parts.read("statement", text_pair, UNNAMED),
        note=parts.read("note", Item.text, ""),
        remedy=parts.read("remedy", text_pair, None),
        disclose=parts.read("disclose", lambda part: cast("Disclose", part.choice(DISCLOSE)), "full"),
    )
    parts.sound()
    return reason
