"""Rows of a table (CSV) -> facts: a declarative mapping in the policy language's own expressions.

```yaml
subject: uci-{id}                 # who the row is about; {column} is replaced
as_of: 2005-10-01T00:00:00Z
columns: [id, limit_bal, pay_0]   # read as whole numbers; other columns are left alone
facts:
  current_limit: limit_bal * 0.25 # in natural units: yuan, fractions; rounded once, half to even
  has_delay: pay_0 > 0            # a bool fact is a condition
  statements:                     # a record list: one mapping of expressions per record
    - {months_ago: 0, delay_months: "max(pay_0, 0)"}
observed: {defaulted: default_next_month}   # never facts; for the report of what happened
```
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from engine.errors import EngineError, Finding, PolicyError
from engine.evaluation import DIVISION_BY_ZERO
from engine.kinds import BOOL, INT, SCALE, Kind
from engine.reading.derive_file import Scope
from engine.reading.example_file import read_instant
from engine.reading.facts_file import fact_name
from engine.reading.source import Findings, Item, Skip, read_yaml
from engine.running.compute import Incomputable
from engine.running.conditions import compile_condition
from engine.running.storing import compile_stored
from engine.vocabulary import Fact, RecordField, Vocabulary

_COLUMN = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_WHOLE = re.compile(r"[-+]?[0-9]{1,15}\Z")

Numbers = Mapping[str, int]
Maker = Callable[[Numbers], object]


class RowError(EngineError):
    """a row cannot be read"""

    def __init__(self, column: str, value: str, message: str) -> None:
        self.column = column
        self.value = value
        self.message = message
        super().__init__(f"column `{column}`: `{value[:60]}` {message}")


class Row(msgspec.Struct, frozen=True):
    """One application read from a table."""

    subject: str
    facts: Mapping[str, object]  #: as JSON would carry them: fen, basis points
    as_of: dt.datetime
    observed: Mapping[str, str]


class RowMapping:
    """How the rows of one kind of table become applications."""

    def __init__(
        self,
        subject: str,
        as_of: dt.datetime,
        columns: tuple[str, ...],
        facts: Mapping[str, Maker],
        observed: Mapping[str, str],
    ) -> None:
        self.columns = columns
        #: Every column a table must have.
        self.needed = tuple(dict.fromkeys((*columns, *_COLUMN.findall(subject), *observed.values())))
        self._subject = subject
        self._as_of = as_of
        self._facts = facts
        self._observed = observed

    def read(self, row: Mapping[str, str]) -> Row:
        """Read one row of text; raise RowError naming the column."""
        numbers = {column: _number(row, column) for column in self.columns}
        facts: dict[str, object] = {}
        for name, make in self._facts.items():
            try:
                facts[name] = make(numbers)
            except Incomputable as reason:
                raise RowError(name, "", f"cannot be computed: {reason}") from None
        subject = _COLUMN.sub(lambda match: _text(row, match[1]), self._subject)
        observed = {name: _text(row, column) for name, column in self._observed.items()}
        return Row(subject, facts, self._as_of, observed)


def _text(row: Mapping[str, str], column: str) -> str:
    value = row.get(column)
    if value is None:
        raise RowError(column, "", "is missing from this row")
    return value.strip()


def _number(row: Mapping[str, str], column: str) -> int:
    text = _text(row, column)
    if not _WHOLE.match(text):
        raise RowError(column, text, "is not a whole number")
    return int(text)


def load_mapping(path: Path, vocabulary: Vocabulary) -> RowMapping:
    """Read a mapping file over a vocabulary; raise PolicyError with every finding."""
    findings = Findings()
    try:
        mapping = _mapping(read_yaml(path.read_bytes(), path.name, findings), vocabulary)
    except OSError as error:
        raise PolicyError([Finding(path.name, 1, "", f"cannot be read: {error.strerror}")]) from None
    except Skip:
        raise PolicyError(findings.all) from None
    if findings.all:
        raise PolicyError(findings.all)
    return mapping


def _mapping(root: Item, vocabulary: Vocabulary) -> RowMapping:
    found = root.fields(["subject", "as_of", "columns", "facts"], ["observed"])
    columns = tuple(found["columns"].each(lambda item: fact_name(item, item.text())))
    scope = Scope({})
    scope.kinds.update(dict.fromkeys(columns, INT))
    facts: dict[str, Maker] = {}
    for name, item in found["facts"].mapping().items():
        try:
            facts[name] = _fact(item, vocabulary.facts.get(name), scope)
        except Skip:
            continue
    observed = found["observed"].mapping() if "observed" in found else {}
    return RowMapping(
        subject=found["subject"].text(),
        as_of=read_instant(found["as_of"]),
        columns=columns,
        facts=facts,
        observed={name: item.text() for name, item in observed.items()},
    )


def _fact(item: Item, fact: Fact | None, scope: Scope) -> Maker:
    if fact is None:
        item.wrong("this is not a declared fact", "see facts.yaml for the names")
    if fact.protected:
        item.wrong(f"`{fact.name}` is a protected fact", "put its column under `observed`")
    if fact.kind is not None:
        return _value(item, fact.kind, scope)
    fields = {field.name: field for field in fact.fields}
    records = [_record(record, fields, scope) for record in item.sequence()]
    return lambda numbers: [{name: make(numbers) for name, make in record.items()} for record in records]


def _decided(status: bool | None) -> bool:
    if status is None:  # rows have all columns, so a term could not be computed
        raise Incomputable(DIVISION_BY_ZERO)
    return status


def _record(item: Item, fields: Mapping[str, RecordField], scope: Scope) -> dict[str, Maker]:
    found = item.fields(tuple(fields))
    return {name: _value(found[name], field.kind, scope) for name, field in fields.items()}


def _value(item: Item, kind: Kind, scope: Scope) -> Maker:
    if kind.name == "enum" and item.text() in kind.values:
        word = item.text()
        return lambda numbers: word
    formula = scope.formula(item)
    day = dt.date.min  # rows hold no dates, so nothing is counted against a day
    if kind == BOOL and formula.kind == BOOL:
        condition = compile_condition(formula)
        return lambda numbers: _decided(condition(numbers, day))
    if kind.name not in SCALE or not formula.kind.plain:
        item.wrong(f"this is {formula.kind.name}, the fact is {kind.name}", "numbers are computed in natural units")
    store = compile_stored(formula, kind, "half_even")
    return lambda numbers: store(numbers, day)
