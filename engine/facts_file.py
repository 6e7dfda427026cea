"""Reads `facts.yaml` and `reasons.yaml`."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from fractions import Fraction

from engine.kinds import LIMIT, SCALE, Kind, KindName
from engine.source import Item, as_text_mapping
from engine.vocabulary import SOURCES, Fact, Range, Reason, RecordField, Text

FACT_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}\Z")
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
_TYPES = ("int", "money", "rate", "bool", "enum", "date", "records")
_COMMON = ("unit", "fresh_days", "actionable", "sensitive", "protected")
MAX_RECORDS = 1_000
MAX_VALUES = 200


def fact_name(item: Item, word: str) -> str:
    """Check a name for a fact; facts are Python-like words so that expressions can hold them."""
    if not FACT_NAME.match(word) or keyword.iskeyword(word):
        item.wrong(f"`{word[:60]}` is not a name for a fact", "use lower-case letters, digits and _; at most 60")
    if word in RESERVED:
        item.wrong(f"`{word}` is a word of the language", "choose another name")
    return word


def enum_word(item: Item) -> str:
    """Check a word of an enum."""
    word = item.text()
    if not WORD.match(word) or keyword.iskeyword(word) or word in RESERVED:
        item.wrong(f"`{word[:60]}` cannot be an enum word", "use letters, digits and _, no word of the language")
    return word


def read_facts(root: Item) -> Mapping[str, Fact]:
    """Read the fact dictionary; wrong facts are reported and left out."""
    entries = root.fields(["facts"])["facts"].mapping()
    facts = root.fields(["facts"])["facts"].named(_fact)
    for fact in facts:
        for word in fact.kind.values if fact.kind else ():
            if word in entries:
                root.findings.add(entries[fact.name], f"enum word `{word}` is also a fact", "rename one of them")
    return {fact.name: fact for fact in facts}


def _fact(name: str, item: Item) -> Fact:
    fact_name(item, name)
    type_item = item.mapping().get("type") or item
    kind_name = type_item.choice(_TYPES) if type_item is not item else item.wrong("missing `type`")
    special = {"enum": ["values"], "records": ["fields", "max_records"]}.get(kind_name, [])
    ranged = ["range"] if kind_name in SCALE else []
    found = item.fields(["type", "label", "source", "if_missing", *special, *ranged], _COMMON)
    kind = None if kind_name == "records" else _kind(kind_name, found)
    return Fact(
        name=name,
        kind=kind,
        label=text_pair(found["label"]),
        source=found["source"].choice(SOURCES),
        if_missing=found["if_missing"].choice(("ask", "refer", "ignore")),  # type: ignore[arg-type]  # one of them
        range=read_range(found["range"], kind) if kind and "range" in found else None,
        unit=found["unit"].text() if "unit" in found else "",
        fresh_days=found["fresh_days"].integer(1, 36_500) if "fresh_days" in found else None,
        actionable=found["actionable"].choice(("up", "down", "either", "never")) if "actionable" in found else "never",  # type: ignore[arg-type]  # one of them
        protected=found["protected"].boolean() if "protected" in found else False,
        sensitive=found["sensitive"].boolean() if "sensitive" in found else False,
        fields=tuple(_fields(found["fields"])) if kind is None else (),
        max_records=found["max_records"].integer(1, MAX_RECORDS) if kind is None else 0,
    )


def _kind(name: str, found: Mapping[str, Item]) -> Kind:
    if name != "enum":
        return Kind(name)  # type: ignore[arg-type]  # one of _TYPES
    words = found["values"].each(enum_word)
    if len(set(words)) != len(words) or not 1 <= len(words) <= MAX_VALUES:
        found["values"].wrong("enum words must be distinct, and there must be some")
    return Kind("enum", tuple(words))


def _fields(item: Item) -> list[RecordField]:
    return item.named(_field)


def _field(name: str, item: Item) -> RecordField:
    fact_name(item, name)
    found = item.fields(["type"], ["range", "values", "unit", "label"])
    kind_name: KindName = found["type"].choice(_TYPES[:-1])  # type: ignore[assignment]  # one of them
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
    return Text(**as_text_mapping(item, ("zh", "en")))


def read_reasons(root: Item) -> Mapping[str, Reason]:
    """Read the reason codes; wrong ones are reported and left out."""
    reasons = root.fields(["reasons"])["reasons"].named(_reason)
    return {reason.code: reason for reason in reasons}


def _reason(code: str, item: Item) -> Reason:
    fact_name(item, code)
    found = item.fields(["statement"], ["note", "remedy", "disclose"])
    return Reason(
        code=code,
        statement=text_pair(found["statement"]),
        note=found["note"].text() if "note" in found else "",
        remedy=text_pair(found["remedy"]) if "remedy" in found else None,
        disclose=found["disclose"].choice(("full", "general")) if "disclose" in found else "full",  # type: ignore[arg-type]  # one of them
    )
