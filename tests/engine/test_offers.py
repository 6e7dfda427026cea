"""Offers and caps: which amounts stand, which rule bound them, and what happens when they cannot be known."""

from __future__ import annotations

from typing import Any

import pytest

from engine import PolicyError
from engine.decision import Decision
from tests.engine.conftest import Decide, Load
from tests.engine.tiny import fired

YES = {"flag": True}
GRANT = "\n  - {rule: grant, when: flag, then: approve, offer: {limit: income * 2, apr: share, term: 24}}"
CAP = "\n  - {{rule: {}, when: {}, cap: {{{}}}, because: plain}}"


def offer_of(decision: Decision) -> Any:
    """The offer as the document shows it."""
    return decision.document()["offer"]


def test_an_offer_stands_in_fen_basis_points_and_months(decide: Decide) -> None:
    """Amounts are computed in yuan and fractions and given in base units; absent amounts are left out."""
    facts = YES | {"income": 1_000_000, "share": 1_095}

    assert offer_of(decide("rules:" + GRANT, facts)) == {"limit_fen": 2_000_000, "apr_bp": 1_095, "term_months": 24}
    body = "rules:\n  - {rule: grant, when: flag, then: approve, offer: {apr: 0.073}}"
    assert offer_of(decide(body, YES)) == {"apr_bp": 730}
    assert offer_of(decide("rules:\n  - {rule: grant, when: flag, then: approve}", YES)) is None


def test_amounts_are_rounded_as_the_policy_says(decide: Decide) -> None:
    """One third of a fen and of a basis point is rounded by the policy's rounding, once, when it is stored."""
    body = "rules:\n  - {rule: grant, when: flag, then: approve, offer: {limit: income / 3, apr: share / 3}}"
    facts = YES | {"income": 200, "share": 1_000}

    assert offer_of(decide(body, facts, rounding="down")) == {"limit_fen": 66, "apr_bp": 333}
    assert offer_of(decide(body, facts, rounding="up")) == {"limit_fen": 67, "apr_bp": 334}


def test_of_several_offers_the_lowest_limit_and_term_and_the_highest_apr_stand(decide: Decide) -> None:
    """Each amount is taken on its own, and only from rules that came to the outcome that stands."""
    body = """rules:
  - {rule: one, when: flag, then: approve, offer: {limit: 500.00, apr: 0.05, term: 36}}
  - {rule: two, when: flag, then: approve, offer: {limit: 700.00, apr: 0.07, term: 12}}
  - {rule: three, when: asked > 0, then: keep, offer: {limit: 1.00, apr: 0.9, term: 1}}"""

    decision = decide(body, YES | {"asked": 1})

    assert offer_of(decision) == {"limit_fen": 50_000, "apr_bp": 700, "term_months": 12}
    assert decision.binding == {}


def test_the_lowest_cap_of_all_that_fired_binds_and_is_named(decide: Decide) -> None:
    """Of several caps the lowest binds, the first of equals; one that is not lower than the offer binds nothing."""
    body = (
        "rules:"
        + CAP.format("high", "flag", "limit: 900.00, apr: 0.5")
        + CAP.format("low", "asked > 0", "limit: 300.00, term: 6")
    )
    body += (
        CAP.format("low-too", "asked > 1", "limit: 300.00") + CAP.format("never", "asked > 99", "limit: 1.00") + GRANT
    )
    facts = YES | {"income": 100_000, "share": 1_095, "asked": 0}

    assert offer_of(decide(body, facts))["limit_fen"] == 90_000
    assert decide(body, facts).binding == {"limit_fen": "high"}
    assert offer_of(decide(body, facts | {"asked": 2})) == {"limit_fen": 30_000, "apr_bp": 1_095, "term_months": 6}
    assert decide(body, facts | {"asked": 2}).binding == {"limit_fen": "low", "term_months": "low"}
    assert decide(body, facts | {"share": 6_000}).binding == {"limit_fen": "high", "apr_bp": "high"}
    assert decide(body, facts | {"income": 45_000}).binding == {}


def test_a_cap_alone_decides_and_offers_nothing(decide: Decide) -> None:
    """A cap on an amount that nobody offers has no effect."""
    body = "rules:" + CAP.format("top", "flag", "limit: 900.00") + "\n  - {rule: grant, when: asked > 0, then: approve}"

    assert decide(body, YES | {"asked": 0}).outcome == "refer"
    assert (offer_of(decide(body, YES | {"asked": 1})), decide(body, YES | {"asked": 1}).binding) == (None, {})


@pytest.mark.parametrize(
    ("condition", "amount", "outcome", "lacks"),
    [
        ("asked > 0", "5.00", "incomplete", ("asked",)),
        ("referred > 0", "5.00", "refer", ("referred",)),
        ("ignored > 0", "5.00", "approve", ()),
        ("flag", "income", "incomplete", ("income",)),
        ("flag", "spare", "approve", ()),
        ("flag", "income + spare", "incomplete", ("income", "spare")),
        ("not flag", "income", "approve", ()),
    ],
)
def test_a_cap_that_is_not_known_keeps_an_offer_from_being_made(
    decide: Decide, condition: str, amount: str, outcome: str, lacks: tuple[str, ...]
) -> None:
    """A cap that lacks facts could have lowered the offer; one that lacks only facts to ignore is silent."""
    body = "rules:" + CAP.format("top", condition, f"limit: {amount}")
    decision = decide(body + "\n  - {rule: grant, when: flag, then: approve, offer: {limit: 9.00}}", YES)

    assert decision.outcome == outcome
    assert offer_of(decision) == ({"limit_fen": 900} if outcome == "approve" else None)
    assert tuple(name for one in decision.undetermined for name in one.lacks) == lacks


@pytest.mark.parametrize(
    ("amount", "outcome"),
    [("income", "incomplete"), ("referred * 1.00", "refer"), ("spare", "refer"), ("9.00", "approve")],
)
def test_an_offer_whose_amount_is_not_known_is_not_made(decide: Decide, amount: str, outcome: str) -> None:
    """An approval that lacks its limit is incomplete or referred, even if the fact is one to ignore."""
    decision = decide(
        f"rules:\n  - {{rule: grant, when: flag, then: approve, offer: {{limit: {amount}, term: 12}}}}", YES
    )

    assert fired(decision) == ["grant"]
    assert decision.outcome == outcome
    assert offer_of(decision) == ({"limit_fen": 900, "term_months": 12} if outcome == "approve" else None)


@pytest.mark.parametrize(
    ("offer", "cap"),
    [
        ("limit: 0.00", ""),
        ("limit: income - 100.00", ""),
        ("limit: 5.00", "limit: 0.00"),
        ("limit: 5.00", "limit: income - 100.00"),
        ("limit: 5.00, term: 0", ""),
        ("limit: 5.00, term: 12", "term: -1"),
        ("limit: 5.00, apr: -0.01", ""),
        ("limit: 5.00, apr: 0.1", "apr: -0.01"),
        ("limit: income / 1_000_000", ""),
    ],
)
def test_an_offer_of_nothing_goes_to_a_person(decide: Decide, offer: str, cap: str) -> None:
    """A limit or term of zero or less, or a negative price, is no offer: the decision is a referral that says so."""
    body = f"rules:\n  - {{rule: grant, when: flag, then: approve, offer: {{{offer}}}}}"
    decision = decide(body + (CAP.format("top", "flag", cap) if cap else ""), YES | {"income": 100})

    assert decision.outcome == "refer"
    assert (offer_of(decision), decision.binding) == (None, {})
    assert decision.reasons[0].code == "offer_empty"


@pytest.mark.parametrize("term", ["1", "asked - 4"])
def test_one_fen_for_one_month_is_an_offer(decide: Decide, term: str) -> None:
    """The least that is not nothing, by both executors, also where a cap leaves it."""
    offer = f"offer: {{limit: 5.00, term: {term}}}"
    body = f"rules:\n  - {{rule: grant, when: flag, then: approve, {offer}}}"
    decision = decide(body + CAP.format("top", "flag", "limit: 0.01"), YES | {"asked": 5})

    assert (decision.outcome, offer_of(decision)) == ("approve", {"limit_fen": 1, "term_months": 1})


def test_credit_without_interest_is_an_offer(decide: Decide) -> None:
    """An APR of zero is a price."""
    assert (
        decide("rules:\n  - {rule: grant, when: flag, then: approve, offer: {limit: 5.00, apr: 0}}", YES).outcome
        == "approve"
    )


BIG = 9_000_000_000_000_000


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ("\n  - {rule: grant, when: flag, then: approve, offer: {limit: income * 1_000}}", ("grant", "overflow")),
        (
            "\n  - {rule: grant, when: flag, then: approve, offer: {limit: 5.00 / second}}",
            ("grant", "division by zero"),
        ),
        (CAP.format("top", "flag", "limit: income * 1_000"), ("top", "overflow")),
        (CAP.format("top", "flag", "limit: 5.00 / second"), ("top", "division by zero")),
        (CAP.format("top", "not flag", "limit: 5.00 / second"), None),
    ],
)
def test_an_amount_that_cannot_be_computed_refers(decide: Decide, rules: str, fault: tuple[str, str] | None) -> None:
    """An overflow or a division by zero in an offer or cap of a rule that fired makes the decision a referral."""
    body = "rules:\n  - {rule: plain, when: flag, then: approve, offer: {limit: 9.00}}"
    decision = decide(body + rules, YES | {"income": BIG, "second": 0})

    assert dict(decision.faults) == (dict([fault]) if fault else {})
    assert decision.outcome == ("refer" if fault else "approve")
    assert offer_of(decision) == (None if fault else {"limit_fen": 900})


def test_a_decrease_offers_what_remains_and_a_refusal_offers_nothing(decide: Decide) -> None:
    """Only favourable outcomes and `decrease` carry an offer; when a more severe rule fires there is none."""
    body = """rules:
  - {rule: cut, when: flag, then: decrease, because: plain, offer: {limit: income * 0.7}}
  - {rule: stop, when: asked > 0, then: suspend, because: other}"""

    assert offer_of(decide(body, YES | {"income": 1_000, "asked": 0})) == {"limit_fen": 700}
    assert offer_of(decide(body, YES | {"income": 1_000, "asked": 1})) is None


def test_an_amount_that_is_the_same_for_all_stands_beside_one_that_is_not(decide: Decide) -> None:
    """A rule shows all it offers and caps, whether computed beforehand or for this applicant."""
    body = """rules:
  - {rule: grant, when: flag, then: approve, offer: {limit: income * 2, term: 24}}
  - {rule: low, when: flag, cap: {limit: income, term: 12}, because: plain}"""

    decision = decide(body, YES | {"income": 1_000})
    grant, low = [step for step in decision.trace if step.kind == "rule"]

    assert grant.offer == {"limit_fen": 2_000, "term_months": 24}
    assert low.cap == {"limit_fen": 1_000, "term_months": 12}
    assert offer_of(decision) == {"limit_fen": 1_000, "term_months": 12}


@pytest.mark.parametrize(
    ("amount", "formula", "kind"),
    [
        ("apr", "asked", "int"),
        ("apr", "income", "money"),
        ("limit", "asked", "int"),
        ("limit", "share", "rate"),
        ("limit", "income / income", "number"),
        ("term", "income / income", "number"),
        ("term", "share", "rate"),
        ("term", "flag", "bool"),
    ],
)
def test_an_amount_has_the_unit_of_its_name(loaded: Load, amount: str, formula: str, kind: str) -> None:
    """A limit is money, a term whole months, an APR a rate; a formula of another unit is refused, naming both."""
    wanted = {"apr": "rate", "limit": "money", "term": "int"}[amount]
    with pytest.raises(PolicyError) as refusal:
        loaded(f"rules:\n  - {{rule: ok, when: flag, then: approve, offer: {{{amount}: {formula}}}}}")
    (found,) = refusal.value.findings

    assert found.path == f"rules[0].offer.{amount}"
    assert found.message == f"`{formula}` is {kind}, not {wanted}"
    assert found.remedy == f"an amount of kind {wanted} is needed"


def test_an_apr_may_be_a_share_of_two_amounts(decide: Decide) -> None:
    """One amount over another is a plain number, which is what a rate is made of."""
    body = "rules:\n  - {rule: ok, when: flag, then: approve, offer: {apr: income / (income * 10)}}"

    assert offer_of(decide(body, YES | {"income": 500_000})) == {"apr_bp": 1_000}


@pytest.mark.parametrize(("count", "rest"), [(2, ""), (12, ""), (13, " and 1 more")])
def test_a_word_that_is_none_is_told_which_there_are(loaded: Load, count: int, rest: str) -> None:
    """All of them where they are few, the first dozen and how many more where they are many."""
    rules = "".join(f"\n  - {{rule: r{i}, when: flag, then: approve}}" for i in range(count))
    example = "\nexamples:\n  - {name: one, given: {flag: true}, expect: {outcome: approve, fired: [none]}}"
    with pytest.raises(PolicyError) as refusal:
        loaded(f"rules:{rules}{example}")
    (found,) = refusal.value.findings

    assert found.message == f"`none` is not one of {', '.join(f'r{i}' for i in range(min(count, 12)))}{rest}"
