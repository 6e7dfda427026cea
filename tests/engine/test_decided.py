"""Conditions that ranges decide, and literals out of range: what is refused is certain, what passes is meant."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import pytest

from engine import PolicyError, load_policies, reference
from engine.expression import Expression, Junction, Not, children
from engine.given import check
from engine.interpreter import Facts, truth
from engine.kinds import BOOL, INT, LIMIT, Kind
from engine.policy import Policy
from engine.ranges.deciding import Deciding
from engine.ranges.domains import domains, fields_of
from engine.ranges.spans import Ranged, Span, Words
from engine.reading.parsing import parse_condition
from tests.engine.generators import Case
from tests.engine.recorded import load_recorded
from tests.engine.tiny import COMMON, MOMENT, load, write

FACTS = f"""
facts:
  age: {{type: int, range: [18, 100], if_missing: ask, {COMMON}}}
  other_age: {{type: int, range: [18, 100], if_missing: ask, {COMMON}}}
  paid: {{type: money, range: [0.00, 500.00], if_missing: ignore, {COMMON}}}
  rate: {{type: rate, range: [0.0000, 1.0000], if_missing: refer, {COMMON}}}
  hue: {{type: enum, values: [red, green, blue], if_missing: ask, {COMMON}}}
  flag: {{type: bool, if_missing: ask, {COMMON}}}
  day: {{type: date, if_missing: ask, {COMMON}}}
  loans:
    type: records
    max_records: 10
    fields:
      days: {{type: int, range: [0, 90]}}
      owed: {{type: money, range: [0.00, 100.00]}}
    if_missing: refer
    {COMMON.replace(", source", chr(10) + "    source")}
"""
BODY = """records:
  late: count(loans where days > 5)
  owed: sum(loans.owed)
  worst: {value: max(loans.days), empty: -1}
derive:
  - fact: band
    table: {hit: first, when: [age], rows: [["< 30", young], ["< 60", grown]], otherwise: old}
  - fact: points
    sum:
      - {when: age > 50, add: 10}
      - {when: hue == red, add: 5}
      - {when: flag, add: -5}
  - {fact: share, type: rate, value: "paid / max(owed, 1.00)"}
  - {fact: fresh, value: age < 30 and hue != blue}
rules:
  - {rule: use, when: late > 0 or worst > 3 or band == old or points > 3 or share > 0.5 or fresh, then: approve}
  - rule: test
    when: CONDITION
    then: approve
"""

LITERALS = [  # condition, literal, name, its range
    ("age < 1_800", "1800", "age", "18..100"),
    ("age > 1_800", "1800", "age", "18..100"),
    ("1_800 >= age", "1800", "age", "18..100"),
    ("age >= 17", "17", "age", "18..100"),
    ("age == 101", "101", "age", "18..100"),
    ("age != 101 and flag", "101", "age", "18..100"),
    ("age in [20, 101]", "101", "age", "18..100"),
    ("age not in [5, 20]", "5", "age", "18..100"),
    ("20 <= age <= 200", "200", "age", "18..100"),
    ("paid > 500.01", "500.01", "paid", "0..500"),
    ("paid < -0.01 or flag", "-0.01", "paid", "0..500"),
    ("rate > 1.5", "1.5", "rate", "0..1"),
    ("age > 99_999_999_999_999_999_999", "99999999999999999999", "age", "18..100"),
    ("late > 11", "11", "late", "0..10"),
    ("owed > 1_000.01", "1000.01", "owed", "0..1000"),
    ("worst == -2", "-2", "worst", "-1..90"),
    ("points >= 20", "20", "points", "-5..15"),
    ("not (flag and age > 200)", "200", "age", "18..100"),
]
NEVER = [
    "age > 100",
    "age < 18",
    "100 < age",
    "worst < -1",
    "age > 50 and age < 40",
    "age > 50 and (age < 40 or age == 45)",
    "hue == red and hue == blue",
    "hue not in [red, green, blue]",
    "age is missing and age > 20",
    "flag and not flag",
    "flag and flag == false",
    "age + other_age > 200",
    "age * 2 < 36",
    "age < other_age - 82",
    "share < 0.0",
    "days_since(day) > 4_000_000",
    "band == old and band == young",
    "not (age >= 18)",
    "paid * 0 > 0.00",
]
ALWAYS = [
    "age >= 18",
    "age <= 100",
    "18 <= age",
    "age > 50 or age <= 50",
    "hue in [red, green, blue]",
    "age is missing or age >= 18",
    "age is missing or age is not missing",
    "flag or not flag",
    "flag or flag == false",
    "max(age, 20) >= 20",
    "points <= 15",
    "days_since(day) > -4_000_000",
    "not (age > 100)",
    "min(age, other_age) <= 100",
]
MEANT = [
    "true",
    "false",
    "true and flag",
    "age > 18",
    "age == 18",
    "age != 100",
    "18 <= age < 30",
    "18 <= age <= 30",
    "age >= 18 and flag",
    "age <= 100 and flag",
    "age is missing",
    "age is not missing",
    "age is missing or age > 50",
    "age is not missing and age > 50",
    "flag is missing or flag",
    "hue in [red, green]",
    "hue not in [red]",
    "age > other_age",
    "age + other_age > 199",
    "days_since(day) > 30",
    "day > '2026-01-01'",
    "paid == 0.00 or paid == 500.00",
    "points == 15 or points == -5",
    "late == 10 or late == 0",
    "band is missing or band == old",
    "rate * paid >= 500.00",
]


def _refused(folder: Path, body: str) -> tuple[str, ...]:
    try:
        load_policies(write(folder, body, FACTS))
    except PolicyError as refusal:
        return tuple(map(str, refusal.findings))
    return ()


def _condition(folder: Path, condition: str) -> tuple[str, ...]:
    return _refused(folder, BODY.replace("CONDITION", f'"{condition}"'))


@pytest.mark.parametrize(("condition", "literal", "name", "bounds"), LITERALS)
def test_a_literal_outside_the_range_of_its_fact_is_refused(
    tmp_path: Path, condition: str, literal: str, name: str, bounds: str
) -> None:
    """Declared or computed, with the literal, the range, the place and what to do; nothing that follows is told."""
    (found,) = _condition(tmp_path, condition)

    assert re.match(r"tiny\.yaml:\d+: rules\[1\]\.when: ", found)
    assert f": `{literal}` lies outside the range of `{name}`, {bounds} (compare" in found
    line = int(found.split(":")[1])
    assert "when:" in (tmp_path / "tiny.yaml").read_text(encoding="utf-8").splitlines()[line - 1]


@pytest.mark.parametrize("condition", NEVER)
def test_a_condition_that_can_never_be_true_is_refused(tmp_path: Path, condition: str) -> None:
    """Over the ranges of its facts, with all of them that are numbers or words, and what to do."""
    (found,) = _condition(tmp_path, condition)

    assert re.search(r"rules\[1\]\.when: `.+` (can never be true|is true whenever it is known)", found)
    assert ("can never be true" in found) or condition.startswith("not")
    assert "(mend it or the range" in found


@pytest.mark.parametrize("condition", ALWAYS)
def test_a_condition_that_is_true_whenever_it_is_known_is_refused(tmp_path: Path, condition: str) -> None:
    """It says no more than that its facts are there, which is said otherwise."""
    (found,) = _condition(tmp_path, condition)

    assert "is true whenever it is known" in found
    assert "`x is not missing` asks whether a fact is known" in found


@pytest.mark.parametrize("condition", MEANT)
def test_what_is_meant_is_let_pass(tmp_path: Path, condition: str) -> None:
    """Plain `true`, ends of ranges that are spelt out, questions whether a fact is there, and all that may be."""
    assert _condition(tmp_path, condition) == ()


def test_the_largest_part_that_is_decided_is_told_of(tmp_path: Path) -> None:
    """A part of an undecided condition is named alone; parts of a decided one are not named again."""
    (part,) = _condition(tmp_path, "flag and (hue == red or age > 100)")
    (whole,) = _condition(tmp_path, "flag and age > 50 and (age < 40 or age > 100)")
    several = _condition(tmp_path, "flag and (hue == red or age > 100 or paid < 0.00)")

    assert "`age > 100` can never be true (age: 18..100)" in part
    assert "`flag and age > 50 and (age < 40 or age > 100)` can never be true" in whole
    assert len(several) == 2


PLACES = [  # old, new, path, text on the line, message
    ("days > 5", "days > 90", "records.late", "late: count", "`days > 90` can never be true (days: 0..90)"),
    ("days > 5", "days < 91", "records.late", "late: count", "`91` lies outside the range of `days`, 0..90"),
    ("{value: max(loans.days)", "{value: max(loans.days where owed >= 0.00)", "records.worst.value", "worst:",
     "`owed >= 0` is true whenever it is known"),
    ('["< 60", grown]', '["> 100", grown]', "derive[0].table.rows[1]", "table:", "this row can never apply"),
    ('["< 60", grown]', '["< 600", grown]', "derive[0].table.rows[1]", "table:", "`600` lies outside the range"),
    ('["< 60", grown]', '["30..600", grown]', "derive[0].table.rows[1]", "table:", "`600` lies outside the range"),
    ('["< 60", grown]', "[[60, 600], grown]", "derive[0].table.rows[1]", "table:", "`600` lies outside the range"),
    ('["< 60", grown]', '[">= 18", grown]', "derive[0].table.rows[1]", "table:", "`age >= 18` is true whenever"),
    ("when: age > 50, add: 10", "when: age > 100, add: 10", "derive[1].sum[0].when", "age > 100", "can never be true"),
    ("hue == red, add: 5", "hue != red or hue == red, add: 5", "derive[1].sum[1].when", "hue != red", "true whenever"),
    ("age < 30 and hue", "age < 18 and hue", "derive[3].value", "fact: fresh", "`age < 18 and hue != blue` can never"),
    ("age < 30 and hue", "age < 1_800 and hue", "derive[3].value", "fact: fresh", "`1800` lies outside the range"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "line", "message"), PLACES)
def test_every_condition_of_a_policy_is_looked_at(
    tmp_path: Path, old: str, new: str, path: str, line: str, message: str
) -> None:
    """Those of aggregates, rows of tables, scorecards and derived flags, each at its own place, once."""
    assert old in BODY
    (found,) = _refused(tmp_path, BODY.replace(old, new).replace("CONDITION", "flag"))

    assert f": {path}: " in found
    assert message in found
    number = int(found.split(":")[1])
    assert line in (tmp_path / "tiny.yaml").read_text(encoding="utf-8").splitlines()[number - 1]


@pytest.mark.parametrize(
    ("promise", "message"),
    [
        ("never: outcome == approve and age < 18", None),  # cannot be broken: so be it
        ("never: outcome == approve and age > 1_800", "`1800` lies outside the range of `age`, 18..100"),
        ("always: limit <= 900.00", None),
    ],
)
def test_a_promise_may_hold_by_itself_but_not_speak_of_what_is_nobodys(
    tmp_path: Path, promise: str, message: str | None
) -> None:
    """Invariants are there to be never broken; a value outside its range is a slip there, too."""
    found = _refused(tmp_path, BODY.replace("CONDITION", "flag") + f"invariants:\n  - {promise}\n")

    assert len(found) == (message is not None)
    assert message is None or (f"invariants[0].{promise.partition(':')[0]}: " in found[0] and message in found[0])


@pytest.mark.parametrize(
    "rows",
    [
        '["18..30", young], ["31..100", old]',  # ranges spelt to their ends
        '["<= 30", young], ["> 30", old]',
        '["< 30", young], [any, old]',
        '["< 30", young], [not missing, old]',
        '[missing, young], ["18..50", grown], [any, old]',
    ],
)
def test_a_table_may_spell_a_whole_range_out(tmp_path: Path, rows: str) -> None:
    """Cells that reach the end of a range, `any`, `missing` and `not missing` are no mistakes."""
    body = BODY.replace('["< 30", young], ["< 60", grown]], otherwise: old', rows + "]").replace("CONDITION", "flag")

    assert _refused(tmp_path, body) == ()


def test_mistakes_elsewhere_hide_no_decided_condition(tmp_path: Path) -> None:
    """One report has all, nothing twice: a row never reached, a rule that cannot be read, one that is decided."""
    body = BODY.replace("CONDITION", "age < 18") + "  - {rule: worse, when: nothing > 1, then: approve}\n"
    found = _refused(tmp_path, body.replace('["< 60", grown]', '["< 20", grown]'))

    assert len(found) == 3
    for message in ("this row is never reached", "`age < 18` can never be true", "`nothing` is not a declared fact"):
        assert any(message in one for one in found), message


def test_what_the_log_has_recorded_loads_again(tmp_path: Path) -> None:
    """A policy of earlier days with a decided condition is refused as a folder and read as a bundle."""
    write(tmp_path, BODY.replace("CONDITION", "age < 1_800"), FACTS)

    with pytest.raises(PolicyError):
        load_policies(tmp_path)
    assert load_recorded(tmp_path).names == ("tiny",)


def test_a_condition_of_too_many_cases_is_looked_at_part_by_part(tmp_path: Path) -> None:
    """It costs no more time than others; what a look at its parts shows is found all the same."""
    pairs = " and ".join(f"(age > {18 + i} or other_age > {18 + i})" for i in range(24))
    start = time.process_time()
    assert _condition(tmp_path, f"flag or {pairs}") == ()
    (found,) = _condition(tmp_path, f"age + other_age > 200 and {pairs}")

    assert time.process_time() - start < 5
    assert "`age + other_age > 200 and (age" in found
    assert "can never be true" in found


AGGREGATES = [  # an aggregate over up to 3 records, and between what it lies in base units
    ("count(lots)", Span(0, 3, gap=True)),
    ("any(lots where size > 0)", 7),
    ("all(lots where size > 0)", 7),
    ("sum(lots.size)", Span(-12, 21, gap=True)),
    ("sum(lots.above)", Span(0, 27, gap=True)),
    ("sum(lots.below)", Span(-27, 0, gap=True)),
    ("sum(lots.most)", Span(-LIMIT, LIMIT, gap=True)),
    ("{value: min(lots.above), empty: 0}", Span(0, 9, gap=True)),
    ("{value: max(lots.above), empty: 12}", Span(5, 12, gap=True)),
    ("{value: avg(lots.size), empty: 1}", Span(-4, 7, gap=True)),
]


@pytest.mark.parametrize(("aggregate", "between"), AGGREGATES, ids=[text for text, _ in AGGREGATES])
def test_an_aggregate_lies_between_what_its_records_allow(tmp_path: Path, aggregate: str, between: Ranged) -> None:
    """None of them, as many as there may be, each as small and as large as its field may be; and never past storage."""
    most = 9_007_199_254_740_991
    fields = "size: {type: int, range: [-4, 7]}, above: {type: int, range: [5, 9]}, "
    fields += f"below: {{type: int, range: [-9, -5]}}, most: {{type: int, range: [-{most}, {most}]}}"
    facts = f"facts:\n  lots: {{type: records, max_records: 3, if_missing: ask, fields: {{{fields}}}, {COMMON}}}\n"
    body = f"records:\n  it: {aggregate}\nrules:\n  - {{rule: ok, when: it is not missing, then: approve}}\n"

    assert domains(load(tmp_path, body, facts)["tiny"])["it"] == between


def test_a_flag_that_comes_out_one_way_decides_what_reads_it(tmp_path: Path) -> None:
    """Of a table of trues a condition makes nothing; bools and dates have no range that would have to be named."""
    table = "table: {hit: first, when: [age], rows: [['> 50', true], ['> 40', true]], otherwise: true}"
    body = BODY.replace("derive:\n", f"derive:\n  - {{fact: sure, {table}}}\n")
    found = {
        condition: _refused(tmp_path, body.replace("CONDITION", f'"{condition}"'))
        for condition in ("sure", "not sure", "sure == false", "flag and sure")
    }
    (both,) = _condition(tmp_path, "flag and age > 50 and not flag and day > '2026-01-01'")

    assert [len(one) for one in found.values()] == [1, 1, 1, 1]
    assert "`sure` is true whenever it is known (mend" in found["sure"][0]
    assert "`not sure` can never be true (mend" in found["not sure"][0]
    assert "`sure == false` can never be true (mend" in found["sure == false"][0]
    assert "`sure` is true whenever it is known (mend" in found["flag and sure"][0]
    assert "can never be true (age: 18..100) (mend" in both


# -- against the meaning

SMALL: Mapping[str, tuple[Kind, Ranged, tuple[object, ...]]] = {
    "a": (INT, Span(0, 4, gap=True), (0, 1, 2, 3, 4, None)),
    "b": (INT, Span(0, 3, gap=False), (0, 1, 2, 3)),
    "w": (Kind("enum", ("red", "green", "blue")), Words(frozenset({"red", "green", "blue"}), gap=True),
          ("red", "green", "blue", None)),
    "f": (BOOL, 7, (True, False, None)),
}  # fmt: skip
KINDS = {name: kind for name, (kind, _, _) in SMALL.items()}


def _test(draw: Random) -> str:
    name = draw.choice(sorted(SMALL))
    if draw.random() < 0.15:
        return f"{name} is {draw.choice(('', 'not '))}missing"
    if name == "f":
        return draw.choice(("f", "f == true", "f != true", "false == f"))
    if name == "w":
        some = ", ".join(draw.sample(("red", "green", "blue"), draw.randint(1, 3)))
        return draw.choice((f"w == {some.split(',')[0]}", f"w in [{some}]", f"w not in [{some}]"))
    number, op = draw.randint(-1, 5), draw.choice(("<", "<=", ">", ">=", "==", "!="))
    return draw.choice((f"{name} {op} {number}", f"{number} {op} {name}", f"{name} in [{number}, {number + 2}]"))


def _random(draw: Random, depth: int) -> str:
    shape = draw.random()
    if depth and shape < 0.6:
        op = draw.choice((" and ", " or "))
        return op.join(f"({_random(draw, depth - 1)})" for _ in range(draw.randint(2, 3)))
    return f"not ({_random(draw, depth - 1)})" if depth and shape < 0.75 else _test(draw)


def _everybody() -> Iterator[Facts]:
    for values in itertools.product(*(values for _, _, values in SMALL.values())):
        yield {name: value for name, value in zip(SMALL, values, strict=True) if value is not None}


def test_over_single_facts_the_answer_is_exact() -> None:
    """Trying every case finds the same conditions never true and never false, no more and no fewer."""
    deciding = Deciding(KINDS, {name: ranged for name, (_, ranged, _) in SMALL.items()})
    everybody, counts = list(_everybody()), {True: 0, False: 0}
    for seed in range(1_500):
        condition = parse_condition(_random(Random(seed), 3), KINDS)
        met = {truth(condition, facts, MOMENT.date()) for facts in everybody}
        for status in (True, False):
            assert deciding.excluded(condition, status) is (status not in met), f"seed {seed}"
            counts[status] += status not in met

    assert min(counts.values()) > 50, counts


def _conditions(policy: Policy) -> Iterator[Expression]:
    """Every condition of a policy over its facts, and every part of one."""
    for derived in policy.derived:
        if derived.kind == BOOL and derived.formula is not None:
            yield from _parts(derived.formula)
        for row in derived.table.rows if derived.table else ():
            yield from _parts(row.when)
    for rule in policy.rules:
        yield from _parts(rule.when)


def _parts(condition: Expression) -> Iterator[Expression]:
    yield condition
    if isinstance(condition, Junction | Not):
        for part in children(condition):
            yield from _parts(part)


@pytest.mark.parametrize("block", range(6))
def test_what_is_called_decided_is_so_whoever_applies(block: int, tmp_path: Path) -> None:
    """Random policies and facts: the reference evaluator never meets a status that was excluded, nor a value."""
    excluded = 0
    for seed in range(block * 40, block * 40 + 40):
        case = Case(seed)
        policies = case.load(tmp_path)
        policy = policies["random_policy"]
        ranges = domains(policy)
        deciding = Deciding(policy.kinds, ranges)
        sides = [(one, status) for one in _conditions(policy) for status in (True, False)]
        ruled_out = [(one, status) for one, status in sides if deciding.excluded(one, status)]
        excluded += len(ruled_out)
        for _ in range(12):
            given = check(case.facts(), policies.vocabulary)
            values = reference.evaluate(policy, given, MOMENT).values
            for condition, status in ruled_out:
                assert truth(condition, values, MOMENT.date()) is not status, f"seed {seed}: {given}"
            _within(ranges, values, f"seed {seed}: {given}")

    assert excluded > 150


def _within(ranges: Mapping[str, Ranged], values: Facts, where: str) -> None:
    for name, ranged in ranges.items():
        value = values.get(name)
        if isinstance(ranged, Span) and isinstance(value, int):
            assert ranged.low <= value <= ranged.high, f"{name} is {value}, {where}"
        if isinstance(ranged, Words) and value is not None:
            assert value in ranged.words, f"{name} is {value}, {where}"


def test_time_excludes_nothing_that_comes_to_pass() -> None:
    """A duration is counted against any day there is, not against today."""
    deciding = Deciding({"d": Kind("date")}, {"d": Span(1, 3_652_059, gap=True)})
    for text, status in (("days_since(d) > 3_652_057", True), ("years_since(d) < -9_997", True)):
        assert not deciding.excluded(parse_condition(text, {"d": Kind("date")}), status)
    assert deciding.excluded(parse_condition("days_since(d) > 3_652_058", {"d": Kind("date")}), True)


def test_fields_of_records_are_always_there(tmp_path: Path) -> None:
    """Their ranges are those declared, without a gap."""
    policies = load(tmp_path, BODY.replace("CONDITION", "flag"), FACTS)

    assert fields_of(policies["tiny"].facts["loans"]) == {"days": Span(0, 90), "owed": Span(0, 10_000)}
