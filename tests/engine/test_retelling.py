"""A policy in plain words: facts, tables, scorecards and rules of the good policy, sentence by sentence."""

from __future__ import annotations

import pytest

from engine import PolicySet
from engine.authoring.retelling import ToldFact, ToldPolicy, ToldTable, retell
from engine.examples import rules_shown
from engine.vocabulary import Text
from tests.engine.conftest import Load


@pytest.fixture(scope="module")
def told(good: PolicySet) -> ToldPolicy:
    """The good policy in words."""
    return retell(good["good"], rules_shown(good, good["good"]))


def fact(told: ToldPolicy, name: str) -> ToldFact:
    """A derived fact by its name."""
    return next(one for one in told.facts if one.name == name)


def table(told: ToldPolicy, name: str) -> ToldTable:
    """The table of a derived fact."""
    found = fact(told, name).table
    assert found is not None
    return found


def english(rows: tuple[tuple[Text, ...], ...]) -> list[list[str]]:
    """Rows in English."""
    return [[cell.en for cell in row] for row in rows]


def test_the_head_names_title_and_outcomes(told: ToldPolicy) -> None:
    """Title, outcomes in order of severity, and what holds when nothing decided."""
    assert told.title == Text("好", "Good")
    assert [outcome.zh for outcome in told.outcomes] == ["拒绝", "转人工", "补充核验", "通过"]
    assert told.otherwise.en == "refer"


def test_aggregates_are_sentences(told: ToldPolicy) -> None:
    """Function, field, condition and the value over no records; a label where there is one, else the name."""
    assert fact(told, "late_loans").sentence == Text(
        "“借款”的条数（仅限“days”大于0）", "the number of “Loans” where “days” is more than 0"
    )
    assert fact(told, "owed").sentence == Text("“借款”的“owed”之和", "the sum of “owed” over “Loans”")
    assert fact(told, "worst").sentence == Text(
        "“借款”中最大的“days”；没有记录时为0", "the largest “days” of “Loans”; 0 when there are none"
    )
    assert (fact(told, "worst").label.en, fact(told, "owed").label.en) == ("Longest delay", "owed")


def test_a_table_has_labels_units_and_words(told: ToldPolicy) -> None:
    """Columns by their labels, cells with units, outputs in the words of the enum."""
    tier = table(told, "tier")

    assert tier.hit == Text("至多一行适用", "at most one row applies")
    assert [column.zh for column in tier.columns] == ["分", "月", "档位"]
    assert english(tier.rows) == [
        ["≥ 700 points", "≥ 24", "best"],
        ["≥ 700 points", "< 24", "good"],
        ["< 700 points", "any", "other"],
    ]


def test_a_scorecard_lists_conditions_and_points(told: ToldPolicy) -> None:
    """Each item as a sentence with what it adds, signs included."""
    points = table(told, "points")

    assert points.columns == (Text("条件", "condition"), Text("加分", "adds"))
    assert [[cell.zh for cell in row] for row in points.rows] == [["“月”至少12", "+30"], ["“在线”成立", "-5"]]


def test_rules_are_sentences_with_their_examples(told: ToldPolicy) -> None:
    """Condition, outcome, what is asked, caps, offer in units, and where it is shown."""
    said = {rule.name: rule for rule in told.rules}

    assert said["late-now"].sentence == Text(
        "如果“late_loans”大于0，或“最长逾期”大于30：拒绝。",
        "If “late_loans” is more than 0 or “Longest delay” is more than 30: reject.",
    )
    assert said["check"].sentence.zh == "如果“职业”为none：补充核验；请申请人办理 job_proof。"
    assert said["cap-income"].sentence.en == (
        "If “ratio” is more than 30%: limit at most “Income” × 3 − “owed”; term at most 12 months."
    )
    assert said["grant"].sentence.zh == (
        "如果“档位”为甲、乙之一，且“points”至少20：通过；"
        "额度为“收入” × 6、300,000.00元中的较小者；年化利率为10%；期限为24个月。"
    )
    assert said["grant"].examples == ("a good one", "the same, later")
    assert said["late-now"].examples == ()
    assert said["late-now"].reason is not None
    assert said["late-now"].reason.statement.en == "You have late payments."
    assert said["grant"].reason is None


def test_invariants_are_sentences(told: ToldPolicy) -> None:
    """What never and always holds, and what more of a fact does, with the outcome and the amounts in words."""
    assert told.invariants == (
        Text(
            "绝不：“结果”为通过，且“late_loans”大于0。",
            "Never: “Outcome” is approve and “late_loans” is more than 0.",
        ),
        Text("始终：“额度”不超过300,000.00元。", "Always: “limit” is at most 300,000.00 yuan."),
        Text("“收入”更高时，额度不会更低。", "A higher “Income” never gives a lower limit."),
    )


TABLE = (
    "derive:\n  - fact: q\n    table:\n      hit: collect\n      combine: min\n      when: [word, flag, income, day]\n"
    "      rows:\n"
    "        - [[red, green], true, 1_000.00..2_000.00, missing, 1]\n"
    '        - ["!= red", false, "> 5.00", ">= 2026-01-01", 2]\n'
    "        - [red, not missing, any, 2026-01-01, -3]\n"
    "      otherwise: 0\nrules:\n  - {rule: ok, when: q > 0, then: approve}"
)


def test_every_sort_of_cell_has_words(loaded: Load) -> None:
    """Lists, ranges, missing and known, dates, yes and no, the rest; how collected rows come together."""
    told = retell(loaded(TABLE)["tiny"], {})
    found = table(told, "q")

    assert found.hit.en == "the smallest of the rows that apply"
    assert english(found.rows) == [
        ["red or green", "yes", "1,000.00–2,000.00 yuan", "not known", "1"],
        ["≠ red", "no", "> 5.00 yuan", "≥ 2026-01-01", "2"],
        ["red", "known", "any", "2026-01-01", "-3"],
        ["otherwise", "", "", "", "0"],
    ]
    assert [cell.zh for cell in found.rows[-1]] == ["其他情况", "", "", "", "0"]


AGGREGATES = (
    "records:\n  a: any(loans where open)\n  b: all(loans where days < 5 and open)\n"
    "  c: {value: avg(loans.price), empty: 0.5}\n  d: {value: min(loans.owed where open), empty: 1_000.00}\n"
    "rules:\n  - {rule: ok, when: a and b and c > 0.1 and d > 0.00, then: approve}"
)


def test_every_aggregate_has_words(loaded: Load) -> None:
    """At least one, every one, average and least, with the value over no records in its unit."""
    told = retell(loaded(AGGREGATES)["tiny"], {})

    assert [one.sentence.en for one in told.facts if one.sentence] == [
        "for at least one of “Loans”, “open” holds",
        "for every one of “Loans”, “days” is less than 5 and “open” holds",
        "the average “price” of “Loans”; 50% when there are none",
        "the smallest “owed” of “Loans” where “open” holds; 1,000.00 yuan when there are none",
    ]
