"""Every limit of the language holds to the last one: what it allows is taken, one more is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from engine import PolicyError, load_policies
from engine.errors import Finding
from engine.kinds import INT, MONEY
from engine.reading.facts_file import RESERVED, in_base_units
from engine.reading.parsing import parse
from engine.reading.source import Findings, Item, Skip, read_yaml
from engine.reading.syntax import ExpressionError
from tests.engine.conftest import Load
from tests.engine.folders import FACTS, GOOD, write_good
from tests.engine.tiny import COMMON

RULE = "rules:\n  - {rule: one, when: flag, then: approve}"
TABLE = "derive:\n  - fact: tone\n    table: {{hit: first, when: [asked], rows: [{}], otherwise: 0}}\n"
READS_TONE = "rules:\n  - {rule: one, when: tone > 0, then: approve}"


def _few(count: int, line: str) -> str:
    return "".join(line.format(number) for number in range(count))


def _table(count: int) -> str:
    rows = ", ".join(f"['{number}', {number + 1}]" for number in range(count))
    return TABLE.format(rows) + READS_TONE


def _scorecard(count: int) -> str:
    parts = _few(count, "\n      - {{when: asked > {}, add: 1}}")
    return f"derive:\n  - fact: tone\n    sum:{parts}\n{READS_TONE}"


def _derived(count: int) -> str:
    return "derive:" + _few(count, "\n  - {{fact: d{0}, value: asked > {0}}}") + f"\n{RULE}"


def _rules(count: int) -> str:
    return "rules:" + _few(count, "\n  - {{rule: r{0}, when: asked > {0}, then: approve}}")


@pytest.mark.parametrize(
    ("body", "most", "said"),
    [
        (_rules, 500, "a policy has 1 to 500 rules"),
        (_derived, 200, "201 derived facts"),
        (_table, 500, "a table has at least one column and 1 to 500 rows"),
        (_scorecard, 500, "a scorecard sums 1 to 500 numbers"),
    ],
)
def test_a_policy_has_as_many_parts_as_the_page_says(
    loaded: Load, body: Callable[[int], str], most: int, said: str
) -> None:
    """Rules, derived facts, rows of a table, parts of a scorecard: the last is taken, and one more is a finding."""
    loaded(body(most))
    with pytest.raises(PolicyError) as refusal:
        loaded(body(most + 1))

    assert said in [found.message for found in refusal.value.findings]


def _one_fact(declared: str) -> str:
    return f"facts:\n  asked: {{{declared}, if_missing: ask, {COMMON}}}"


def _words(count: int) -> str:
    return _one_fact(f"type: enum, values: [{', '.join(f'w{number}' for number in range(count))}]")


def _days(days: int) -> str:
    return _one_fact(f"type: int, range: [0, 1], fresh_days: {days}")


def _records(count: int) -> str:
    return _one_fact(f"type: records, max_records: {count}, fields: {{days: {{type: int, range: [0, 1]}}}}")


@pytest.mark.parametrize(
    ("facts", "least", "most", "said"),
    [
        (_words, 1, 200, "enum words must be distinct, and there must be some"),
        (_days, 1, 36_500, "is not a whole number from 1 to 36500"),
        (_records, 1, 1_000, "is not a whole number from 1 to 1000"),
    ],
)
def test_a_fact_keeps_its_bounds(loaded: Load, facts: Callable[[int], str], least: int, most: int, said: str) -> None:
    """Words of an enum, days a value stays fresh, records of a list: both ends are taken, what lies beyond is not."""
    body = "rules:\n  - {rule: one, when: asked is missing, then: approve}"
    for count in (least, most):
        assert "asked" in loaded(body.replace("asked is", "other is"), _with_other(facts(count))).vocabulary.facts
    for count in (least - 1, most + 1):
        with pytest.raises(PolicyError) as refusal:
            loaded(body.replace("asked is", "other is"), _with_other(facts(count)))
        assert said in str(refusal.value)


def _with_other(facts: str) -> str:
    return f"{facts}\n  other: {{type: bool, if_missing: ask, {COMMON}}}"


def test_a_file_may_have_a_million_bytes_and_not_one_more(tmp_path: Path) -> None:
    """Comments count like everything else; the finding says how many there are."""
    full = GOOD + "#" * (1_000_000 - len(GOOD.encode()))

    assert "good" in load_policies(write_good(tmp_path, good=full)).names
    with pytest.raises(PolicyError, match="the file has more than 1000000 bytes"):
        load_policies(write_good(tmp_path, good=f"{full}#"))


def _read(text: str) -> list[Finding]:
    findings = Findings()
    try:
        read_yaml(text.encode(), "a.yaml", findings)
    except Skip:
        return findings.all
    return []


def test_a_file_may_have_twenty_four_levels() -> None:
    """The document itself is the first of them; one level more is refused on its line."""
    assert _read("a: " + "[" * 24 + "]" * 24) == []
    (found,) = _read("b: 1\na: " + "[" * 25 + "]" * 25)

    assert (found.line, found.message[:22]) == (2, "deeper than 24 levels ")


def test_a_file_may_have_a_hundred_thousand_values() -> None:
    """Whatever the reader of YAML meets counts, beginnings and ends too, from zero."""
    last = len(list(yaml.parse("a: []"))) - 1

    assert _read(f"a: [{'1,' * (100_000 - last)}]") == []
    assert "more than 100000 values" in _read(f"a: [{'1,' * (100_001 - last)}]")[0].message


@pytest.mark.parametrize(("count", "taken"), [(4_000, True), (4_001, False)])
def test_an_expression_may_have_four_thousand_characters(count: int, taken: bool) -> None:
    """And says how many it has when there are more."""
    text = "a > 1" + " " * (count - 5)
    if taken:
        assert parse(text, {"a": INT}) == parse("a > 1", {"a": INT})
    else:
        with pytest.raises(ExpressionError, match="expression has 4001 characters"):
            parse(text, {"a": INT})


def test_an_expression_may_be_forty_levels_deep() -> None:
    """Signs count as levels; one more is refused."""
    parse("-" * 39 + "a", {"a": INT})
    with pytest.raises(ExpressionError, match="nested deeper than 40"):
        parse("-" * 40 + "a", {"a": INT})


def _number(text: str) -> Item:
    return read_yaml(f"a: '{text}'".encode(), "a.yaml", Findings()).mapping()["a"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9007199254740991", 9_007_199_254_740_991),
        ("-9007199254740991", -9_007_199_254_740_991),
        ("9007199254740992", None),
        ("-9007199254740992", None),
        ("0.5", None),
    ],
)
def test_a_number_of_a_policy_fits_its_kind_and_what_can_be_stored(text: str, value: int | None) -> None:
    """Whole base units within the range that JSON carries exactly; anything else is a finding."""
    item = _number(text)
    if value is not None:
        assert in_base_units(item, INT) == value
    else:
        with pytest.raises(Skip):
            in_base_units(item, INT)
        assert "does not fit int" in item.findings.all[0].message


def test_money_has_two_decimals() -> None:
    """One more does not fit, also where it is far from any limit."""
    assert in_base_units(_number("1.25"), MONEY) == 125
    with pytest.raises(Skip):
        in_base_units(_number("1.255"), MONEY)


@pytest.mark.parametrize(("year", "taken"), [("0001", False), ("0002", True), ("9998", True), ("9999", False)])
def test_an_example_is_decided_in_a_year_that_every_zone_has(tmp_path: Path, year: str, taken: bool) -> None:
    """From the year 2 to 9998, both included."""
    text = GOOD.replace("2026-12-02T00:00:00Z", f"{year}-12-02T00:00:00Z")
    folder = write_good(tmp_path, good=text)
    if taken:
        assert load_policies(folder)["good"].examples[0].as_of is not None
    else:
        with pytest.raises(PolicyError, match="write a year from 2 to 9998"):
            load_policies(folder)


@pytest.mark.parametrize("word", sorted(RESERVED | {"outcome", "limit", "apr", "term", "where", "missing", "any"}))
def test_a_word_of_the_language_is_no_name_of_a_fact(tmp_path: Path, word: str) -> None:
    """What the language says itself cannot be declared."""
    with pytest.raises(PolicyError, match=f"`{word}`"):
        load_policies(write_good(tmp_path, facts=FACTS.replace("  online:", f"  {word}:")))


def test_a_folder_without_a_policy_is_a_finding_on_its_first_line(tmp_path: Path) -> None:
    """It says what to write beside facts.yaml."""
    folder = write_good(tmp_path, reasons="reasons: {}\n")
    (folder / "good.yaml").unlink()
    with pytest.raises(PolicyError) as refusal:
        load_policies(folder)

    assert str(refusal.value) == f"{folder}:1: the folder holds no policy (write NAME.yaml beside facts.yaml)"


def test_a_policy_in_the_wrong_file_is_told_by_its_name(tmp_path: Path) -> None:
    """The file is named after the policy, and the finding says how."""
    folder = write_good(tmp_path)
    (folder / "good.yaml").rename(folder / "better.yaml")
    with pytest.raises(PolicyError, match=r"policy `good` stands in `better.yaml` \(name the file good.yaml\)"):
        load_policies(folder)
