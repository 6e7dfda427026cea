"""The policy as a programmer would write it by hand, with reasons and the values that each rule saw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from bench.engines.contest import MAX_REASONS, Answer, Contender
from engine import PolicySet

_TIERS = {
    "clean": ((750, "A"), (700, "B"), (650, "C"), (600, "D")),
    "slipped": ((750, "B"), (700, "C"), (600, "D")),
    "late": ((650, "D"),),
    "serious": (),
}
_CEILING = {"prime": 300_000_00, "plus": 150_000_00, "core": 60_000_00, "entry": 20_000_00, "closed": 20_000_00}
_PRICE = {"prime": 730, "plus": 1095, "core": 1460, "entry": 1825, "closed": 1825}

Facts = dict[str, Any]
Fired = list[tuple[str, str, Facts]]  #: rule, reason, what it saw


class Explained(NamedTuple):
    """A decision with its grounds."""

    outcome: str
    limit: int | None
    apr: int | None
    reasons: tuple[str, ...]
    fired: Fired
    derived: Facts


def contenders(policies: PolicySet) -> Iterator[Contender]:  # noqa: ARG001  # one signature for all contenders
    """Give the hand-written function; it reads no policy."""
    yield Contender("hand-written Python", decide, _answer)


def _answer(explained: Explained) -> Answer:
    return Answer(*explained[:4], fired=tuple(rule for rule, _, _ in explained.fired))


def decide(f: Facts) -> Explained:
    """Decide one application."""
    income, debts = f["monthly_income"], f["debt_service"]
    dti = debts * 10_000 // max(income, 1_00)
    tier = _tier(f["credit_score"], f["repayment_history"])
    band = _band(income)
    segment = _segment(tier, band)
    base, price = min(_CEILING[segment], income * 6), _PRICE[segment]
    refused = _refusals(f, income, dti, tier)
    caps, prices = _caps(f, income, debts, dti, tier, base)
    referred = _referrals(f, dti, base)
    derived = {
        "debt_to_income": dti, "tier": tier, "income_band": band, "segment": segment, "price": price, "line_base": base
    }  # fmt: skip
    fired = refused + [cap[1] for cap in caps] + prices + referred
    if tier != "E":
        fired.append(("open", "", {"tier": tier}))
    if refused or referred:
        outcome = "reject" if refused else "refer"
        return Explained(outcome, None, None, _codes(refused or referred), fired, derived)
    limit, bound = base // 100_00 * 100_00, []
    for cap, step in caps:
        if cap < limit:
            limit, bound = cap, [step]
    if prices and price > 1000:
        price, bound = 1000, bound + prices
    return Explained("approve", limit, price, _codes(bound), fired, derived)


def _codes(fired: Fired) -> tuple[str, ...]:
    return tuple(dict.fromkeys([code for _, code, _ in fired]))[:MAX_REASONS]


def _tier(score: int, history: str) -> str:
    for least, tier in _TIERS[history]:
        if score >= least:
            return tier
    return "E"


def _band(income: int) -> str:
    if income < 12_000_00:
        return "small" if income < 5_000_00 else "middling"
    return "good" if income < 30_000_00 else "high_income"


def _segment(tier: str, band: str) -> str:
    if tier == "A" and band in ("good", "high_income"):
        return "prime"
    if tier in ("A", "B") and band != "small":
        return "plus"
    return "entry" if tier == "D" else "closed" if tier == "E" else "core"


def _refusals(f: Facts, income: int, dti: int, tier: str) -> Fired:  # noqa: C901, PLR0912  # one `if` per rule
    fired: Fired = []
    if f["age"] < 18:
        fired.append(("under-age", "age_below_minimum", {"age": f["age"]}))
    if not f["real_name_verified"]:
        fired.append(("identity-unverified", "identity_unconfirmed", {"real_name_verified": False}))
    if not f["id_card_valid"]:
        fired.append(("id-card-expired", "identity_unconfirmed", {"id_card_valid": False}))
    if not f["bureau_consent"]:
        fired.append(("no-consent", "consent_missing", {"bureau_consent": False}))
    if f["watchlist_hit"]:
        fired.append(("watchlist", "security", {"watchlist_hit": True}))
    if f["identity_mismatch"]:
        fired.append(("identity-mismatch", "security", {"identity_mismatch": True}))
    if f["device_risk"] == "high" and f["applications_7d"] >= 3:
        fired.append(("device-risky", "security", {"device_risk": "high", "applications_7d": f["applications_7d"]}))
    if f["overdue_days_now"] > 0:
        fired.append(("overdue-now", "overdue_now", {"overdue_days_now": f["overdue_days_now"]}))
    if f["overdue_days_max_24m"] >= 90:
        fired.append(("overdue-serious", "overdue_serious", {"overdue_days_max_24m": f["overdue_days_max_24m"]}))
    if f["overdue_count_24m"] >= 6:
        fired.append(("overdue-often", "overdue_often", {"overdue_count_24m": f["overdue_count_24m"]}))
    if f["debt_written_off"]:
        fired.append(("written-off", "written_off_debt", {"debt_written_off": True}))
    if f["enforcement_record"]:
        fired.append(("enforcement", "court_enforcement", {"enforcement_record": True}))
    if f["other_lenders"] >= 8:
        fired.append(("too-many-lenders", "many_lenders", {"other_lenders": f["other_lenders"]}))
    if f["inquiries_90d"] > 12:
        fired.append(("too-many-inquiries", "many_inquiries", {"inquiries_90d": f["inquiries_90d"]}))
    if income < 2_000_00:
        fired.append(("income-too-small", "income_small", {"monthly_income": income}))
    if dti > 7000:
        fired.append(("debts-too-high", "debts_high", {"debt_to_income": dti}))
    if f["occupation"] in ("student", "unemployed"):
        fired.append(("no-steady-income", "no_steady_income", {"occupation": f["occupation"]}))
    if tier == "E":
        fired.append(("tier-closed", "score_and_history", {"tier": tier}))
    return fired


def _caps(  # noqa: C901  # one `if` per rule
    f: Facts, income: int, debts: int, dti: int, tier: str, base: int
) -> tuple[list[tuple[int, tuple[str, str, Facts]]], Fired]:
    """The rules that cap the limit, each with its cap, and the one that caps the price."""
    caps = []
    if f["months_on_file"] < 12:
        caps.append((8_000_00, ("file-thin", "file_thin", {"months_on_file": f["months_on_file"]})))
    if f["account_age_months"] < 6:
        caps.append((10_000_00, ("account-new", "account_new", {"account_age_months": f["account_age_months"]})))
    if f["income_proof"] == "none":
        caps.append((income * 2, ("income-unproven", "income_unproven", {"income_proof": "none"})))
    if 4000 < dti <= 7000:
        cap = (income - debts) * 3 // 100_00 * 100_00
        caps.append((cap, ("debts-heavy", "debts_high", {"debt_to_income": dti})))
    if f["card_utilisation"] > 8000:
        caps.append((20_000_00, ("cards-full", "cards_full", {"card_utilisation": f["card_utilisation"]})))
    if f["employed_months"] < 12 and f["housing"] in ("rent", "family"):
        saw = {"employed_months": f["employed_months"], "housing": f["housing"]}
        caps.append((15_000_00, ("job-new", "job_new", saw)))
    if f["macro_stance"] == "contract" and tier in ("C", "D"):
        caps.append((10_000_00, ("stance-contract", "stance_tightened", {"macro_stance": "contract", "tier": tier})))
    if f["bills_on_time_12m"] < 9:
        caps.append((12_000_00, ("bills-late", "bills_late", {"bills_on_time_12m": f["bills_on_time_12m"]})))
    if f["requested_limit"] < base:
        saw = {"requested_limit": f["requested_limit"], "line_base": base}
        caps.append((f["requested_limit"], ("asked-for-less", "asked_for_less", saw)))
    if f["occupation"] == "civil_servant" and tier in ("A", "B", "C"):
        return caps, [("price-preferred", "price_preferred", {"occupation": "civil_servant", "tier": tier})]
    return caps, []


def _referrals(f: Facts, dti: int, base: int) -> Fired:
    fired: Fired = []
    if base > 120_000_00 and f["income_proof"] in ("bank_statement", "none"):
        fired.append(("income-check", "income_check", {"line_base": base, "income_proof": f["income_proof"]}))
    applications = f["applications_7d"]
    if (f["device_risk"] == "medium" and applications >= 3) or applications >= 6:
        saw = {"device_risk": f["device_risk"], "applications_7d": applications}
        fired.append(("activity-check", "activity_check", saw))
    if 5 <= f["other_lenders"] < 8:
        fired.append(("lenders-check", "many_lenders", {"other_lenders": f["other_lenders"]}))
    if f["card_utilisation"] >= 9500 and dti > 4000:
        saw = {"card_utilisation": f["card_utilisation"], "debt_to_income": dti}
        fired.append(("cards-check", "cards_full", saw))
    if f["guarantees"] > 200_000_00:
        fired.append(("guarantees-check", "guarantees_check", {"guarantees": f["guarantees"]}))
    return fired
