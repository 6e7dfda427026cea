"""A batch recorded in one go leads to what its drafts lead to one by one, whatever it is mixed of."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from api import readmodels
from api.accounts.errors import LineMoved
from api.automation.refusing import Refusals
from api.ledger import Ledger
from api.recording import Draft, Recorder
from api.recording.draft import Kept
from api.recording.frames import Answered, unpacked
from api.recording.process import Batches
from api.settings import Settings
from audit import EntryConflict
from tests.api.conftest import GOOD, START, TINY, Clock
from tests.api.recording.drafts import (
    ACTOR,
    answered,
    decided,
    drafted,
    entries,
    error,
    ids,
    recorder,
    sound,
    stands,
    told,
)

PEOPLE = tuple(f"person-{number}" for number in range(30))
ASKED: list[dict[str, Any]] = [
    *({"policy": "tiny", **facts} for facts in (GOOD, {"score": 400}, {})),
    *({"policy": "opening", **facts} for facts in ({"income": 2_000_000}, {"income": 50_000}, {})),
]
"""What is approved, rejected, referred and incomplete; an opening that is approved opens a line."""
MINUTE = dt.timedelta(minutes=1)

Asked = dict[str, Any]
Fate = tuple[Any, ...]


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have blocks end within a batch."""
    monkeypatch.setattr(readmodels, "BLOCK", 4)


@pytest.fixture
def other(tmp_path: Path) -> Settings:
    """Keep another log, in a file of its own."""
    return Settings(data=tmp_path / "other", policies=TINY)


@pytest.fixture
def alone(other: Settings, clock: Clock) -> Iterator[Ledger]:
    """Open it, for drafts that are recorded one by one."""
    ledger = Ledger.open(other, clock)
    yield ledger
    ledger.close()


def some_batches(chance: random.Random) -> Iterator[list[Draft]]:
    """Make batches up: people come again, requests too, some under another body, in the same batch and in later ones.

    Moments of a batch stand so close together that no clock went back, whatever their order.
    """
    asked: list[Asked] = []
    for turn in range(5):
        moments = [chance.choice((0, 1, 300, 900)) for _ in range(chance.randint(1, 9))]
        asked += (_asked(chance, asked) for _ in moments)
        if chance.random() < 0.7:
            moments.sort()
        yield [
            drafted(at=START + turn * MINUTE + dt.timedelta(milliseconds=moment), **each)
            for moment, each in zip(moments, asked[-len(moments) :], strict=True)
        ]


def _asked(chance: random.Random, before: list[Asked]) -> Asked:
    new = {**chance.choice(ASKED), "subject": chance.choice(PEOPLE), "key": str(len(before))}
    if before and chance.random() < 0.2:
        again = chance.choice(before[-9:])
        return new | {"key": again["key"]} if chance.random() < 0.2 else again
    return new


@pytest.mark.parametrize(
    ("stored", "seed"), [*(("sqlite", seed) for seed in range(6)), ("postgres", 0)], indirect=["stored"]
)
def test_a_batch_leads_to_what_its_drafts_lead_to_one_by_one(
    ledger: Ledger, batches: Batches, stored: Settings, alone: Ledger, other: Settings, clock: Clock, seed: int
) -> None:
    """The same fate of each draft, the same entries with the same beside them, the same rows; both logs are sound.

    It takes one commit, and another only where somebody was refused.
    """
    chance, record = random.Random(seed), recorder(other, alone)
    for turn, drafts in enumerate(some_batches(chance)):
        clock.now = START + turn * MINUTE
        refusing = chance.choice(PEOPLE)
        batches.close()  # it has the one connection that writes
        for each in (ledger, alone):
            Refusals(each).refuse(refusing, ACTOR)
        commits = batches._committer.batches
        answers = answered(batches, drafts)
        again = len(drafts) > 1 and any(answer.error for answer in answers)
        assert batches._committer.batches == commits + 1 + again
        assert [told_of(ledger, answer) for answer in answers] == [one_by_one(alone, record, draft) for draft in drafts]
    assert told(ledger) == told(alone)
    assert sound(ledger, stored)
    assert sound(alone, other)


def one_by_one(ledger: Ledger, record: Recorder, draft: Draft) -> Fate:
    """Record a draft as the writer's thread does, and say what it came to."""
    try:
        return _came(ledger, ledger.writer.submit(lambda connection: record.record(connection, draft)).result(30))
    except LineMoved as error:
        return (type(error),)


def told_of(ledger: Ledger, answer: Answered) -> Fate:
    """Say what an answer says, the same way."""
    if answer.error:
        return (type(unpacked(answer.error)),)
    assert answer.size == ledger.log.checkpoint_covering(answer.index).size
    return _came(ledger, Kept(answer.index, answer.replayed, answer.instead))


def _came(ledger: Ledger, kept: Kept) -> Fate:
    entry = msgspec.json.decode(ledger.log.entry(kept.index))
    return entry["kind"], entry["id"], kept.replayed, kept.instead


def test_what_a_batch_may_be_mixed_of(
    ledger: Ledger, batches: Batches, runs: list[list[str]], stored: Settings
) -> None:
    """New people and known ones, one twice, a request twice and one from before, and one who refuses automation."""
    known: Asked = {"subject": "known", "key": "k", **GOOD}
    asked: Asked = {"subject": "twice", "key": "t", "score": 400}
    before = drafted(**known)
    answered(batches, [before])
    batches.close()
    Refusals(ledger).refuse("refusing", ACTOR)
    drafts = [
        drafted(**asked),
        drafted("twice", **GOOD),
        drafted(**asked),
        drafted(**known),
        drafted("known"),
        drafted("refusing", **GOOD),
        drafted("opening", "opening", income=2_000_000),
    ]
    answers = answered(batches, drafts)
    found = entries(ledger)

    assert runs[1:] == [ids(drafts)]
    assert [answer.size for answer in answers] == [*[len(found)] * 3, 1, *[len(found)] * 3]
    assert [answer.replayed for answer in answers] == [False, False, True, True, False, False, False]
    assert [answers[2].index, answers[3].index] == [answers[0].index, 0]
    assert [found[answers[each].index]["id"] for each in (0, 1, 4, 5, 6)] == [
        drafts[each].origin.id for each in (0, 1, 4, 5, 6)
    ]
    assert [found[answer.index]["outcome"] for answer in answers] == [
        *("reject", "approve", "reject", "approve"),
        *("refer", "refer", "approve"),
    ]
    assert answers[5].instead == drafts[5].left_to_a_person(1)[1]
    assert found[answers[5].index]["automation_refused"] == 1
    assert followed(found) == {
        ("review_opened", drafts[4].origin.id),
        ("review_opened", drafts[5].origin.id),
        ("line_changed", drafts[6].origin.id),
    }
    assert sound(ledger, stored)


def followed(found: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Give what followed from decisions: the kind of each entry, and from which."""
    return {
        (entry["kind"], entry.get("decision") or entry["case"]["decision"])
        for entry in found
        if entry["kind"] in {"review_opened", "line_changed"}
    }


@pytest.mark.parametrize("people", [("known", "new"), ("new", "other"), ("new", "new", "other")])
def test_of_two_bodies_under_one_key_the_first_is_recorded(
    ledger: Ledger, batches: Batches, runs: list[list[str]], people: tuple[str, ...]
) -> None:
    """Also where the second is about somebody new, and the first about somebody known or asked about twice."""
    answered(batches, [drafted("known", **GOOD)])
    drafts = [drafted(each, key="k", **GOOD) for each in people[-2:]]
    others = [drafted(each, **GOOD) for each in people[:-2]]
    first, second = answered(batches, [*others, *drafts])[-2:]

    assert [first.replayed, second.replayed, second.index] == [False, True, first.index]
    assert entries(ledger)[first.index]["id"] == drafts[0].origin.id
    assert runs[1:] == [ids([*others, *drafts])]


def test_nobody_who_was_only_answered_becomes_known(ledger: Ledger, batches: Batches) -> None:
    """Whose request was recorded for somebody else leaves no name behind."""
    answered(batches, [drafted("first", key="a", **GOOD), drafted("second", key="a", **GOOD)])
    with ledger.log.engine.connect() as connection:
        assert ledger.log.vault.find_subject(connection, "second") is None
        assert connection.execute(sa.text("SELECT count(*) FROM audit_subject")).scalar() == 1


@pytest.mark.parametrize("who", ["somebody", "somebody new"])
def test_an_event_whose_request_was_lost(ledger: Ledger, batches: Batches, who: str) -> None:
    """Where the tables no longer say that a request was recorded, its event is refused by name, and no other is."""
    first = drafted("somebody", **GOOD)
    answered(batches, [first])
    batches.close()
    ledger.writer.submit(lambda connection: connection.execute(sa.text("DELETE FROM idempotency"))).result(30)
    others = [drafted(f"other {number}", **GOOD) for number in range(3)]
    refused, *answers = answered(batches, [msgspec.structs.replace(first, subject=who), *others])

    conflict = error(refused)
    assert (type(conflict), conflict.event_id, conflict.index) == (EntryConflict, first.origin.id, 0)
    assert stands(ledger, answers, others)
    assert decided(ledger) == [first.origin.id, *ids(others)]
