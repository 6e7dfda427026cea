"""A line over the wire, as frozen structs."""

from __future__ import annotations

from typing import Annotated, Self

import msgspec
from msgspec import Meta

from api.accounts.account import Change, Particulars, Status
from engine.vocabulary import Text

Amount = Annotated[int, Meta(ge=1, le=100_000_000_000, description="In whole fen")]


class RepaymentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Principal that came back, or was approved and never paid out."""

    amount_fen: Amount


class LineAmounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The amounts of a line at one point of its history."""

    limit_fen: int
    apr_bp: int | None  #: null if no price was agreed
    drawn_fen: int  #: principal: what was drawn and did not come back
    available_fen: int

    @classmethod
    def of(cls, now: Particulars | None) -> Self | None:
        """Take them from what is sealed; None if there is nothing."""
        return None if now is None else cls(now.limit_fen, now.apr_bp, now.drawn_fen, now.available_fen)


class LineDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decision behind a change; `/decisions/{id}/explanation` has all of it."""

    id: str
    policy: str
    version: int
    outcome: str
    reasons: tuple[str, ...]
    rules: tuple[str, ...]  #: those that fired


class LineChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One change: what happened, why, by whom, and the amounts before and after."""

    sequence: int  #: from 1
    change: Change
    status: Status  #: afterwards
    at: str
    actor: str
    decision: LineDecision | None  #: null for a repayment
    amount_fen: int | None  #: drawn or repaid
    before: LineAmounts | None  #: null if there was no line yet, or if the amounts were removed
    after: LineAmounts | None  #: null if the amounts were removed
    statement: Text
    index: int  #: of its leaf


class LineView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a line stands, and how it came to."""

    subject: str
    status: Status
    label: Text  #: the status in words
    owner: str  #: the actor that asked for the opening; an integrator sees its own lines only
    amounts: LineAmounts | None
    changes: tuple[LineChange, ...]  #: the newest first
    next: int | None  #: pass it as `before` for older changes; null if there are none
