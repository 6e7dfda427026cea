"""What an account says in the words of the shipped fact dictionary."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from api.accounts.account import Account, Draw, Particulars, Place, Status
from api.accounts.errors import LineContradicted
from api.accounts.facts import OWN, lacking, told
from engine import PolicySet, load_policies
from tests.repository import ROOT

OPENED_AT = dt.datetime(2026, 1, 31, 9, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 3, 30, 9, tzinfo=dt.UTC)
ACTIVE = Account(
    Place(7, "key:1", Status.ACTIVE, 4),
    Particulars(
        limit_fen=3_000_000,
        apr_bp=1460,
        approved_limit_fen=2_500_000,
        approved_at=OPENED_AT,
        limit_changed_at=OPENED_AT,
        drawn_fen=1_000_000,
        activated_at=OPENED_AT + dt.timedelta(days=1),
        draws=(Draw(NOW - dt.timedelta(days=8), 400_000), Draw(NOW - dt.timedelta(hours=5, minutes=59), 600_000)),
    ),
)


@pytest.fixture(scope="module")
def policies() -> PolicySet:
    """Load the shipped policies."""
    return load_policies(Path(ROOT / "policies"))


def test_an_account_in_full() -> None:
    """Amounts in fen, rates in basis points, days as dates, whole months, drawdowns with completed hours."""
    assert told(ACTIVE, NOW) == {
        "approved_limit": 2_500_000,
        "approved_on": "2026-01-31",
        "line_activated": True,
        "line_apr": 1460,
        "current_limit": 3_000_000,
        "line_status": "active",
        "line_opened_on": "2026-02-01",
        "months_since_limit_change": 1,
        "outstanding_principal": 1_000_000,
        "line_utilisation": 3333,
        "drawdowns_7d": 1,
        "drawdowns_30d": 2,
        "recent_drawdowns": [{"hours_ago": 192, "amount": 400_000}, {"hours_ago": 5, "amount": 600_000}],
    }


@pytest.mark.parametrize(
    ("since", "at", "months"),
    [
        ("2026-01-31", "2026-02-27", 0),
        ("2026-01-31", "2026-02-28", 1),
        ("2026-01-31", "2026-03-30", 1),
        ("2026-01-31", "2026-03-31", 2),
        ("2025-12-15", "2026-12-14", 11),
        ("2025-12-15", "2026-12-15", 12),
        ("2026-05-01", "2026-04-01", 0),
    ],
)
def test_whole_months(since: str, at: str, months: int) -> None:
    """A month is over on the same day, or on the last one of a month that lacks it; nothing is negative."""
    changed = dt.datetime.fromisoformat(f"{since}T09:00:00+00:00")
    line = replace(ACTIVE, particulars=replace(ACTIVE.particulars, limit_changed_at=changed))

    assert told(line, dt.datetime.fromisoformat(f"{at}T09:00:00+00:00"))["months_since_limit_change"] == months


@pytest.mark.parametrize(
    ("drawn", "limit", "share"), [(0, 3, 0), (1, 3, 3333), (2, 3, 6667), (1, 20_000, 0), (3, 20_000, 2), (9, 3, 30_000)]
)
def test_the_share_in_use_is_rounded_half_to_even(drawn: int, limit: int, share: int) -> None:
    """In basis points; a balance above a lowered limit is more than all of it."""
    line = replace(ACTIVE, particulars=replace(ACTIVE.particulars, drawn_fen=drawn, limit_fen=limit))
    assert told(line, NOW)["line_utilisation"] == share


def test_a_line_that_waits_for_activation_has_no_status_of_the_dictionary() -> None:
    """The fact is left out (`line_activated` says it), and who says otherwise contradicts the account."""
    line = replace(ACTIVE, place=replace(ACTIVE.place, status=Status.PENDING))

    assert "line_status" not in told(line, NOW)
    with pytest.raises(LineContradicted, match="`active` was given, the account says nothing"):
        lacking(line, {"line_status": "active"}, {}, NOW)


@pytest.mark.parametrize("policy", ["drawdown", "limit_increase", "line_review"])
def test_a_closed_line_is_told_to_the_policies_that_ask(policies: PolicySet, policy: str) -> None:
    """By a word of the dictionary, so that each can say that the line is closed; `active` contradicts it."""
    line = replace(ACTIVE, place=replace(ACTIVE.place, status=Status.CLOSED))

    assert lacking(line, {}, policies[policy].facts, NOW)["line_status"] == "closed"
    with pytest.raises(LineContradicted, match="`active` was given, the account says `closed`"):
        lacking(line, {"line_status": "active"}, {}, NOW)


def test_every_fact_of_the_account_is_declared(policies: PolicySet) -> None:
    """The shipped dictionary knows each by this name, as the line's own."""
    declared = policies.vocabulary.facts
    said = {**told(ACTIVE, NOW), "months_since_decrease": 0}

    assert {declared[name].source for name in said} == {"line"}
    assert {*OWN} <= {*said}


@pytest.mark.parametrize("policy", ["activation", "drawdown", "limit_increase", "line_review"])
def test_only_what_a_policy_reads_is_filled_in(policies: PolicySet, policy: str) -> None:
    """And only what the caller left out; the engine takes every value as it is."""
    facts = policies[policy].facts
    filled = lacking(ACTIVE, {"current_limit": 3_000_000}, facts, NOW)

    assert {*filled} <= {*facts} - {"current_limit"}
    assert filled


def test_what_lies_outside_the_declared_range_is_unknown_to_the_policy(policies: PolicySet) -> None:
    """A value the dictionary does not allow is left out, so that the policy treats it as missing."""
    huge = replace(ACTIVE, particulars=replace(ACTIVE.particulars, limit_fen=10**11, draws=(Draw(NOW, 1),) * 500))
    facts: Any = policies["drawdown"].facts
    filled = lacking(huge, {}, facts, NOW)

    assert "current_limit" not in filled
    assert "recent_drawdowns" not in filled
    assert "line_status" in filled
