"""Formulas, conditions and tables over ranges of facts: what trying every value gives, exactly, where it can be had."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from random import Random

import pytest

from engine import PolicySet, reference
from engine.given import check
from engine.interpreter import Facts, number, truth
from engine.kinds import BOOL, DATE, INT, LIMIT, MONEY, Kind
from engine.ranges.derivings import hull, rounded_span, single
from engine.ranges.spans import NOTHING, Ranged, Ranges, Span, Words, numbers_of
from engine.ranges.statuses import FALSE, TRUE, UNKNOWN, gap_in, truth_of
from engine.reading.parsing import parse, parse_condition
from engine.recourse.goals import favourable_outcomes, highest_limit
from engine.recourse.outlook import Outlook, Prospect
from tests.engine.conftest import Load
from tests.engine.expressions import COLOUR, SCOPE
from tests.engine.tiny import MOMENT

TODAY = dt.date(2026, 12, 1)
STATUS = {True: TRUE, False: FALSE, None: UNKNOWN}
WHOLE = ("count_a", "count_b", "income", "debt", "share", "ratio")
DAYS = ("day", "other_day")


def _boxes(text: str, times: int = 25) -> Iterator[dict[str, Span]]:
    """Small ranges of the numbers and days a text speaks of; days end today or a little later."""
    draw, start = Random(text), TODAY.toordinal() - 40
    for _ in range(times):
        ends = {name: sorted((draw.randint(-4, 4), draw.randint(-4, 4))) for name in WHOLE if name in text}
        ends |= {
            name: sorted((start + draw.randint(0, 60), start + draw.randint(0, 60))) for name in DAYS if name in text
        }
        yield {name: Span(low, high) for name, (low, high) in ends.items()}


def _inside(box: Mapping[str, Span]) -> Iterator[Facts]:
    """Every combination of values in a box."""
    values = [
        [dt.date.fromordinal(day) if name in DAYS else day for day in range(int(span.low), int(span.high) + 1)]
        for name, span in box.items()
    ]
    for chosen in itertools.product(*values):
        yield dict(zip(box, chosen, strict=True))


FORMULAS = [
    "count_a",
    "7",
    "-count_a",
    "count_a + count_b",
    "count_a - count_b",
    "count_a * count_b",
    "count_a * 3 - 5",
    "count_a / 4",
    "(count_a + 1) / (count_b + 5)",
    "(count_a - 1) / (count_b - 5)",
    "min(count_a, count_b)",
    "max(count_a, count_b, 2)",
    "round_down(count_a, 3)",
    "round_down(income, 0.02)",
    "income + debt",
    "income * share",
    "share - 0.0001",
    "min(income, 0.02)",
    "days_since(day)",
    "months_since(day)",
    "years_since(day)",
    "days_since(day) - days_since(other_day)",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_lies_between_its_least_and_its_greatest_value(text: str) -> None:
    """Over every box the span ends where the formula ends when each combination in the box is computed."""
    formula = parse(text, SCOPE)
    span = numbers_of(formula, TODAY)
    for box in _boxes(text):
        values = [number(formula, facts, TODAY) for facts in _inside(box)]

        assert span(box) == Span(min(values), max(values)), box


@pytest.mark.parametrize("text", [text for text in FORMULAS if text != "7"])
def test_what_may_be_missing_may_have_no_value(text: str) -> None:
    """A gap in anything read is a gap in the result, which lies where it lay; what is never there gives nothing."""
    span = numbers_of(parse(text, SCOPE), TODAY)
    for box in _boxes(text, 3):
        for name in box:
            gap = box | {name: box[name]._replace(gap=True)}
            absent: Ranges = {other: one for other, one in box.items() if other != name}

            assert span(gap) == span(box)._replace(gap=True)
            assert span(absent).empty
            assert span(absent).gap


@pytest.mark.parametrize(
    ("divided", "divisor", "ends", "gap"),
    [
        ((2, 4), (1, 3), (Fraction(2, 3), 4), False),
        ((2, 4), (-2, -1), (-4, -1), False),
        ((2, 4), (0, 3), None, True),
        ((0, 4), (-3, 0), None, True),
        ((-4, 0), (-3, 3), None, True),
    ],
)
def test_a_divisor_that_may_be_zero_leaves_everything_open(
    divided: tuple[int, int], divisor: tuple[int, int], ends: tuple[int, int] | None, gap: bool
) -> None:
    """On one side of zero a quotient lies between its ends; across zero anything may come of it, or no value."""
    span = numbers_of(parse("count_a / count_b", SCOPE), TODAY)({"count_a": Span(*divided), "count_b": Span(*divisor)})

    assert span.gap is gap
    if ends:
        assert span[:2] == ends
    else:
        assert span.low < -LIMIT
        assert span.high > LIMIT


def test_nothing_is_divided_by_zero() -> None:
    """A divisor that is zero for certain gives no value, as does a case without any."""
    of = numbers_of(parse("count_a / count_b", SCOPE), TODAY)

    assert of({"count_a": Span(2, 4), "count_b": Span(0, 0)}) == NOTHING
    assert of({}) == NOTHING
    assert NOTHING.empty
    assert not Span(3, 3).empty


COMPARED = [
    "count_a {} count_b",
    "count_a {} 2",
    "2 {} count_a",
    "income {} 0.03",
    "-0.01 {} income",
    "share {} ratio",
    "count_a + 1 {} count_b * 2",
    "day {} '2026-11-20'",
    "day {} other_day",
]


@pytest.mark.parametrize("op", ["==", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("text", COMPARED)
def test_a_comparison_comes_to_what_some_values_come_to(text: str, op: str) -> None:
    """True, false or both, as the combinations in the box do; unknown as well where something may be missing."""
    condition = parse_condition(text.format(op), SCOPE)
    statuses = truth_of(condition, TODAY)
    for box in _boxes(text):
        found = sum({STATUS[truth(condition, facts, TODAY)] for facts in _inside(box)})
        gap: Ranges = {name: span._replace(gap=True) for name, span in box.items()}

        if "* 2" in text and "=" in op:  # odd numbers are in no product with two, and ranges do not know
            assert statuses(box) & found == found
        else:
            assert statuses(box) == found, box
            assert statuses(gap) == found | UNKNOWN
    assert statuses({}) == UNKNOWN


RED, RED_OR_BLUE, NO_WORD = Words(frozenset(["red"])), Words(frozenset(["red", "blue"])), Words(frozenset(), gap=True)


@pytest.mark.parametrize(
    ("text", "ranges", "found"),
    [
        ("word == red", {"word": RED}, TRUE),
        ("word != red", {"word": RED}, FALSE),
        ("word == green", {"word": RED_OR_BLUE}, FALSE),
        ("word == red", {"word": RED_OR_BLUE}, TRUE | FALSE),
        ("word == red", {"word": RED_OR_BLUE._replace(gap=True)}, TRUE | FALSE | UNKNOWN),
        ("word == red", {}, UNKNOWN),
        ("word != red", {"word": NO_WORD}, UNKNOWN),
        ("word == hue", {"word": RED, "hue": RED}, TRUE),
        ("word == hue", {"word": RED_OR_BLUE, "hue": RED_OR_BLUE}, TRUE | FALSE),
        ("word != hue", {"word": RED_OR_BLUE, "hue": Words(frozenset(["green"]))}, TRUE),
        ("word in [red, green]", {"word": RED_OR_BLUE}, TRUE | FALSE),
        ("word in [red, green]", {"word": RED}, TRUE),
        ("word not in [red, green]", {"word": RED}, FALSE),
        ("word not in [green]", {"word": RED_OR_BLUE}, TRUE),
        ("flag", {"flag": TRUE | UNKNOWN}, TRUE | UNKNOWN),
        ("not flag", {"flag": TRUE | UNKNOWN}, FALSE | UNKNOWN),
        ("flag == mark", {"flag": TRUE, "mark": TRUE}, TRUE),
        ("flag == mark", {"flag": TRUE, "mark": TRUE | FALSE}, TRUE | FALSE),
        ("flag != mark", {"flag": FALSE, "mark": TRUE}, TRUE),
        ("flag == mark", {"flag": FALSE, "mark": UNKNOWN}, UNKNOWN),
        ("flag != true", {"flag": TRUE | FALSE}, TRUE | FALSE),
        ("flag and mark", {"flag": TRUE, "mark": TRUE | FALSE}, TRUE | FALSE),
        ("flag and mark", {"flag": FALSE}, FALSE),
        ("flag or mark", {"flag": TRUE}, TRUE),
        ("flag or mark", {"flag": FALSE}, UNKNOWN),
        ("flag and true", {"flag": TRUE}, TRUE),
        ("flag or false", {"flag": FALSE}, FALSE),
        ("count_a is missing", {}, TRUE),
        ("count_a is missing", {"count_a": Span(1, 2)}, FALSE),
        ("count_a is not missing", {"count_a": Span(1, 2)}, TRUE),
        ("count_a is missing", {"count_a": Span(1, 2, gap=True)}, TRUE | FALSE | UNKNOWN),
        ("count_a is not missing", {}, FALSE),
    ],
)
def test_words_truths_and_absence_come_to_what_they_can(text: str, ranges: Ranges, found: int) -> None:
    """One word or one truth decides, several leave it open, and what may be missing may be unknown."""
    assert truth_of(parse_condition(text, SCOPE), TODAY)(ranges) == found


@pytest.mark.parametrize(
    ("span", "stored"),
    [
        (Span(1, 0), NOTHING),
        (Span(Fraction(5, 2), Fraction(7, 2)), Span(2, 4)),
        (Span(1, 2, gap=True), Span(1, 2, gap=True)),
        (Span(LIMIT, LIMIT), Span(LIMIT, LIMIT)),
        (Span(-LIMIT, LIMIT), Span(-LIMIT, LIMIT)),
        (Span(LIMIT - 1, LIMIT + 1), Span(LIMIT - 1, LIMIT, gap=True)),
        (Span(-LIMIT - 1, -LIMIT), Span(-LIMIT, -LIMIT, gap=True)),
        (Span(LIMIT + 1, LIMIT + 9), NOTHING),
        (Span(-LIMIT - 9, -LIMIT - 1), NOTHING),
    ],
)
def test_a_stored_number_is_rounded_and_stays_within_what_can_be_stored(
    good: PolicySet, span: Span, stored: Span
) -> None:
    """Both ends are rounded as the policy says; beyond the limit there is no value, and a range across it has a gap."""
    assert rounded_span(lambda _: span, INT, good["good"])({}) == stored


@pytest.mark.parametrize(
    ("kind", "values", "found"),
    [
        (INT, [3, 1, 2], Span(1, 3)),
        (MONEY, [500], Span(500, 500)),
        (DATE, [dt.date(1, 1, 3), dt.date(1, 1, 1)], Span(1, 3)),
        (BOOL, [True, True], TRUE),
        (BOOL, [True, False], TRUE | FALSE),
        (COLOUR, ["red", "blue", "red"], RED_OR_BLUE),
        (INT, [], NOTHING),
    ],
)
def test_the_hull_of_values_is_the_smallest_range_that_holds_them(
    kind: Kind, values: list[object], found: Ranged
) -> None:
    """Numbers and days from the least to the greatest, truths and words as sets; a gap is kept."""
    assert hull(kind, values) == found
    assert gap_in(hull(kind, values, gap=True))
    assert gap_in(found) is (not values)


@pytest.mark.parametrize(
    ("value", "certain"),
    [
        (None, True),
        (TRUE, True),
        (UNKNOWN, True),
        (TRUE | FALSE, False),
        (FALSE | UNKNOWN, False),
        (Span(2, 2), True),
        (Span(2, 3), False),
        (Span(2, 2, gap=True), False),
        (RED, True),
        (RED_OR_BLUE, False),
        (NO_WORD, True),
        (RED._replace(gap=True), False),
    ],
)
def test_a_range_of_one_value_or_none_is_certain(value: Ranged | None, certain: bool) -> None:
    """A value beside the chance of none is two possibilities."""
    assert single(value) is certain


FIRST = "hit: first, when: [asked], rows: [['>= 5', 1], ['>= 3', 10], ['>= 1', 4]], otherwise: 20"
SUM = "hit: collect, combine: sum, when: [asked], rows: [['>= 5', 1], ['>= 3', 10], ['>= 1', -4]], otherwise: 100"
MAX = "hit: collect, combine: max, when: [asked], rows: [['>= 5', 1], ['>= 3', 10], ['>= 1', 4]], otherwise: 0"
ONE = "hit: unique, when: [asked], rows: [['>= 3', 1], ['< 3', 2]]"
WORD = "hit: first, when: [asked], rows: [['>= 5', high], ['>= 3', low]], otherwise: none_of_these"


@pytest.mark.parametrize(
    ("table", "box", "found"),
    [
        (FIRST, (5, 6), Span(1, 1)),
        (FIRST, (4, 6), Span(1, 10)),
        (FIRST, (3, 4), Span(10, 10)),
        (FIRST, (1, 3), Span(4, 10)),
        (FIRST, (0, 0), Span(20, 20)),
        (FIRST, (0, 9), Span(1, 20)),
        (SUM, (5, 6), Span(7, 7)),
        (SUM, (4, 5), Span(6, 7)),
        (SUM, (3, 4), Span(6, 6)),
        (SUM, (1, 3), Span(-4, 6)),
        (SUM, (0, 0), Span(100, 100)),
        (SUM, (0, 1), Span(-4, 100)),
        (ONE, (3, 9), Span(1, 1)),
        (ONE, (0, 2), Span(2, 2)),
        (ONE, (2, 3), Span(1, 2, gap=True)),
        (MAX, (0, 0), Span(0, 0)),
        (MAX, (1, 2), Span(4, 4)),
        (WORD, (5, 6), Words(frozenset(["high"]))),
        (WORD, (3, 5), Words(frozenset(["high", "low"]))),
        (WORD, (0, 0), Words(frozenset(["none_of_these"]))),
    ],
)
def test_a_table_lies_where_its_rows_lie(recorded: Load, table: str, box: tuple[int, int], found: Ranged) -> None:
    """A row that must apply settles a first-hit table and counts in every sum; `otherwise` is for when none must."""
    word = " in [high, low]" if table is WORD else " > 0"
    body = (
        f'derive:\n  - {{fact: tone, table: {{{table}}}}}\nrules:\n  - {{rule: ok, when: "tone{word}", then: approve}}'
    )
    policies = recorded(body)
    policy, given = policies["tiny"], check({"asked": 4}, policies.vocabulary)
    outlook = Outlook(policy, reference.evaluate(policy, given, MOMENT), MOMENT)

    assert outlook.under({"asked": Span(*box)}).ranges["tone"] == found


def test_a_row_that_cannot_be_computed_is_not_taken_for_silent(loaded: Load) -> None:
    """What lacks only facts to be ignored does not apply; beside a division by zero nobody knows."""
    body = """derive:
  - fact: points
    sum:
      - {when: ignored > 0 or asked / second > 1, add: 5}
      - {when: ignored > 3, add: 7}
      - {when: asked > 0, add: 1}
rules:
  - {rule: ok, when: points > 0, then: approve}"""
    policies = loaded(body)
    policy, given = policies["tiny"], check({"asked": 4, "second": 4}, policies.vocabulary)
    outlook = Outlook(policy, reference.evaluate(policy, given, MOMENT), MOMENT)

    assert gap_in(outlook.under({"second": Span(0, 0)}).ranges["points"])
    assert outlook.under({"second": Span(1, 2)}).ranges["points"] == Span(6, 6)


@pytest.mark.parametrize(
    ("box", "outcomes"),
    [((0, 1), []), ((0, 5), ["approve"]), ((2, 3), ["approve"]), ((0, 9), ["approve"]), ((6, 9), [])],
)
def test_only_favourable_outcomes_that_may_stand_are_hoped_for(
    loaded: Load, box: tuple[int, int], outcomes: list[str]
) -> None:
    """One whose rule may fire where nothing more severe must; adverse outcomes are nobody's goal."""
    body = """rules:
  - {rule: bad, when: asked > 5, then: reject, because: plain}
  - {rule: odd, when: second > 5, then: verify, because: plain}
  - {rule: ok, when: asked > 1, then: approve}"""
    policies = loaded(body)
    policy, given = policies["tiny"], check({"asked": 4, "second": 1}, policies.vocabulary)
    prospect = Outlook(policy, reference.evaluate(policy, given, MOMENT), MOMENT).under({"asked": Span(*box)})

    assert list(favourable_outcomes(policy, prospect)) == outcomes


def _prospect(policies: PolicySet, facts: dict[str, object], box: dict[str, Span]) -> tuple[Outlook, Prospect]:
    policy = policies["tiny"]
    given = check(facts, policies.vocabulary)
    outlook = Outlook(policy, reference.evaluate(policy, given, MOMENT), MOMENT)
    return outlook, outlook.under(box)


def test_an_unknown_rule_of_the_same_outcome_spoils_nothing(loaded: Load) -> None:
    """Unless it offers something: then what it would lower is not known, and a person has to look."""
    body = """rules:
  - {{rule: ok, when: asked > 1, then: approve}}
  - {{rule: too, when: referred > 1, then: approve{}}}"""

    for offer, outcomes in (("", ["approve"]), (", offer: {limit: 9.00}", [])):
        policies = loaded(body.format(offer))
        _, prospect = _prospect(policies, {"asked": 1}, {"asked": Span(0, 9)})
        assert list(favourable_outcomes(policies["tiny"], prospect)) == outcomes


@pytest.mark.parametrize(
    ("box", "highest"),
    [((0, 1), 0), ((0, 2), 500), ((0, 4), 900), ((3, 4), 500), ((0, 9), 900), ((5, 9), 300), ((3, 3), 500)],
)
def test_no_limit_in_the_ranges_is_higher_than_the_bound(loaded: Load, box: tuple[int, int], highest: int) -> None:
    """Of offers that may stand the highest, but no more than an offer or a cap that must."""
    body = """rules:
  - {rule: low, when: asked > 1, then: approve, offer: {limit: 5.00}}
  - {rule: high, when: asked > 3, then: approve, offer: {limit: 9.00}}
  - {rule: cap, when: asked > 4, cap: {limit: 3.00}, because: plain}"""
    outlook, prospect = _prospect(loaded(body), {"asked": 1}, {"asked": Span(*box)})

    assert highest_limit(outlook, prospect) == highest
