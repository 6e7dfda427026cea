"""Rows of a table become facts by a declared mapping; what does not fit is named by column or by line."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine import Engine, PolicyError, PolicySet
from engine.given import check
from engine.mapping import RowError, RowMapping, load_mapping
from tests.engine.conftest import POLICIES

DATA = POLICIES.parent / "bench" / "data"
MAP = """\
subject: line-{number}/{branch}
as_of: 2005-10-01T08:00:00+08:00
columns: [number, sum, delay, paid]
facts:
  score: sum - 100
  income: sum * 0.25
  rate: paid / sum
  online: delay > 0 or paid == 0
  job: paid
  loans:
    - {days: "max(delay, 0)", owed: paid * 0.005, kind: car}
    - {days: 0, owed: 0.05, kind: home}
observed: {outcome: result}
"""
MAP = MAP.replace("[number, sum,", "[number, total,").replace("sum", "total")
ROW = {"number": "7", "branch": " Taipei ", "total": "400", "delay": "-2", "paid": "100", "result": "1", "more": "x"}


@pytest.fixture
def mapping(tmp_path: Path, good: PolicySet) -> RowMapping:
    """The mapping above, over the facts of the good policy."""
    (tmp_path / "map.yaml").write_text(MAP)
    return load_mapping(tmp_path / "map.yaml", good.vocabulary)


def test_a_row_becomes_facts_as_json_would_carry_them(mapping: RowMapping, good: PolicySet) -> None:
    """Formulas in natural units become fen and basis points; words stay words, records become lists."""
    row = mapping.read(ROW)

    assert row.subject == "line-7/Taipei"
    assert row.as_of == dt.datetime(2005, 10, 1, tzinfo=dt.UTC)
    assert row.observed == {"outcome": "1"}
    assert row.facts == {
        "score": 300,
        "income": 10_000,
        "rate": 2_500,
        "online": False,
        "job": "paid",
        "loans": [{"days": 0, "owed": 50, "kind": "car"}, {"days": 0, "owed": 5, "kind": "home"}],
    }
    assert set(check(row.facts, good.vocabulary)) == set(row.facts)
    assert mapping.columns == ("number", "total", "delay", "paid")


def test_amounts_are_rounded_half_to_even_once(mapping: RowMapping) -> None:
    """101 times half a fen is 50.5 fen and becomes 50; 103 times is 51.5 and becomes 52."""
    owed = [mapping.read(ROW | {"paid": paid}).facts["loans"][0]["owed"] for paid in ("101", "103", "-101")]  # type: ignore[index]  # records

    assert owed == [50, 52, -50]


@pytest.mark.parametrize(
    ("change", "column", "message"),
    [
        ({"total": "4OO"}, "total", "`4OO` is not a whole number"),
        ({"total": "4.5"}, "total", "is not a whole number"),
        ({"total": ""}, "total", "`` is not a whole number"),
        ({"total": "1e3"}, "total", "is not a whole number"),
        ({"total": "٤"}, "total", "is not a whole number"),
        ({"total": "9" * 400}, "total", "is not a whole number"),
        ({"total": None}, "total", "is missing from this row"),
        ({"branch": None}, "branch", "is missing from this row"),
        ({"result": None}, "result", "is missing from this row"),
        ({"total": "0"}, "rate", "cannot be computed: division by zero"),
    ],
)
def test_a_row_that_does_not_fit_names_the_column(
    mapping: RowMapping, change: Mapping[str, str | None], column: str, message: str
) -> None:
    """Not a number, missing, or not computable: the column (or the fact) and the value are named, in short."""
    row = {name: value for name, value in {**ROW, **change}.items() if value is not None}
    with pytest.raises(RowError) as refusal:
        mapping.read(row)

    assert refusal.value.column == column
    assert message in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_a_condition_that_cannot_be_computed_is_an_error_of_the_row(tmp_path: Path, good: PolicySet) -> None:
    """A bool fact over a division by zero is no silent null."""
    (tmp_path / "map.yaml").write_text(MAP.replace("delay > 0 or paid == 0", "total / delay > 1"))
    mapping = load_mapping(tmp_path / "map.yaml", good.vocabulary)

    with pytest.raises(RowError, match=r"`online`.*division by zero"):
        mapping.read(ROW | {"delay": "0"})


BROKEN = [
    ("score: total - 100", "scor: total - 100", "facts.scor", "not a declared fact"),
    ("score: total - 100", "score: totl - 100", "facts.score", "`totl` is not a declared fact"),
    ("score: total - 100", "score: total > 100", "facts.score", "this is bool, the fact is int"),
    ("score: total - 100", "score: [1]", "facts.score", "text is needed here"),
    ("score: total - 100", "opened: total", "facts.opened", "the fact is date"),
    ("online: delay > 0 or paid == 0", "online: delay", "facts.online", "the fact is bool"),
    ("job: paid", "job: payed", "facts.job", "`payed` is not a declared fact"),
    ("job: paid", "gender: f", "facts.gender", "`gender` is a protected fact"),
    ("kind: car}", "}", "facts.loans[0]", "missing `kind`"),
    ("kind: car}", "kind: car, more: 5}", "facts.loans[0].more", "unknown key `more`"),
    ("    - {days: 0,", "    - {days: zero,", "facts.loans[1].days", "`zero` is not a declared fact"),
    ("as_of: 2005-10-01T08:00:00+08:00", "as_of: 2005-10-01", "as_of", "has no time zone"),
    ("as_of: 2005-10-01T08:00:00+08:00", 'as_of: "0001-01-01T00:00:00+08:00"', "as_of", "0001-01-01"),
    ("columns: [number, total,", "columns: [number, Total,", "columns[1]", "`Total` is not a name"),
    ("subject: line-{number}/{branch}\n", "", "", "missing `subject`"),
    ("observed:", "observe:", "observe", "unknown key `observe`"),
    ("facts:\n", "facts: 5\nfacts:\n", "facts", "stands here twice"),
]


@pytest.mark.parametrize(("old", "new", "path", "message"), BROKEN)
def test_a_mistake_in_a_mapping_is_a_finding(
    tmp_path: Path, good: PolicySet, old: str, new: str, path: str, message: str
) -> None:
    """Undeclared, misspelt, protected or of the wrong kind: reported with file, line and path."""
    assert old in MAP
    text = MAP.replace(old, new, 1)
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(PolicyError) as refusal:
        load_mapping(tmp_path / "map.yaml", good.vocabulary)

    matching = [one for one in refusal.value.findings if one.path.startswith(path) and message in one.message]
    assert matching, str(refusal.value)
    assert (matching[0].file, matching[0].line >= 1) == ("map.yaml", True)


def test_a_mapping_that_is_not_there_is_a_finding(tmp_path: Path, good: PolicySet) -> None:
    """A missing file is reported, not raised as an error of the operating system."""
    with pytest.raises(PolicyError, match=r"map\.yaml:1: cannot be read"):
        load_mapping(tmp_path / "map.yaml", good.vocabulary)


def _sample(every: int) -> list[dict[str, str]]:
    with gzip.open(DATA / "credit_card_clients.csv.gz", "rb") as packed:
        rows = list(csv.DictReader(io.TextIOWrapper(packed, encoding="utf-8", newline="")))
    assert len(rows) == 20_000
    return rows[::every]


def test_the_shipped_mapping_reads_real_lines(shipped: PolicySet) -> None:
    """A sample of the 20,000 lines fits the vocabulary and is decided; the first was checked by hand."""
    mapping = load_mapping(DATA / "credit_card_clients.map.yaml", shipped.vocabulary)
    engine = Engine(shipped)
    rows = _sample(every=100)
    first = mapping.read(rows[0])
    for row in rows:
        read = mapping.read(row)
        decision = engine.decide("line_review", read.facts, read.as_of)
        assert decision.engine.name == "durable-rules"
        assert read.observed["defaulted"] in ("0", "1")
        assert not {"sex", "education", "marriage", "age"} & set(read.facts)
    engine.close()

    assert first.subject == "uci-1"
    assert first.facts["current_limit"] == 500_000  # 20,000 NT dollars at a quarter of a yuan
    statements = first.facts["statements"]
    assert isinstance(statements, list)
    assert [one["delay_months"] for one in statements] == [2, 2, 0, 0, 0, 0]
    assert statements[0] == {"months_ago": 0, "delay_months": 2, "billed": 97_825, "paid": 0}
