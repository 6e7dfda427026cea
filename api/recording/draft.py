"""A decision on its way into the log, as values that can go to another process, and what came of it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from api import answers
from api.accounts.account import Account
from api.accounts.keeping import Decided
from api.automation.referral import AUTOMATION_REFUSED, referred
from api.events import Origin, Verdict
from api.foresight import Hint
from engine import Outcome


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


class Draft(msgspec.Struct, frozen=True, array_like=True):
    """All that recording a decision takes."""

    origin: Origin
    subject: str  #: the caller's reference
    verdict: Verdict
    fingerprint: str
    request: bytes
    answer: bytes
    line: Account | None  #: how it took its subject's line to stand
    told: dict[str, Any]  #: which facts that filled in
    decided: Decided  #: what it means to the line
    refusal: int | None = None  #: the entry by which the subject refuses automation
    recommendation: bytes | None = None  #: what the rules came to, then

    @property
    def hint(self) -> Hint:
        """What recording it will ask the database."""
        return Hint(self.fingerprint, self.subject)

    def left_to_a_person(self, refusal: int) -> Draft:
        """Give the referral that takes the place of what the rules came to."""
        decision = referred(self.verdict)
        return replace(
            self,
            verdict=replace(self.verdict, outcome=str(Outcome.REFER), reasons=(AUTOMATION_REFUSED,), rules=()),
            answer=answers.answer_bytes(self.origin.id, self.subject, decision),
            decided=Decided.of(decision, self.decided.owner, {}),
            refusal=refusal,
            recommendation=self.answer,
        )
