"""A line as it stands. Values only: money in whole fen, rates in basis points, moments aware and in UTC."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec


class Status(StrEnum):
    """What may be done with a line."""

    PENDING = "pending"  #: approved, not activated yet
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Change(StrEnum):
    """What can happen to a line."""

    OPENED = "opened"
    ACTIVATED = "activated"
    DRAWN = "drawn"
    REPAID = "repaid"
    RAISED = "raised"
    LOWERED = "lowered"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    CLOSED = "closed"


MOST_DRAWS = 500  #: drawdowns that are remembered one by one; where there are as many, some may be lacking


class Draw(msgspec.Struct, frozen=True, array_like=True):
    """One drawdown that was approved."""

    at: dt.datetime
    amount_fen: int


class Particulars(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is personal about a line: amounts and days. It stands sealed beside every change."""

    limit_fen: int
    apr_bp: int | None
    approved_limit_fen: int  #: as the opening gave it
    approved_at: dt.datetime
    limit_changed_at: dt.datetime
    drawn_fen: int = 0
    activated_at: dt.datetime | None = None
    lowered_at: dt.datetime | None = None
    draws: tuple[Draw, ...] = ()  #: of the last 30 days, oldest first

    @property
    def available_fen(self) -> int:
        """What may still be drawn: nothing where a limit was lowered below the balance."""
        return max(self.limit_fen - self.drawn_fen, 0)


class Place(msgspec.Struct, frozen=True):
    """Where the newest change of a line stands, and what its leaf says."""

    index: int
    owner: str  #: the actor that asked for the opening
    status: Status
    sequence: int  #: of the change, from 1

    @property
    def in_use(self) -> bool:
        """Whether more may become of the line, so that what is sealed beside its newest change is needed."""
        return self.status is not Status.CLOSED


class Account(msgspec.Struct, frozen=True):
    """A line with its particulars, as of its newest change."""

    place: Place
    particulars: Particulars
