"""A decision on its way into the log, as values that can go to another process, and what came of it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from api import answers
from api.accounts.account import Account
from api.accounts.decided import Decided
from api.automation.referral import AUTOMATION_REFUSED, referred
from api.events import Origin, Verdict
from api.foresight import Hint
from engine import Outcome
from engine.decision import Offer


class Recorded(msgspec.Struct, frozen=True):
    """A decision that is in the log."""

    index: int
    request: bytes  #: as asked by this caller, to be held against the one that was recorded
    answer: bytes | None  #: None: an earlier request with the same key recorded it, and the answer lies sealed
    verdict: Verdict | None = None  #: what the leaf says, if this caller's was recorded
    size: int | None = None  #: of the checkpoint that covers it, if that is known already

    @property
    def replayed(self) -> bool:
        """Whether an earlier request with the same key recorded it."""
        return self.answer is None


class Instead(msgspec.Struct, frozen=True, array_like=True):
    """What took the place of a draft's answer and verdict."""

    answer: bytes
    verdict: Verdict


class Kept(msgspec.Struct, frozen=True):
    """What recording a draft came to."""

    index: int
    replayed: bool = False  #: an earlier request with the same key recorded it
    instead: Instead | None = None


class Draft(msgspec.Struct, frozen=True, array_like=True):
    """All that recording a decision takes."""

    origin: Origin
    subject: str  #: the caller's reference
    verdict: Verdict
    fingerprint: str
    text: bytes  #: what is to be sealed (`answers.seal_text`)
    line: Account | None  #: how it took its subject's line to stand
    offer: Offer | None
    amount_fen: int | None  #: of a drawdown
    refusal: int | None = None  #: the entry by which the subject refuses automation

    @property
    def hint(self) -> Hint:
        """What recording it will ask the database."""
        return Hint(self.fingerprint, self.subject)

    @property
    def decided(self) -> Decided:
        """What it means to the line."""
        verdict = self.verdict
        return Decided(
            verdict.policy.name, verdict.outcome, self.offer, verdict.as_of, self.origin.actor, self.amount_fen
        )

    def left_to_a_person(self, refusal: int) -> tuple[Draft, Instead]:
        """Give the referral that takes the place of what the rules came to."""
        decision = referred(self.verdict)
        answer = answers.answer_bytes(self.origin.id, self.subject, decision)
        verdict = replace(self.verdict, outcome=str(Outcome.REFER), reasons=(AUTOMATION_REFUSED,), rules=())
        text = answers.read(self.text).left_to_a_person(answer)
        left = replace(self, verdict=verdict, text=text, offer=decision.offer, amount_fen=None, refusal=refusal)
        return left, Instead(answer, verdict)


class Made(msgspec.Struct, frozen=True):
    """A decision that was made: all that recording it takes, and what its caller is answered."""

    origin: Origin
    subject: str  #: the caller's reference
    verdict: Verdict
    fingerprint: str
    request: bytes
    answer: bytes
    line: Account | None  #: how it took its subject's line to stand
    told: dict[str, Any]  #: which facts that filled in
    offer: Offer | None
    amount_fen: int | None  #: of a drawdown

    def draft(self) -> Draft:
        """Make what goes to whoever records."""
        text = answers.seal_text(self.request, self.answer, self.told)
        return Draft(
            self.origin,
            self.subject,
            self.verdict,
            self.fingerprint,
            text,
            self.line,
            self.offer,
            self.amount_fen,
        )

    def recorded(self, kept: Kept, size: int | None = None) -> Recorded:
        """Say to its caller what recording it came to."""
        if kept.replayed:
            return Recorded(kept.index, self.request, None)
        given = kept.instead or Instead(self.answer, self.verdict)
        return Recorded(kept.index, self.request, given.answer, given.verdict, size)
