"""What happens to a line, as pure steps: which are allowed, what they come to, and what no sequence can break."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from api.accounts.account import MOST_DRAWS, Account, Change, Particulars, Place, Status
from api.accounts.errors import LineRefuses, NotAvailable, NotOwed
from api.accounts.steps import EFFECTS, Step, take
from engine.policy import Outcome
from tests.api.conftest import START

LIMIT = 10_000
OPENED = Step(Change.OPENED, START, LIMIT, 1200)
AMOUNTS = {Change.OPENED: LIMIT, Change.RAISED: LIMIT * 2, Change.LOWERED: LIMIT // 2, Change.RESTORED: LIMIT}


def account(status: Status, drawn_fen: int = 0) -> Account:
    """Make a line."""
    activated = None if status is Status.PENDING else START
    now = Particulars(LIMIT, 1200, LIMIT, START, START, drawn_fen, activated_at=activated)
    return Account(Place(0, "key:1", status, 1), now)


def step(change: Change, amount: int = 100) -> Step:
    """Make a step as its decision would bring it."""
    return Step(change, START, AMOUNTS.get(change), None, amount)


#: status -> what may happen, and the status it leads to; everything else is refused, `-` changes nothing
ALLOWED = {
    Status.PENDING: {"opened": "pending", "activated": "active", "lowered": "pending", "closed": "closed"},
    Status.ACTIVE: {
        "drawn": "active",
        "raised": "active",
        "lowered": "active",
        "suspended": "suspended",
        "closed": "closed",
    },
    Status.SUSPENDED: {"lowered": "suspended", "restored": "active", "closed": "closed", "suspended": "-"},
    Status.CLOSED: {"opened": "pending", "closed": "-"},
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("change", Change)
def test_the_table_cell_by_cell(status: Status, change: Change) -> None:
    """From each status exactly what the table allows; repayments always."""
    expected = {**ALLOWED[status], "repaid": status.value}.get(change.value)
    try:
        taken = take(account(status, drawn_fen=1_000), step(change))
    except LineRefuses as refused:
        assert expected is None
        assert refused.mistakes[0].remedy
    else:
        assert expected == ("-" if taken is None else taken.status.value)


@pytest.mark.parametrize("change", Change)
def test_only_an_opening_makes_an_account(change: Change) -> None:
    """Without an account nothing follows a decision but an opening that names a limit."""
    assert (take(None, step(change)) is not None) == (change is Change.OPENED)
    assert take(None, Step(Change.OPENED, START)) is None


def test_effects_speak_of_outcomes_there_are() -> None:
    """The table names outcomes of the engine only."""
    assert {outcome for _, outcome in EFFECTS} <= {str(outcome) for outcome in Outcome}


def test_a_limit_goes_where_it_was_said_to_go() -> None:
    """Raising never lowers, lowering never raises, and a change by nothing is none."""
    for change, limit in ((Change.RAISED, LIMIT), (Change.RAISED, 1), (Change.LOWERED, LIMIT), (Change.LOWERED, None)):
        with pytest.raises(LineRefuses, match="10000 fen cannot be"):
            take(account(Status.ACTIVE), Step(change, START, limit))


def test_days_of_changes_are_kept() -> None:
    """A cut is remembered as a change and as a cut, an increase as a change only; a drawdown is neither."""
    later = START + dt.timedelta(days=40)
    cut = take(account(Status.ACTIVE), Step(Change.LOWERED, later, 5_000))
    up = take(account(Status.ACTIVE), Step(Change.RAISED, later, 15_000))
    drawn = take(account(Status.ACTIVE), Step(Change.DRAWN, later, amount_fen=1))

    assert cut is not None
    assert up is not None
    assert drawn is not None
    assert (cut.particulars.limit_changed_at, cut.particulars.lowered_at) == (later, later)
    assert (up.particulars.limit_changed_at, up.particulars.lowered_at) == (later, None)
    assert (drawn.particulars.limit_changed_at, drawn.particulars.lowered_at) == (START, None)


def test_drawdowns_are_remembered_for_a_month() -> None:
    """Older ones are forgotten, and never more than so many are kept."""
    now = account(Status.ACTIVE)
    now = replace(now, particulars=replace(now.particulars, limit_fen=10**9))
    for number in range(MOST_DRAWS + 5):
        taken = take(now, Step(Change.DRAWN, START + dt.timedelta(minutes=number), amount_fen=1))
        assert taken is not None
        now = replace(now, particulars=taken.particulars)
    assert len(now.particulars.draws) == MOST_DRAWS
    taken = take(now, Step(Change.DRAWN, START + dt.timedelta(days=30, minutes=503), amount_fen=7))
    assert taken is not None
    assert [draw.amount_fen for draw in taken.particulars.draws] == [1, 7]


@pytest.mark.parametrize("amount", [None, 0, -5])
def test_an_amount_that_is_none_is_refused(amount: int | None) -> None:
    """An approved drawdown without an amount cannot be reserved."""
    with pytest.raises(LineRefuses, match="no amount is named"):
        take(account(Status.ACTIVE), Step(Change.DRAWN, START, amount_fen=amount))


STEPS = st.builds(
    lambda change, limit, amount: Step(change, START, limit, None, amount),
    st.sampled_from(Change),
    st.integers(0, 20_000),
    st.integers(1, 8_000),
)


@given(st.lists(STEPS, max_size=60))
def test_no_sequence_draws_more_than_the_limit(steps: list[Step]) -> None:
    """Whatever happens in whatever order: a drawdown fits what was available, and what did not come back is owed."""
    now: Account | None = None
    balance = 0
    for each in [OPENED, *steps]:
        try:
            taken = take(now, each)
        except (NotAvailable, NotOwed, LineRefuses):
            continue
        if taken is None:
            continue
        balance += {Change.DRAWN: 1, Change.REPAID: -1}.get(each.change, 0) * (each.amount_fen or 0)
        after = taken.particulars

        assert 0 <= balance == after.drawn_fen
        if each.change is Change.DRAWN:
            assert after.drawn_fen <= after.limit_fen
            assert now is not None
            assert now.place.status is Status.ACTIVE
        now = Account(Place(0, "key:1", taken.status, 1), after)
