"""What is decided, and why, as time goes by: outcomes and reasons of each day, week or month.

Days are those of UTC, in which the log writes its moments; weeks are those of ISO 8601.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from api import listings
from api.search import Stretch, Where, decisions
from api.statistics.shares import NOTE, Share
from api.statistics.windows import Window
from api.tables import DECISION
from engine.vocabulary import Text

_DAY = sa.func.substr(DECISION.c.decided_at, 1, 10)


class Period(StrEnum):
    """How long a row lasts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def of(self, day: str) -> str:
        """Name the period a day lies in: 2026-11-22, 2026-W47 or 2026-11."""
        if self is Period.WEEK:
            year, week, _ = dt.date.fromisoformat(day).isocalendar()
            return f"{year:04}-W{week:02}"
        return day if self is Period.DAY else day[:7]


class ReasonShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In how many decisions a reason was given."""

    code: str
    share: Share


class MixRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decisions of one period."""

    period: str
    decisions: int
    outcomes: dict[str, int]
    reasons: tuple[ReasonShare, ...]  #: the most frequent first; a decision may have several


class Mix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Periods in which something was decided, the oldest first."""

    by: Period
    window: Window
    policy: str | None
    outcome: str | None
    rows: tuple[MixRow, ...]
    note: Text


def mix(connection: sa.Connection, by: Period, where: Where, within: Stretch) -> Mix:
    """Count the decisions of a search, period by period; `within` is where its moments lie in the log."""
    outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    counted = decisions(where, within).grouped(connection, _DAY, DECISION.c.outcome, DECISION.c.reasons)
    for (day, outcome, text), number in counted.items():
        period = by.of(day)
        outcomes[period][outcome] += number
        reasons[period].update(dict.fromkeys(listings.read(text), number))
    rows = tuple(_row(period, outcomes[period], reasons[period]) for period in sorted(outcomes))
    return Mix(by, Window(where.since, where.until), where.policy, where.outcome, rows, NOTE)


def _row(period: str, outcomes: Counter[str], reasons: Counter[str]) -> MixRow:
    count = outcomes.total()
    ordered = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    shares = tuple(ReasonShare(code, Share.among(number, count)) for code, number in ordered)
    return MixRow(period, count, dict(sorted(outcomes.items())), shares)
