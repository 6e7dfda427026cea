"""Of a commit nobody knows about each caller is told, of its own event; who was refused or answered is told that."""

from __future__ import annotations

import pytest

from api.accounts.errors import LineMoved
from api.ledger import Ledger
from api.recording.process import Batches
from api.settings import Settings
from audit import CommitUnknown
from tests.api.conftest import GOOD
from tests.api.recording.drafts import (
    ACTIVATION,
    OPENING,
    account,
    answered,
    decided,
    drafted,
    error,
    ids,
    sound,
    stands,
)
from tests.audit.test_writer import commits


@pytest.mark.parametrize("stored", ["sqlite", "postgres"], indirect=True)
def test_of_a_commit_nobody_knows_about_each_is_told_its_own_event(
    ledger: Ledger, batches: Batches, runs: list[list[str]], stored: Settings
) -> None:
    """And no other; nothing is tried again but by who asks again, and then it is recorded once."""
    answered(batches, [drafted("ann", **OPENING)])
    drafts = [drafted("a"), drafted("b", **GOOD), drafted("ann", line=account(ledger, "ann"), **ACTIVATION)]
    with commits(ledger.log, "before"):
        errors = [error(answer) for answer in answered(batches, drafts)]

    assert [(type(each), each.event_ids) for each in errors] == [(CommitUnknown, (each,)) for each in ids(drafts)]
    assert runs[1:] == [ids(drafts[:2]), ids(drafts[2:])]
    assert len(decided(ledger)) == 1
    assert stands(ledger, answered(batches, drafts), drafts)
    assert decided(ledger)[1:] == ids(drafts)
    assert sound(ledger, stored)


def test_a_commit_that_was_made_after_all_is_found(ledger: Ledger, batches: Batches, runs: list[list[str]]) -> None:
    """When the disk took it but the answer was an error, everybody gets the decision, recorded once."""
    drafts = [drafted("a"), drafted("b", **GOOD), drafted("c", **OPENING)]
    with commits(ledger.log, "after"):
        answers = answered(batches, drafts)

    assert stands(ledger, answers, drafts)
    assert decided(ledger) == ids(drafts)
    assert runs == [ids(drafts)]


@pytest.mark.parametrize(("fates", "unknown"), [(["before"], [3]), (["well", "before"], [0, 2])])
def test_a_refusal_beside_a_commit_nobody_knows_about(
    ledger: Ledger, batches: Batches, stored: Settings, fates: list[str], unknown: list[int]
) -> None:
    """Whoever was refused is told that; of the others those whose commit it was are told that nobody knows."""
    answered(batches, [drafted("ann", **OPENING), drafted("bob", **OPENING)])
    lined = drafted("bob", line=account(ledger, "bob"), **ACTIVATION)
    drafts = [drafted("a"), drafted("ann", **OPENING), drafted("b", **GOOD), lined]
    with commits(ledger.log, *fates):
        answers = answered(batches, drafts)
    known = [each for each in (0, 2, 3) if each not in unknown]

    assert isinstance(error(answers[1]), LineMoved)
    assert [error(answers[each]).event_ids for each in unknown] == [(drafts[each].origin.id,) for each in unknown]
    assert stands(ledger, [answers[each] for each in known], [drafts[each] for each in known])
    assert decided(ledger)[2:] == [drafts[each].origin.id for each in known]
    assert sound(ledger, stored)
