"""Checks given facts against the vocabulary: all mistakes at once, each with its path, the value and the remedy.

Input is what JSON gives (int, bool, str, list, dict); output is values in base units. A float is always a mistake here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any
from typing import Literal as OneOf

import msgspec

from engine.errors import FactsError, Problem, meant
from engine.expression import number_text
from engine.kinds import LIMIT, SCALE, Kind, Value, natural, read_date
from engine.vocabulary import Fact, Range, Vocabulary

Record = Mapping[str, Value]
Given = Mapping[str, Value | tuple[Record, ...]]  #: facts in base units; an absent fact is missing

_OUTSIDE = "look at the unit of the fact; leave it out when it is not known"
_PLAIN_WORDS = {
    "bool": "no quotes, no 0 or 1",
    "date": "write YYYY-MM-DD",
    "enum": "write one of these words in quotes",
    "int": "no quotes, no decimals",
}
_UNIT_WORDS = {"money": "integer fen (15000.00 yuan is 1500000)", "rate": "integer basis points (18.5 % is 1850)"}


def check(facts: Mapping[str, object], vocabulary: Vocabulary) -> Given:
    """Turn facts as JSON values into values in base units; raise FactsError with every problem."""
    problems: list[Problem] = []
    given: dict[str, Value | tuple[Record, ...]] = {}
    for name, value in facts.items():
        fact = vocabulary.facts.get(name)
        if fact is None:
            problems.append(_unknown(_short(name), vocabulary))
        else:
            read = _given(fact, value, problems)
            if read is not None:
                given[name] = read
    if problems:
        raise FactsError(problems)
    return given


def _given(fact: Fact, value: object, problems: list[Problem]) -> Value | tuple[Record, ...] | None:
    """Read one fact; None when a problem was found."""
    path = f"facts.{fact.name}"
    if fact.kind is None:
        return _records(fact, value, path, problems)
    return _value(fact.kind, fact.range, value, path, problems)


class Checker:
    """Checks facts fast: one look at all of them, and anything wrong is looked at again for every problem."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._shape = msgspec.defstruct(
            "Facts",
            [(name, _shape(fact) | msgspec.UnsetType, msgspec.UNSET) for name, fact in vocabulary.facts.items()],
            forbid_unknown_fields=True,
            gc=False,
        )
        self._read = [fact for fact in vocabulary.facts.values() if fact.kind is None or fact.kind.name == "date"]

    def __call__(self, facts: Mapping[str, object]) -> Given:
        """As `check`; facts that need no reading are given back as they are, and must not be changed meanwhile."""
        try:
            msgspec.convert(facts, self._shape)
        except (msgspec.ValidationError, TypeError, RecursionError, UnicodeError):  # the last: half a character
            return check(facts, self._vocabulary)
        if not self._read and type(facts) is dict:
            return facts
        read = {fact.name: self._one(fact, facts[fact.name], facts) for fact in self._read if fact.name in facts}
        if read or type(facts) is not dict:
            return {**facts, **read}  # type: ignore[dict-item]  # they are of the shape
        return facts

    def _one(self, fact: Fact, value: object, facts: Mapping[str, object]) -> Value | tuple[Record, ...]:
        """Read a date or a list of records; when something is wrong, tell of everything that is."""
        problems: list[Problem] = []
        read = _given(fact, value, problems)
        return check(facts, self._vocabulary)[fact.name] if problems or read is None else read


def _shape(fact: Fact) -> Any:
    """The type of what is right and already what the engine computes with; dates and records are read afterwards."""
    kind = fact.kind
    if kind is None or kind.name == "date":
        return Any
    if kind.name == "bool":
        return bool
    if kind.name == "enum":
        return OneOf[kind.values]
    low, high = (fact.range.low, fact.range.high) if fact.range else (-LIMIT, LIMIT)
    return Annotated[int, msgspec.Meta(ge=low, le=high)]


def _unknown(name: str, vocabulary: Vocabulary) -> Problem:
    remedy = meant(name, vocabulary.facts, "see the fact dictionary (facts.yaml) for the names")
    return Problem(f"facts.{name}", name, f"unknown fact `{name}`", remedy)


def _records(fact: Fact, value: object, path: str, problems: list[Problem]) -> tuple[Record, ...]:
    if not isinstance(value, list | tuple):
        problems.append(_problem(path, value, "is not a list of records", 'write [{"field": value, ..}, ..]'))
        return ()
    if len(value) > fact.max_records:
        problems.append(
            Problem(path, str(len(value)), f"{len(value)} records", f"at most {fact.max_records} are taken")
        )
        return ()
    return tuple(_record(fact, record, f"{path}[{index}]", problems) for index, record in enumerate(value))


def _record(fact: Fact, record: object, path: str, problems: list[Problem]) -> Record:
    if not isinstance(record, Mapping):
        problems.append(_problem(path, record, "is not a record", 'write {"field": value, ..}'))
        return {}
    fields = {field.name: field for field in fact.fields}
    problems += [
        _problem(f"{path}.{name}"[:200], name, "is an unknown field", f"known: {', '.join(fields)}")
        for name in record
        if name not in fields
    ]
    checked: dict[str, Value] = {}
    for name, field in fields.items():
        if name not in record:
            problems.append(Problem(f"{path}.{name}", "", f"field `{name}` is missing", "every record has all fields"))
            continue
        value = _value(field.kind, field.range, record[name], f"{path}.{name}", problems)
        if value is not None:
            checked[name] = value
    return checked


def _value(kind: Kind, bounds: Range | None, value: object, path: str, problems: list[Problem]) -> Value | None:
    if value is None:
        problems.append(Problem(path, "null", "null is not a value", "leave the fact out when it is not known"))
        return None
    match kind.name:
        case "bool" if isinstance(value, bool):
            return value
        case "enum" if isinstance(value, str) and value in kind.values:
            return value
        case "date" if isinstance(value, str):
            return _date(value, path, problems)
        case "int" | "money" | "rate" if isinstance(value, int) and not isinstance(value, bool):
            if bounds is None or bounds.low <= value <= bounds.high:
                return value
            problems.append(
                _problem(
                    path, value, f"is out of range {_range_text(kind, bounds)}", _UNIT_WORDS.get(kind.name, _OUTSIDE)
                )
            )
            return None
    problems.append(_problem(path, value, f"is not {_wanted(kind)}", _remedy(kind, value)))
    return None


def _date(value: str, path: str, problems: list[Problem]) -> dt.date | None:
    date = read_date(value)
    if date is None:
        problems.append(_problem(path, value, "is not a date", "write YYYY-MM-DD"))
    return date


def _wanted(kind: Kind) -> str:
    if kind.name == "enum":
        return f"one of {', '.join(kind.values)}"
    return {"bool": "true or false", "date": "a date", "int": "a whole number"}.get(
        kind.name, f"{kind.name} as an integer"
    )


def _remedy(kind: Kind, value: object) -> str:
    if kind.name == "enum" and isinstance(value, str):
        return meant(value, kind.values, "write one of these words as it stands")
    return {**_UNIT_WORDS, **_PLAIN_WORDS}[kind.name]


def _range_text(kind: Kind, bounds: Range) -> str:
    text = f"{bounds.low}..{bounds.high}"
    if kind.name in SCALE and SCALE[kind.name] > 1:
        ends = (number_text(natural(kind, bounds.low)), number_text(natural(kind, bounds.high)))
        return f"{text} ({ends[0]} to {ends[1]}{' yuan' if kind.name == 'money' else ''})"
    return text


def _short(value: object) -> str:
    """A value as text of a sane length; what Python refuses to print is described."""
    try:
        return str(value)[:80]
    except ValueError:  # an int of thousands of digits
        return "a huge number"
    except RecursionError:
        return f"a deeply nested {type(value).__name__}"


def _problem(path: str, value: object, message: str, remedy: str) -> Problem:
    text = _short(value)
    return Problem(path, text, f"`{text}` {message}", remedy)
