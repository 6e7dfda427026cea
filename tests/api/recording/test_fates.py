"""Drafts of one batch answer each for itself: one that is refused takes nobody with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import Any

import pytest

from api.accounts.errors import LineMoved
from api.ledger import Ledger
from api.recording import Draft
from api.recording.process import Batches
from api.settings import Settings
from audit.errors import CheckpointMissing
from tests.api.conftest import GOOD
from tests.api.recording.drafts import (
    ACTIVATION,
    OPENING,
    account,
    answered,
    decided,
    drafted,
    entries,
    error,
    ids,
    sound,
    stands,
)

#: Steps of recording, and which event the arguments of each are about.
STEPS: Mapping[str, Callable[..., str]] = {
    "api.events.decision_made": lambda origin, *_: origin.id,
    "api.recording.recorder.review_of": lambda entry, *_: entry["id"],
    "api.accounts.keeping.Lines.following": lambda _lines, _connection, origin, *_: origin.id,
}


def failing(patch: pytest.MonkeyPatch, step: str, draft: Draft) -> None:
    """Have a step of recording fail for one draft."""
    original = resolve_name(step)

    def taken(*arguments: Any) -> Any:
        if STEPS[step](*arguments) == draft.origin.id:
            raise ZeroDivisionError(step)
        return original(*arguments)

    patch.setattr(step, taken)


@pytest.mark.parametrize("step", STEPS)
def test_whoever_is_refused_is_told_and_the_others_are_recorded(
    ledger: Ledger,
    batches: Batches,
    runs: list[list[str]],
    stored: Settings,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """Once each, with all that follows, in a second transaction; of the one that was refused nothing stays."""
    drafts = [drafted("a"), drafted("b", **GOOD), drafted("bad"), drafted("c", **OPENING), drafted("d", **GOOD)]
    failing(monkeypatch, step, drafts[2])
    good, answers = [*drafts[:2], *drafts[3:]], answered(batches, drafts)

    assert isinstance(error(answers.pop(2)), ZeroDivisionError)
    assert stands(ledger, answers, good)
    assert decided(ledger) == ids(good)
    assert [entry["kind"] for entry in entries(ledger)].count("review_opened") == 1
    assert account(ledger, "c").particulars.limit_fen == OPENING["income"]
    assert {answer.size for answer in answers} == {ledger.log.size()}
    assert runs == [ids(drafts), *([each] for each in ids(drafts))]
    with ledger.log.engine.connect() as connection:
        assert ledger.log.vault.find_subject(connection, "bad") is None
    assert sound(ledger, stored)


def test_each_is_told_its_own_error(
    ledger: Ledger, batches: Batches, runs: list[list[str]], stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two whose lines stand otherwise, each with how its own stands, and one for another reason; two are recorded.

    Of these the one on a line is not done again.
    """
    answered(batches, [drafted("ann", **OPENING), drafted("bob", **{**OPENING, "income": 300_000})])
    lined = drafted("bob", line=account(ledger, "bob"), **ACTIVATION)
    drafts = [drafted("ann", **OPENING), drafted("new"), drafted("bad", **GOOD), drafted("bob", **OPENING), lined]
    failing(monkeypatch, "api.events.decision_made", drafts[2])
    answers = answered(batches, drafts)
    ann, bob = error(answers[0]), error(answers[3])

    assert [type(each) for each in (ann, bob)] == [LineMoved] * 2
    assert [ann.account, bob.account] == [account(ledger, each) for each in ("ann", "bob")]
    assert isinstance(error(answers[2]), ZeroDivisionError)
    assert stands(ledger, [answers[1], answers[4]], [drafts[1], lined])
    assert decided(ledger)[2:] == ids([lined, drafts[1]])
    assert runs[1:] == [ids(drafts[:4]), ids([lined]), *([each] for each in ids(drafts[:4]))]
    assert sound(ledger, stored)


def test_one_that_came_alone_is_not_tried_twice(batches: Batches, runs: list[list[str]]) -> None:
    """Nobody can have been to blame but itself."""
    answered(batches, [drafted("ann", **OPENING)])
    again = drafted("ann", **OPENING)

    assert isinstance(error(*answered(batches, [again])), LineMoved)
    assert runs[1:] == [ids([again])]


def test_decisions_on_a_line_are_works_of_their_own(
    ledger: Ledger, batches: Batches, runs: list[list[str]], stored: Settings
) -> None:
    """Of two on one line the second finds that it has moved; the others of the batch are recorded once, at once."""
    answered(batches, [drafted("ann", **OPENING)])
    line = account(ledger, "ann")
    first, second = (drafted("ann", line=line, **ACTIVATION) for _ in range(2))
    others = [drafted("a"), drafted("b", **GOOD), drafted("c", **OPENING)]
    answers = answered(batches, [others[0], first, others[1], second, others[2]])
    moved = error(answers.pop(3))

    assert runs[1:] == [ids(others), ids([first]), ids([second])]
    assert stands(ledger, answers, [others[0], first, *others[1:]])
    assert {answer.size for answer in answers} == {ledger.log.size()}
    assert sorted(decided(ledger)[1:]) == sorted(ids([*others, first]))
    assert (type(moved), moved.account) == (LineMoved, account(ledger, "ann"))
    again = drafted("ann", "drawdown", line=moved.account)
    assert stands(ledger, answered(batches, [again]), [again])
    assert sound(ledger, stored)


def test_a_batch_of_nothing_but_decisions_on_lines(ledger: Ledger, batches: Batches, runs: list[list[str]]) -> None:
    """There is no work without a draft."""
    answered(batches, [drafted("ann", **OPENING), drafted("bob", **OPENING)])
    drafts = [drafted(each, line=account(ledger, each), **ACTIVATION) for each in ("ann", "bob")]

    assert stands(ledger, answered(batches, drafts), drafts)
    assert runs[1:] == [[each] for each in ids(drafts)]


def test_what_is_recorded_and_cannot_be_answered_is_found_by_asking_again(
    ledger: Ledger, batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one whose checkpoint cannot be read is told so, the others have their answers."""
    drafts, covering_size = [drafted("a", **GOOD), drafted("b", **GOOD), drafted("c", **GOOD)], ledger.log.covering_size

    def covering(index: int) -> int:
        if index == 1:
            raise CheckpointMissing("on purpose")
        return covering_size(index)

    with monkeypatch.context() as patch:
        patch.setattr(ledger.log, "covering_size", covering)
        answers = answered(batches, drafts)

    assert isinstance(error(answers.pop(1)), CheckpointMissing)
    assert stands(ledger, answers, [drafts[0], drafts[2]])
    assert decided(ledger) == ids(drafts)
    assert [(each.index, each.replayed) for each in answered(batches, drafts[1:2])] == [(1, True)]
