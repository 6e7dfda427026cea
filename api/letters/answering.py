"""From a concluded case to the letter that answers the applicant; pure, as the notice of a decision is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from api.casework.states import Case, CaseKind, Result
from api.clocks import Clocks
from api.letters.composing import offered, remedies, sender
from api.letters.letter import Letter, Pair, Section
from api.letters.letterhead import Letterhead
from api.letters.words import Words
from engine import Decision
from engine.explaining.wording import OPENING
from engine.vocabulary import Text


class Concluded(msgspec.Struct, frozen=True):
    """All an answer is made of."""

    case: Case
    index: int  #: of the entry that concluded it
    origin: str  #: of the log
    subject: str  #: the caller's reference
    answer: Text | None  #: what the reviewer wrote to the applicant; none if it was withdrawn
    because: tuple[Text, ...]
    decision: Decision | None  #: the new one, if it led to one
    letterhead: Letterhead
    clocks: Clocks

    @property
    def at(self) -> dt.datetime:
        """When it was concluded."""
        assert self.case.concluded_at is not None  # only concluded cases are answered
        return self.case.concluded_at


def compose_answer(concluded: Concluded, words: Words) -> Letter:
    """Write the answer to a case."""
    case, appeal = concluded.case, concluded.case.kind is CaseKind.APPEAL
    assert case.result is not None
    return Letter(
        language=words("tag"),
        written_at=concluded.at.isoformat(timespec="seconds"),
        sender=sender(concluded.letterhead, words),
        particulars=(
            Pair(words("particulars.date"), words.day(concluded.clocks.day(concluded.at))),
            Pair(words("particulars.case"), case.id),
            Pair(words("particulars.decision"), case.decision),
            Pair(words("particulars.customer"), concluded.subject),
        ),
        title=words("title.answer" if appeal else "case.title_review"),
        salutation=words("salutation"),
        lead=(
            words(f"result.{case.result}"),
            words("case.about" if appeal else "case.about_review", decision=case.decision),
        ),
        offer_caption=words("offer.caption"),
        offer=offered(concluded.decision.offer, words) if concluded.decision is not None else (),
        sections=tuple(_sections(concluded, words)),
        closing=words("closing"),
        record_heading=words("record.heading"),
        record=(
            Pair(words("record.log"), concluded.origin),
            Pair(words("record.index"), str(concluded.index)),
        ),
        record_note=words("record.note"),
    )


def _sections(concluded: Concluded, words: Words) -> Iterator[Section]:
    case, answer = concluded.case, concluded.answer
    if answer is not None:
        told = tuple(line.strip() for line in words.of(answer).splitlines() if line.strip())
        because = tuple(words.of(each) for each in concluded.because)
        yield Section("conclusion", words("case.heading"), told, because, words("case.reviewed"))
    yield Section("changes", words("case.changes"), (_change(concluded, words),))
    if case.kind is CaseKind.APPEAL and case.result is not Result.WITHDRAWN:
        told = remedies(concluded.clocks.pack.remedies, concluded.clocks.day(concluded.at), words)
        yield Section("next", words("appeal.heading"), told)


def _change(concluded: Concluded, words: Words) -> str:
    if concluded.decision is None:
        return words("case.unchanged")
    outcome = words.of(OPENING[concluded.decision.outcome])
    return words("case.new_decision", outcome=outcome, decision=concluded.case.new_decision)
