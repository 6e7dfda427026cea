"""Drafts that waited long for a batch: recording them in another order than they came in makes no clock go back."""

from __future__ import annotations

import datetime as dt

import pytest

from api.ledger import Ledger
from api.recording.process import Batches
from tests.api.conftest import GOOD, START
from tests.api.recording.drafts import ACTIVATION, OPENING, account, answered, drafted, entries
from tests.audit.test_writer import commits

SECONDS = dt.timedelta(seconds=2)
LATER = START + dt.timedelta(seconds=3)


@pytest.mark.parametrize("case", ["a referral", "somebody known", "a line", "one that is refused"])
def test_a_batch_that_waited_long_tells_of_no_clock_that_went_back(ledger: Ledger, batches: Batches, case: str) -> None:
    """Drafts come in the order they are dated in, further apart than entries may overtake each other."""
    answered(batches, [drafted("known", **OPENING)])
    line = account(ledger, "known")
    drafts = {
        "a referral": [drafted("a"), drafted("b", at=LATER, **GOOD)],
        "somebody known": [drafted("known", **GOOD), drafted("b", at=LATER, **GOOD)],
        "a line": [drafted("known", line=line, **ACTIVATION), drafted("b", at=LATER, **GOOD)],
        "one that is refused": [
            *(drafted("a", **GOOD), drafted("known", **OPENING)),
            drafted("known", at=LATER, line=line, **ACTIVATION),
        ],
    }
    answered(batches, drafts[case])

    assert "clock" not in [entry["kind"] for entry in entries(ledger)]


def test_a_clock_that_went_back_between_two_batches_is_told(ledger: Ledger, batches: Batches) -> None:
    """Once, whatever order its own entries have; and one that went back within a batch by the next at the latest."""
    answered(batches, [drafted("a", at=LATER)])
    answered(batches, [drafted("b", at=LATER - SECONDS), drafted("c", at=LATER, **GOOD)])
    answered(batches, [drafted("d", at=LATER + SECONDS, **GOOD), drafted("e", at=LATER, **GOOD)])
    answered(batches, [drafted("f", at=LATER, **GOOD)])

    kinds = [entry["kind"] for entry in entries(ledger)]
    assert [kinds.count("clock"), kinds[-2:]] == [2, ["clock", "decision_made"]]


def test_a_clock_that_went_back_is_told_by_who_is_recorded_first_after_all(ledger: Ledger, batches: Batches) -> None:
    """The work that met it was taken back, since one of it was refused: those that are done again tell it."""
    answered(batches, [drafted("known", at=LATER, **OPENING)])
    answered(batches, [drafted("a", **GOOD), drafted("known", **OPENING), drafted("b", **GOOD)])

    kinds = [entry["kind"] for entry in entries(ledger)]
    assert kinds[2:] == ["clock", "decision_made", "decision_made"]


def test_a_clock_that_went_back_is_told_after_a_commit_that_failed(ledger: Ledger, batches: Batches) -> None:
    """The batch that met it is not in the log, nor what it told: the next one tells it."""
    answered(batches, [drafted("a", at=LATER, **GOOD)])
    with commits(ledger.log, "before"):
        answered(batches, [drafted("b", **GOOD)])
    answered(batches, [drafted("c", **GOOD)])

    assert [entry["kind"] for entry in entries(ledger)] == ["decision_made", "clock", "decision_made"]
