"""Two thousand applicants for the benchmark's policy, from a seed; nothing about any of them is missing.

Each trouble that refuses, caps or refers somebody is rare by itself, as it is for a real lender, so that approvals,
refusals and referrals all come up often and every rule of the policy does at least once.
"""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from engine import PolicySet, load_policies

POLICY = "bench_policy"
AS_OF = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
SEED = 20_261_122
FRESH = 20_261_123  #: of applicants whom nobody has decided before
COUNT = 2_000

Facts = dict[str, object]


def load() -> PolicySet:
    """Load the benchmark's policy."""
    return load_policies(Path(__file__).with_name("policy"))


def applicants(count: int = COUNT, seed: int = SEED) -> list[Facts]:
    """Draw applicants as JSON values: integer fen and basis points, in the order of the fact dictionary."""
    chance = random.Random(seed)  # repeatable, not secret
    return [_identity(chance) | _fraud(chance) | _history(chance) | _capacity(chance) for _ in range(count)]


def _identity(chance: random.Random) -> Facts:
    return {
        "age": 16 + int(chance.betavariate(2, 3) * 55),
        "real_name_verified": chance.random() > 0.01,
        "id_card_valid": chance.random() > 0.01,
        "bureau_consent": chance.random() > 0.01,
    }


def _fraud(chance: random.Random) -> Facts:
    return {
        "watchlist_hit": chance.random() < 0.005,
        "identity_mismatch": chance.random() < 0.008,
        "device_risk": chance.choices(("low", "medium", "high"), (78, 15, 7))[0],
        "applications_7d": min(int(chance.expovariate(0.7)), 20),
    }


def _history(chance: random.Random) -> Facts:
    standing = chance.choices(("clean", "slipped", "late", "serious"), (64, 19, 10, 7))[0]
    trouble = {"clean": 0.0, "slipped": 0.06, "late": 0.3, "serious": 0.7}[standing]
    return {
        "credit_score": max(350, min(950, round(chance.gauss(712 - 160 * trouble, 60)))),
        "repayment_history": standing,
        "overdue_days_now": chance.randint(1, 60) if chance.random() < trouble / 2 else 0,
        "overdue_days_max_24m": chance.randint(1, 160) if chance.random() < trouble else 0,
        "overdue_count_24m": chance.randint(1, 10) if chance.random() < trouble else 0,
        "debt_written_off": chance.random() < trouble / 10,
        "enforcement_record": chance.random() < 0.006,
        "months_on_file": int(chance.betavariate(1.5, 3) * 240),
        "inquiries_90d": min(int(chance.expovariate(0.25)), 40),
        "other_lenders": min(int(chance.expovariate(0.38)), 20),
        "card_utilisation": int(chance.betavariate(1.2, 2.2) * 10_800),
        "guarantees": chance.choice((50_000_00, 120_000_00, 300_000_00)) if chance.random() < 0.08 else 0,
    }


def _capacity(chance: random.Random) -> Facts:
    income = round(chance.lognormvariate(9.2, 0.65)) * 100
    return {
        "monthly_income": income,
        "income_proof": chance.choices(("tax_record", "payroll", "bank_statement", "none"), (25, 40, 23, 12))[0],
        "debt_service": int(income * chance.betavariate(1.5, 3.2)),
        "occupation": chance.choices(
            ("employee", "civil_servant", "self_employed", "retired", "student", "unemployed"), (58, 12, 19, 6, 3, 2)
        )[0],
        "employed_months": int(chance.expovariate(1 / 48)),
        "housing": chance.choices(("own", "mortgage", "rent", "family"), (25, 35, 25, 15))[0],
        "account_age_months": int(chance.betavariate(1.4, 2.5) * 120),
        "bills_on_time_12m": 12 - min(int(chance.expovariate(0.8)), 12),
        "requested_limit": chance.choice((5, 10, 20, 30, 50, 80, 100, 150, 200, 300)) * 1_000_00,
        "macro_stance": chance.choices(("expand", "neutral", "contract"), (20, 65, 15))[0],
    }
