"""The explanation: principal reasons in their order, general wording, statements in Chinese and English, amounts."""

from __future__ import annotations

import json

import pytest

from engine.decision import Offer
from engine.explaining import wording
from engine.policy import Outcome
from engine.vocabulary import Text
from tests.engine.conftest import Decide
from tests.engine.tiny import SEVERITY

YES = {"flag": True}
CODES = ("plain", "other", "third", "fourth", "fifth")


def rule(name: str, when: str, then: str, because: str) -> str:
    """One rule of a policy."""
    return f"\n  - {{rule: {name}, when: {when}, then: {then}, because: {because}}}"


def test_at_most_four_reasons_are_given_and_none_is_lost_from_the_trace(decide: Decide) -> None:
    """Five rules fire for five reasons: the first four of the policy's order are given, the trace holds all five."""
    body = "rules:" + "".join(rule(f"r-{code}", "flag", "reject", code) for code in CODES)
    decision = decide(body, YES)

    assert [reason.code for reason in decision.reasons] == list(CODES[:4])
    assert [step.name for step in decision.trace] == [f"r-{code}" for code in CODES]


def test_reasons_are_ranked_by_what_decided(decide: Decide) -> None:
    """Rules that came to the outcome stand before other adverse ones; rules of milder outcomes stay out."""
    body = "rules:" + rule("mild", "flag", "decrease", "plain") + rule("check", "flag", "verify", "third")
    body += rule("hard", "flag", "reject", "other") + rule("grant", "flag", "keep", "fifth")
    decision = decide(body, YES)

    assert [(reason.code, reason.outcome) for reason in decision.reasons] == [
        ("other", "reject"),
        ("plain", "decrease"),
    ]


def test_a_cap_that_bound_is_a_reason_and_one_that_did_not_is_none(decide: Decide) -> None:
    """An approval says why it is lower than it could be, after the reason of the rule that approved."""
    cap = "\n  - {{rule: {}, when: flag, cap: {{limit: {}}}, because: {}}}"
    body = "rules:" + cap.format("low", "5.00", "plain") + cap.format("high", "50.00", "other")
    body += "\n  - {rule: grant, when: flag, then: approve, because: third, offer: {limit: 9.00}}"

    assert [(reason.code, reason.rules) for reason in decide(body, YES).reasons] == [
        ("third", ("grant",)),
        ("plain", ("low",)),
    ]


def test_rules_of_one_code_are_one_reason(decide: Decide) -> None:
    """A code is given once, with all its rules, their facts and the tests that held."""
    body = (
        "rules:"
        + rule("one", "asked > 0", "reject", "plain")
        + rule("two", "second > 5 or asked > 9", "reject", "plain")
    )
    reason = decide(body, {"asked": 3, "second": 6}).reasons

    assert len(reason) == 1
    assert reason[0].rules == ("one", "two")
    assert reason[0].facts == {"asked": 3, "second": 6}
    assert [test.test for test in reason[0].tests] == ["asked > 0", "second > 5"]


def test_a_general_reason_tells_the_applicant_nothing_and_the_reviewer_all(decide: Decide) -> None:
    """`disclose: general`: statement and remedy of the reason appear nowhere; note, code and facts do."""
    body = "rules:" + rule("ring", "asked > 0", "reject", "secret") + rule("late", "asked > 1", "reject", "plain")
    decision = decide(body, {"asked": 2})
    document = decision.document()
    told = json.dumps(
        [document["statement"], [reason["statement"] for reason in document["reasons"]]], ensure_ascii=False
    )

    for hidden in ("设备异常", "The device is suspicious", "换设备", "Use another device"):
        assert hidden not in json.dumps(document, ensure_ascii=False)
    assert wording.GENERAL.zh in told
    assert wording.GENERAL.en in told
    assert decision.reasons[0].note == "device of a known ring"
    assert (decision.reasons[0].code, decision.reasons[0].remedy) == ("secret", None)
    assert "Reason one." in decision.statement.en


def test_two_general_reasons_are_told_once(decide: Decide) -> None:
    """The general wording does not show how many checks failed."""
    body = "rules:" + rule("ring", "flag", "reject", "secret") + rule("late", "flag", "reject", "plain")

    assert decide(body, YES).statement.en.count(wording.GENERAL.en) == 1


@pytest.mark.parametrize("outcome", [word for word in SEVERITY if word != "refer"])
def test_every_outcome_is_said_in_both_languages(decide: Decide, outcome: str) -> None:
    """The statement opens with the outcome, gives reasons and remedies; an adverse one names the right to appeal."""
    decision = decide("rules:" + rule("only", "flag", outcome, "plain"), YES)
    zh, en = decision.statement.zh, decision.statement.en
    opening = wording.OPENING[Outcome(outcome)]

    assert zh.startswith(opening.zh + "理由甲。")
    assert en.startswith(opening.en + " Reason one.")
    assert "办法甲。" in zh
    assert "Remedy one." in en
    assert (wording.APPEAL.zh in zh) is (wording.APPEAL.en in en) is decision.adverse


def test_a_referral_and_a_request_for_facts_are_said_too(decide: Decide) -> None:
    """What is missing is asked for by its label; a person is named when one decides; several facts are listed."""
    body = (
        "rules:"
        + rule("bad", "income > 5.00 or asked > 5", "reject", "plain")
        + "\n  - {rule: grant, when: flag, then: approve}"
    )
    asking = decide(body, YES)

    assert asking.outcome == "incomplete"
    assert asking.statement == Text(
        "资料不全，暂时无法作出决定。请补充以下资料：月收入、事实。",
        "We cannot decide yet because information is missing. Please provide: Monthly income, Fact.",
    )
    nobody = decide(body, {"flag": False, "income": 0, "asked": 0})
    assert (nobody.outcome, nobody.reasons[0].code) == ("refer", "not_decided")
    assert nobody.statement.en.startswith(wording.OPENING[Outcome.REFER].en)


def test_the_engine_gives_its_own_reason_alone(decide: Decide) -> None:
    """When something missing or broken decided, the one reason is the engine's, with the rules concerned."""
    body = "rules:" + rule("bad", "asked / second > 5", "reject", "plain") + rule("other", "flag", "verify", "other")
    decision = decide(body, YES | {"asked": 1, "second": 0})

    assert [(reason.code, reason.rules, reason.outcome) for reason in decision.reasons] == [
        ("engine_fault", ("bad",), "refer")
    ]
    assert decision.reasons[0].statement in wording.OWN.values()


def test_what_is_asked_of_the_applicant_stands_once(decide: Decide) -> None:
    """`ask` of rules that came to the outcome is listed, each once, in order; of other rules not."""
    body = """rules:
  - {rule: one, when: flag, then: verify, ask: face, because: plain}
  - {rule: two, when: flag, then: verify, ask: bank_card, because: other}
  - {rule: three, when: flag, then: verify, ask: face, because: third}
  - {rule: four, when: asked > 0, then: reject, because: fourth}
  - {rule: five, when: flag, then: approve, ask: nothing}"""

    assert decide(body, YES | {"asked": 0}).asks == ("face", "bank_card")
    assert decide(body, YES | {"asked": 1}).asks == ()


@pytest.mark.parametrize(
    ("offer", "zh", "en"),
    [
        (Offer(limit_fen=4_500_000), "额度 45,000.00 元。", "Limit CNY 45,000.00."),
        (Offer(apr_bp=730), "年化利率 7.30%。", "APR 7.30%."),
        (Offer(term_months=12), "期限 12 个月。", "Term 12 months."),
        (Offer(limit_fen=5, apr_bp=1_000_005), "额度 0.05 元，年化利率 10000.05%。", "Limit CNY 0.05, APR 10000.05%."),
        (Offer(100, 0, 1), "额度 1.00 元，年化利率 0.00%，期限 1 个月。", "Limit CNY 1.00, APR 0.00%, term 1 month."),
        (Offer(123_456_789_012), "额度 1,234,567,890.12 元。", "Limit CNY 1,234,567,890.12."),
        (Offer(99_999, 5), "额度 999.99 元，年化利率 0.05%。", "Limit CNY 999.99, APR 0.05%."),
        (Offer(100_000, 1_005), "额度 1,000.00 元，年化利率 10.05%。", "Limit CNY 1,000.00, APR 10.05%."),
        (Offer(1_000_705, 9), "额度 10,007.05 元，年化利率 0.09%。", "Limit CNY 10,007.05, APR 0.09%."),
        (Offer(99_999_999, 1), "额度 999,999.99 元，年化利率 0.01%。", "Limit CNY 999,999.99, APR 0.01%."),
        (Offer(100_000_000, 1), "额度 1,000,000.00 元，年化利率 0.01%。", "Limit CNY 1,000,000.00, APR 0.01%."),
    ],
)
def test_amounts_are_written_for_people(offer: Offer, zh: str, en: str) -> None:
    """Fen become yuan with thousands marked, basis points per cent, months months; a statement has the same words."""
    said = wording.statement(Outcome.APPROVE, []).offering(offer)

    assert wording.offered(offer) == Text(zh, en)
    assert said == Text(f"您的申请已通过。{zh}", f"Your application is approved. {en}")


def test_several_reasons_are_numbered_and_one_is_not() -> None:
    """From one on, in the order given, on one line; a single reason needs no number."""
    one, two, three = (Text(zh, en) for zh, en in (("甲。", "A."), ("乙。", "B."), ("丙。", "C.")))

    assert wording.numbered([one]) == one
    assert wording.numbered([one, two]) == Text("1. 甲。2. 乙。", "1. A. 2. B.")
    assert wording.numbered([one, two, three]) == Text("1. 甲。2. 乙。3. 丙。", "1. A. 2. B. 3. C.")


@pytest.mark.parametrize(
    ("fen", "text"),
    [(0, "0.00"), (5, "0.05"), (100, "1.00"), (123_456_789, "1,234,567.89"), (-5, "-0.05"), (-100, "-1.00")],
)
def test_fen_are_written_as_yuan(fen: int, text: str) -> None:
    """Two digits after the point, thousands marked, and the sign in front."""
    assert wording.yuan(fen) == text


@pytest.mark.parametrize(
    ("bp", "text"), [(0, "0.00%"), (5, "0.05%"), (100, "1.00%"), (1_241, "12.41%"), (-5, "-0.05%"), (-100, "-1.00%")]
)
def test_basis_points_are_written_as_per_cent(bp: int, text: str) -> None:
    """Two digits after the point, and the sign in front."""
    assert wording.percent(bp) == text
