"""Recourse over real ranges and in words: exact to the fen and the day, told in Chinese and English."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial

import pytest

from engine import Decision, Engine, PolicySet, reference
from engine.kinds import Value
from engine.policy import Policy
from engine.recourse import EVALUATIONS, find_recourse
from tests.engine.conftest import Load
from tests.engine.tiny import MOMENT

Facts = Mapping[str, object]
ASK = "source: bureau, if_missing: ask"
MONEY = f"""
facts:
  income: {{type: money, range: [0.00, 9_000_000.00], actionable: up, label: {{zh: 月收入, en: Monthly income}}, {ASK}}}
  debt: {{type: money, range: [0.00, 10_000_000.00], actionable: down, label: {{zh: 负债, en: Debt}}, {ASK}}}
  share: {{type: rate, range: [0.0, 1.0], actionable: down, label: {{zh: 使用率, en: Utilisation}}, {ASK}}}
  late: {{type: int, unit: times, range: [0, 99], actionable: down, label: {{zh: 逾期次数, en: Late payments}}, {ASK}}}
  score: {{type: int, unit: points, range: [350, 950], actionable: up, label: {{zh: 信用分, en: Lake score}}, {ASK}}}
  age: {{type: int, unit: years, range: [0, 120], label: {{zh: 年龄, en: Age}}, {ASK}}}
  bound: {{type: bool, actionable: up, label: {{zh: 已绑定银行卡, en: Bank card linked}}, {ASK}}}
  plan: {{type: enum, values: [whole, parts], actionable: either, label: {{zh: 还款方式, en: Repayment}}, {ASK}}}
  valid: {{type: date, actionable: up, label: {{zh: 证件有效期至, en: Card valid until}}, {ASK}}}
  seen: {{type: date, actionable: either, label: {{zh: 核验日期, en: Day of the check}}, {ASK}}}
"""
NOW: Facts = {
    "income": 500_000,
    "debt": 100_000,
    "share": 9_000,
    "late": 3,
    "score": 600,
    "age": 30,
    "bound": False,
    "plan": "whole",
    "valid": "2026-11-30",
    "seen": "2026-06-01",
}
SENTENCES: list[tuple[str, Facts, str, str]] = [  # what it takes; the change, and the sentence in both languages
    (
        "income * 6 - debt >= 40_000.00",
        {"income": 683_334},
        "如月收入提高到 6,833.34 元（现为 5,000.00 元），您的申请将获通过。",
        "If your monthly income were CNY 6,833.34 (now CNY 5,000.00), your application would be approved.",
    ),
    (
        "share <= 0.5 and late < 2",
        {"share": 5_000, "late": 1},
        "如使用率降低到 50.00%（现为 90.00%），且逾期次数减少到 1 次（现为 3 次），您的申请将获通过。",
        (
            "If the utilisation were 50.00% (now 90.00%) and late payments were 1 time (now 3 times), "
            "your application would be approved."
        ),
    ),
    (
        "score > 700 and bound",
        {"score": 701, "bound": True},
        "如信用分提高到 701 分（现为 600 分），且已绑定银行卡，您的申请将获通过。",
        (
            "If your Lake score were 701 points (now 600 points) and “Bank card linked” held,"
            " your application would be approved."
        ),
    ),
    (
        "plan == parts",
        {"plan": "parts"},
        "如还款方式改为“parts”，您的申请将获通过。",
        "If repayment were “parts”, your application would be approved.",
    ),
    (
        "days_since(valid) <= 0",
        {"valid": "2026-12-01"},
        "如证件有效期至改为 2026-12-01，您的申请将获通过。",
        "If card valid until were 2026-12-01, your application would be approved.",
    ),
    (
        "valid >= '2027-03-01' and months_since(seen) < 2",
        {"valid": "2027-03-01", "seen": "2026-10-02"},
        "如证件有效期至改为 2027-03-01，且核验日期改为 2026-10-02，您的申请将获通过。",
        "If card valid until were 2027-03-01 and day of the check were 2026-10-02, your application would be approved.",
    ),
]


@pytest.mark.parametrize(("condition", "then", "zh", "en"), SENTENCES)
def test_a_change_is_exact_and_told_in_both_languages(
    loaded: Load, condition: str, then: Facts, zh: str, en: str
) -> None:
    """To the fen, the basis point and the day, over ranges nobody could walk; as one sentence each."""
    engine = Engine(loaded(f"rules:\n  - {{rule: ok, when: {condition}, then: approve}}", MONEY))
    recourse = engine.recourse("tiny", NOW, MOMENT)
    engine.close()

    assert {change.fact: change.then for change in recourse.alternatives[0].changes} == then
    assert (recourse.alternatives[0].statement.zh, recourse.alternatives[0].statement.en) == (zh, en)
    assert recourse.complete


@pytest.mark.parametrize(
    ("offer", "zh", "en"),
    [
        ("limit: 5_000.00, term: 1", "（额度 5,000.00 元，期限 1 个月）", "(limit CNY 5,000.00, term 1 month)"),
        ("apr: 0.18", "（年化利率 18.00%）", "(APR 18.00%)"),
        ("term: 12", "（期限 12 个月）", "(term 12 months)"),
    ],
)
def test_a_change_says_what_would_be_offered(loaded: Load, offer: str, zh: str, en: str) -> None:
    """The amounts of the offer follow the outcome in brackets, without a full stop of their own."""
    engine = Engine(loaded(f"rules:\n  - {{rule: ok, when: score > 700, then: approve, offer: {{{offer}}}}}", MONEY))
    (alternative,) = engine.recourse("tiny", NOW, MOMENT).alternatives
    engine.close()

    assert alternative.statement.zh.endswith(f"，您的申请将获通过{zh}。")
    assert alternative.statement.en.endswith(f", your application would be approved {en}.")


def test_a_limit_is_lifted_to_where_the_next_cap_binds(loaded: Load) -> None:
    """An approval: what binds now, how far each fact lifts it, and what would bind then."""
    body = """
rules:
  - {rule: income-cap, when: income > 0.00, cap: {limit: income * 6}, because: plain}
  - {rule: ceiling, when: age > 0, cap: {limit: 80_000.00}, because: other}
  - {rule: ok, when: age >= 18, then: approve, offer: {limit: 200_000.00}}
"""
    engine = Engine(loaded(body, MONEY))
    recourse = engine.recourse("tiny", NOW, MOMENT)
    engine.close()
    (alternative,) = recourse.alternatives

    assert (recourse.goal, recourse.bound_by, recourse.complete) == ("limit", "income-cap", True)
    assert {change.fact: change.then for change in alternative.changes} == {"income": 1_333_334}
    assert alternative.binding == {"limit_fen": "ceiling"}
    assert alternative.statement.en.endswith("your limit would be CNY 80,000.00 instead of CNY 30,000.00.")
    assert recourse.statement.zh == "以下任一变化都会提高您的额度："


def test_what_a_reason_keeps_general_is_marked(loaded: Load) -> None:
    """An alternative that moves a fact behind a reason told in general words is no text for the applicant's letter."""
    rules = """
derive: [{fact: odd, value: late > 2}]
rules:
  - {rule: ring, when: odd, then: reject, because: secret}
  - {rule: poor, when: income < 6_000.00, then: refer, because: plain}
  - {rule: ok, when: age > 1, then: approve}
"""
    engine = Engine(loaded(rules, MONEY))
    (both,) = engine.recourse("tiny", NOW, MOMENT).alternatives
    (open_,) = engine.recourse("tiny", dict(NOW) | {"late": 0}, MOMENT).alternatives
    engine.close()

    assert ({change.fact for change in both.changes}, both.disclose) == ({"income", "late"}, "general")
    assert ({change.fact for change in open_.changes}, open_.disclose) == ({"income"}, "full")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("  - {rule: old, when: age < 40, then: reject, because: plain}\n", "would change this answer"),
        ("", "would raise your limit"),
    ],
)
def test_when_nothing_helps_it_is_said_at_once(loaded: Load, rules: str, words: str) -> None:
    """What rests on facts nobody can change is seen without trying them: one look is enough."""
    engine = Engine(
        loaded(f"rules:\n{rules}  - {{rule: ok, when: age > 1, then: approve, offer: {{limit: 9.00}}}}", MONEY)
    )
    recourse = engine.recourse("tiny", NOW, MOMENT)
    engine.close()

    assert (recourse.alternatives, recourse.complete) == ((), True)
    assert recourse.evaluations <= 1
    assert recourse.statement.en == f"Nothing that is in your power to change {words}."


def test_a_favourable_decision_without_an_amount_has_nothing_to_lift(loaded: Load) -> None:
    """Keeping a line as it is offers no limit, and the recourse says so."""
    engine = Engine(loaded("rules:\n  - {rule: ok, when: age > 1 or income > 1.00, then: keep}", MONEY))
    recourse = engine.recourse("tiny", NOW, MOMENT)
    engine.close()

    assert (recourse.goal, recourse.alternatives, recourse.complete) == ("limit", (), True)
    assert recourse.statement.en == "This decision offers no limit that could be raised."


def test_a_search_that_spends_its_budget_says_so_and_repeats_itself(recorded: Load) -> None:
    """Evaluations are counted, not seconds: the same case gets the same answer, never more than the budget."""
    thin = "income - debt == 77_777_777.77 or share * 3 + 0.0005 == share * late"
    engine = Engine(recorded(f"rules:\n  - {{rule: ok, when: {thin}, then: approve}}", MONEY))
    first, second = (engine.recourse("tiny", NOW, MOMENT) for _ in range(2))
    engine.close()

    assert first == second
    assert first.evaluations <= EVALUATIONS


def test_lists_of_records_are_not_searched_and_that_is_said(loaded: Load) -> None:
    """A list said to be actionable cannot be moved here, so nothing found is not nothing."""
    facts = MONEY + (
        "  loans: {type: records, max_records: 3, fields: {owed: {type: money, range: [0.00, 9.00]}}, actionable: down,"
        " label: {zh: 借款, en: Loans}, source: bureau, if_missing: ask}\n"
    )
    body = "records: {many: count(loans)}\nrules:\n  - {rule: ok, when: many == 0 and income > 1.00, then: approve}"
    engine = Engine(loaded(body, facts))
    recourse = engine.recourse("tiny", {**NOW, "loans": [{"owed": 100}]}, MOMENT)
    engine.close()

    assert (recourse.alternatives, recourse.complete) == ((), False)
    assert "not every combination could be tried" in recourse.statement.en


SHIPPED = ["activation", "business_opening", "drawdown", "limit_increase", "line_review", "opening"]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_examples_of_shipped_policies_are_answered_completely(shipped: PolicySet, name: str) -> None:
    """Over real ranges and forty rules the budget is enough, and what is promised is what is decided."""
    policy, engine = shipped[name], Engine(shipped)
    for example in policy.examples[::3]:
        recourse = find_recourse(policy, partial(reference.evaluate, policy), example.given, MOMENT)
        assert recourse.complete, example.name
        now = engine.decide_given(policy, example.given, MOMENT)
        for alternative in recourse.alternatives:
            moved = {change.fact: _read(policy, change.fact, change.then) for change in alternative.changes}
            then = engine.decide_given(policy, {**example.given, **moved}, MOMENT)
            assert (then.outcome, then.offer, then.favourable) == (alternative.outcome, alternative.offer, True)
            assert not now.favourable or _limit(then) > _limit(now), example.name
    engine.close()


def _read(policy: Policy, name: str, value: object) -> Value:
    dated = policy.kinds[name].name == "date"
    return dt.date.fromisoformat(str(value)) if dated else value  # type: ignore[return-value]  # a value as shown


def _limit(decision: Decision) -> int:
    return (decision.offer and decision.offer.limit_fen) or 0


@pytest.mark.parametrize(
    ("actionable", "now", "then", "zh", "en"),
    [
        ("up", False, True, "如已绑定银行卡，您的申请", "If “Bank card linked” held, your application"),
        ("down", True, False, "如“已绑定银行卡”不再成立，您", "If “Bank card linked” no longer held, your application"),
    ],
)
def test_what_should_be_so_or_no_longer_is_told(
    loaded: Load, actionable: str, now: bool, then: bool, zh: str, en: str
) -> None:
    """A fact that is true or false is told by what people call it."""
    facts = MONEY.replace("bound: {type: bool, actionable: up", f"bound: {{type: bool, actionable: {actionable}")
    condition = "bound" if then else "not bound"
    engine = Engine(loaded(f"rules:\n  - {{rule: ok, when: {condition}, then: approve}}", facts))
    (alternative,) = engine.recourse("tiny", dict(NOW) | {"bound": now}, MOMENT).alternatives
    engine.close()

    assert alternative.statement.zh.startswith(zh)
    assert alternative.statement.en.startswith(en)


@pytest.mark.parametrize("debt", [1, 2, 3])
def test_a_limit_that_can_be_lifted_by_fen_is_lifted(loaded: Load, debt: int) -> None:
    """As little as there is to gain is told, to the fen."""
    body = "rules:\n  - {rule: ok, when: age >= 18, then: approve, offer: {limit: 1_000.00 - debt}}"
    engine = Engine(loaded(body, MONEY))
    (alternative,) = engine.recourse("tiny", dict(NOW) | {"debt": debt}, MOMENT).alternatives
    engine.close()

    assert alternative.offer is not None
    assert ({change.fact: change.then for change in alternative.changes}, alternative.offer.limit_fen) == (
        {"debt": 0},
        100_000,
    )


def test_three_facts_together_are_tried_beside_a_single_one(loaded: Load) -> None:
    """Up to three facts a way is looked for even when fewer do on another; four only when nothing else helps."""
    ways = "score > 700 or (share < 0.5 and late < 2 and bound)"
    four = "score > 700 or (share < 0.5 and late < 2 and bound and plan == parts)"
    told = {}
    for condition in (ways, four):
        engine = Engine(loaded(f"rules:\n  - {{rule: ok, when: {condition}, then: approve}}", MONEY))
        recourse = engine.recourse("tiny", NOW, MOMENT)
        told[condition] = [{change.fact for change in one.changes} for one in recourse.alternatives]
        engine.close()

    assert told == {ways: [{"score"}, {"share", "late", "bound"}], four: [{"score"}]}
