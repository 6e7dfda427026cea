"""What an account says about its line, in the words of the fact dictionary. Pure.

What the caller leaves out is filled in; where the caller says something else about what the account knows for certain,
nothing is decided. Facts the account cannot know (arrears, statements, alerts) stay the caller's.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from typing import Any

from api.accounts.account import MOST_DRAWS, Account, Particulars, Status
from api.accounts.errors import LineContradicted
from api.errors import Mistake
from engine.vocabulary import Fact

Facts = dict[str, Any]

#: Facts that are the account's: another value is a contradiction. The others are only filled in where they lack.
OWN = ("approved_limit", "line_activated", "line_apr", "current_limit", "line_status", "outstanding_principal")
_TOLD = {Status.ACTIVE, Status.SUSPENDED, Status.CLOSED}  #: a pending line says so by `line_activated`
_WEEK, _MONTH = dt.timedelta(days=7), dt.timedelta(days=30)


def told(account: Account, at: dt.datetime) -> Facts:
    """Give what the account says at a moment; what it does not know is absent."""
    now, status = account.particulars, account.place.status
    said: Facts = {
        "approved_limit": now.approved_limit_fen,
        "approved_on": now.approved_at.date().isoformat(),
        "line_activated": now.activated_at is not None,
        "line_apr": now.apr_bp,
        "current_limit": now.limit_fen,
        "line_status": str(status) if status in _TOLD else None,
        "line_opened_on": now.activated_at.date().isoformat() if now.activated_at else None,
        "months_since_limit_change": _months(now.limit_changed_at, at),
        "months_since_decrease": _months(now.lowered_at, at) if now.lowered_at else None,
        "outstanding_principal": now.drawn_fen,
        "line_utilisation": _share(now),
        **_draws(now, at),
    }
    return {name: value for name, value in said.items() if value is not None}


def lacking(account: Account, given: Mapping[str, Any], read: Mapping[str, Fact], at: dt.datetime) -> Facts:
    """Give those of the facts `read` that the caller left out and the account knows; raise LineContradicted.

    What lies outside a fact's declared range is left out: to the policy it is unknown.
    """
    said = told(account, at)
    if mistakes := [_mistake(name, given[name], said.get(name)) for name in OWN if _differs(name, given, said)]:
        raise LineContradicted(mistakes=mistakes)
    lacks = {name: value for name, value in said.items() if name in read and name not in given}
    return {name: value for name, value in lacks.items() if _fits(read[name], value)}


def _fits(fact: Fact, value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= fact.max_records
    if isinstance(value, str) and fact.kind is not None and fact.kind.values:
        return value in fact.kind.values
    return fact.range is None or fact.range.low <= value <= fact.range.high


def _differs(name: str, given: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    # A price nobody agreed on is unknown, and does not contradict one; a status is always known.
    silent = name == "line_apr" and name not in said
    return name in given and not silent and given[name] != said.get(name)


def _mistake(name: str, given: object, said: object) -> Mistake:
    account = "the account says nothing" if said is None else f"the account says `{_word(said)}`"
    remedy = "leave the fact out: the account fills it in; or report the repayments that are lacking"
    return Mistake(f"facts.{name}", f"`{_word(given)}` was given, {account}", remedy)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)[:40]


def _months(since: dt.datetime, at: dt.datetime) -> int:
    """Count whole months between two moments; the last day of a month stands for days it does not have."""
    last = calendar.monthrange(at.year, at.month)[1]
    whole = (at.year - since.year) * 12 + at.month - since.month
    return max(whole - (at.day < min(since.day, last)), 0)


def _share(now: Particulars) -> int | None:
    """Give the share of the limit that is drawn, in basis points, half to even."""
    if now.limit_fen == 0:
        return None
    whole, rest = divmod(now.drawn_fen * 10_000, now.limit_fen)
    return whole + (2 * rest > now.limit_fen or (2 * rest == now.limit_fen and whole % 2 == 1))


def _draws(now: Particulars, at: dt.datetime) -> Facts:
    if len(now.draws) >= MOST_DRAWS:
        return {}
    recent = [draw for draw in now.draws if at - _MONTH < draw.at <= at]
    return {
        "drawdowns_7d": sum(draw.at > at - _WEEK for draw in recent),
        "drawdowns_30d": len(recent),
        "recent_drawdowns": [
            {"hours_ago": int((at - draw.at).total_seconds()) // 3600, "amount": draw.amount_fen} for draw in recent
        ],
    }
