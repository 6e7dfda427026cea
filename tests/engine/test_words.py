"""Conditions and formulas in words: natural sentences, and nothing that cannot be said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import PolicySet
from engine.authoring.retelling import retell
from engine.authoring.words import Words
from engine.expression import names_in
from engine.kinds import INT, MONEY, RATE
from engine.reading.parsing import parse, parse_condition
from engine.reading.syntax import ExpressionError
from engine.vocabulary import Text
from tests.engine.expressions import SCOPE, conditions, numbers
from tests.engine.generators import Case

LABELS = {name: Text(f"〔{name}〕", f"the {name}") for name in SCOPE}
WORDS = Words(
    LABELS,
    {"word": {"red": Text("红", "Red"), "green": Text("绿", "Green"), "blue": Text("蓝", "Blue")}},
    {"count_a": "days", "count_b": "times"},
)

SAID = [  # a condition, in Chinese, in English
    ("count_a > 1", "“〔count_a〕”大于1天", "“the count_a” is more than 1 day"),
    ("count_b <= 1", "“〔count_b〕”不超过1次", "“the count_b” is at most 1 time"),
    ("30 >= count_a", "“〔count_a〕”不超过30天", "“the count_a” is at most 30 days"),
    ("count_b != 5", "“〔count_b〕”不等于5次", "“the count_b” is not 5 times"),
    ("income >= 5_000.00", "“〔income〕”至少5,000.00元", "“the income” is at least 5,000.00 yuan"),
    ("income < 0.5", "“〔income〕”小于0.50元", "“the income” is less than 0.50 yuan"),
    ("share <= 0.185", "“〔share〕”不超过18.5%", "“the share” is at most 18.5%"),
    ("share == -0.01", "“〔share〕”等于-1%", "“the share” is -1%"),
    ("flag", "“〔flag〕”成立", "“the flag” holds"),
    ("not flag", "“〔flag〕”不成立", "“the flag” does not hold"),
    ("flag == false", "“〔flag〕”不成立", "“the flag” does not hold"),
    ("flag != true", "“〔flag〕”不成立", "“the flag” does not hold"),
    ("not flag != false", "“〔flag〕”不成立", "“the flag” does not hold"),
    ("flag == mark", "“〔flag〕”与“〔mark〕”同时成立或同时不成立", "“the flag” and “the mark” agree"),
    ("word == red", "“〔word〕”为红", "“the word” is Red"),
    ("red != word", "“〔word〕”不是红", "“the word” is not Red"),
    ("hue == red", "“〔hue〕”为red", "“the hue” is red"),
    ("word in [red, blue]", "“〔word〕”为红、蓝之一", "“the word” is Red or Blue"),
    (
        "not word in [red, green, blue]",
        "“〔word〕”不是红、绿、蓝中的任何一个",
        "“the word” is none of Red, Green, Blue",
    ),
    ("word not in [red]", "“〔word〕”不是红", "“the word” is not Red"),
    ("day >= '2026-12-01'", "“〔day〕”不早于2026-12-01", "“the day” is on or after 2026-12-01"),
    ("days_since(day) > 30", "距“〔day〕”的天数大于30天", "days since “the day” is more than 30 days"),
    ("count_a is missing", "“〔count_a〕”未知", "“the count_a” is not known"),
    ("not (day is missing)", "“〔day〕”已知", "“the day” is known"),
    (
        "flag and (mark or count_a > 2)",
        "“〔flag〕”成立，且（“〔mark〕”成立，或“〔count_a〕”大于2天）",
        "“the flag” holds and (“the mark” holds or “the count_a” is more than 2 days)",
    ),
    (
        "not (flag and mark)",
        "并非（“〔flag〕”成立，且“〔mark〕”成立）",
        "it is not so that (“the flag” holds and “the mark” holds)",
    ),
    (
        "1 <= count_a < 5",
        "“〔count_a〕”至少1天，且“〔count_a〕”小于5天",
        "“the count_a” is at least 1 day and “the count_a” is less than 5 days",
    ),
    ("debt / income > 0.5", "“〔debt〕” ÷ “〔income〕”大于0.5", "“the debt” ÷ “the income” is more than 0.5"),
    (
        "income > (debt + 1.00) * 2",
        "“〔income〕”大于（“〔debt〕” + 1.00元） × 2",
        "“the income” is more than (“the debt” + 1.00 yuan) × 2",
    ),
    (
        "min(income, debt) < 1.00",
        "“〔income〕”、“〔debt〕”中的较小者小于1.00元",
        "the smaller of “the income” and “the debt” is less than 1.00 yuan",
    ),
    (
        "round_down(income, 100.00) > debt",
        "“〔income〕”（向下取整至100.00元的整数倍）大于“〔debt〕”",
        "“the income” (rounded down to a multiple of 100.00 yuan) is more than “the debt”",
    ),
    ("true", "总是", "always"),
    ("not true", "从不", "never"),
]


@pytest.mark.parametrize(("text", "zh", "en"), SAID)
def test_a_condition_is_a_sentence(text: str, zh: str, en: str) -> None:
    """Labels instead of names, units spelled, negations where they belong, in both languages."""
    assert WORDS.condition(parse_condition(text, SCOPE)) == Text(zh, en)


@given(conditions())
def test_every_condition_can_be_said(text: str) -> None:
    """Whatever the condition, both sentences name every fact it reads, and quotation marks and parentheses close."""
    tree = parse_condition(text, SCOPE)

    said = WORDS.condition(tree)

    for name in names_in(tree):
        assert f"“〔{name}〕”" in said.zh
        assert f"“the {name}”" in said.en
    for sentence, pairs in ((said.zh, ("“”", "（）")), (said.en, ("“”", "()"))):
        assert all(sentence.count(pair[0]) == sentence.count(pair[1]) for pair in pairs)
        assert not re.search(r"==|!=|<|>|_since", sentence)


@given(st.one_of(*map(numbers, (INT, MONEY, RATE))))
def test_every_formula_can_be_said(text: str) -> None:
    """The same for formulas."""
    try:
        tree = parse(text, SCOPE)
    except ExpressionError:  # nested too deeply
        return

    said = WORDS.formula(tree)

    assert all(f"“〔{name}〕”" in said.zh and f"“the {name}”" in said.en for name in names_in(tree))


def test_every_random_policy_can_be_told(tmp_path: Path) -> None:
    """All rules, tables, scorecards, formulas and aggregates of random policies have words in both languages."""
    for seed in range(40):
        policy = Case(seed).load(tmp_path)["random_policy"]

        told = retell(policy, {})

        assert [rule.name for rule in told.rules] == [rule.name for rule in policy.rules]
        assert [fact.name for fact in told.facts] == [node.name for node in policy.nodes]
        for fact, node in zip(told.facts, policy.nodes, strict=True):
            assert (fact.sentence is None) != (fact.table is None)
            if fact.table:
                assert all(len(row) == len(fact.table.columns) for row in fact.table.rows), f"seed {seed} {node.name}"


def test_the_shipped_policies_are_told_without_a_bare_name(shipped: PolicySet) -> None:
    """Every fact and every word of an enum that a shipped policy speaks of has a label in both languages."""
    for policy in shipped:
        told = retell(policy, {})
        for fact in told.facts:
            assert fact.label.zh != fact.name, f"{policy.name}: {fact.name}"
        for name, kind in policy.kinds.items():
            assert set(policy.words.get(name, {})) == set(kind.values), f"{policy.name}: {name}"
        for rule in told.rules:
            said = re.sub(r"请申请人办理 \w+|APR", "", rule.sentence.zh)
            assert not re.search(r"[a-z]{3,}|[a-z]_", said), rule.sentence.zh
