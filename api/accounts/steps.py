"""What a decision does to a line, and what a line allows: one table each, and the amounts that follow. Pure.

A line is what this folder makes of it: whoever adds a decision point to `EFFECTS` has it followed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from api.accounts.account import MOST_DRAWS, Account, Change, Draw, Particulars, Status
from api.accounts.errors import LineRefuses, NotAvailable, NotOwed, refusal

#: Decision point and outcome -> what happens to the line; what does not stand here changes no line.
EFFECTS: Mapping[tuple[str, str], Change] = {
    ("opening", "approve"): Change.OPENED,
    ("business_opening", "approve"): Change.OPENED,
    ("activation", "approve"): Change.ACTIVATED,
    ("drawdown", "approve"): Change.DRAWN,
    ("limit_increase", "approve"): Change.RAISED,
    ("line_review", "increase"): Change.RAISED,
    ("line_review", "decrease"): Change.LOWERED,
    ("line_review", "suspend"): Change.SUSPENDED,
    ("line_review", "restore"): Change.RESTORED,
    ("line_review", "close"): Change.CLOSED,
}
CONCERNED = frozenset(policy for policy, _ in EFFECTS)  #: decision points that weigh or change a line

_ANY = frozenset(Status)
#: From which status a change is allowed, and to which it leads; None: it stays.
_WAYS: Mapping[Change, tuple[frozenset[Status], Status | None]] = {
    Change.OPENED: (frozenset({Status.PENDING, Status.CLOSED}), Status.PENDING),
    Change.ACTIVATED: (frozenset({Status.PENDING}), Status.ACTIVE),
    Change.DRAWN: (frozenset({Status.ACTIVE}), None),
    Change.REPAID: (_ANY, None),
    Change.RAISED: (frozenset({Status.ACTIVE}), None),
    Change.LOWERED: (_ANY - {Status.CLOSED}, None),
    Change.SUSPENDED: (frozenset({Status.ACTIVE}), Status.SUSPENDED),
    Change.RESTORED: (frozenset({Status.SUSPENDED}), Status.ACTIVE),
    Change.CLOSED: (_ANY - {Status.CLOSED}, Status.CLOSED),
}
_ALREADY = {(Change.SUSPENDED, Status.SUSPENDED), (Change.CLOSED, Status.CLOSED)}  # confirms what is so: no change
_REMEDIES = {
    Change.OPENED: "the line is open: ask for limit_increase, or have line_review close it first",
    Change.ACTIVATED: "only a line that was approved and not activated yet can be",
    Change.DRAWN: "only an active line can be drawn on: activate it, or have line_review restore it",
    Change.RAISED: "only an active line can be raised: activate it, or have line_review restore it",
    Change.RESTORED: "only a suspended line can be restored",
    Change.SUSPENDED: "only an active line can be suspended",
}
_REMEMBERED = dt.timedelta(days=30)


class Step(msgspec.Struct, frozen=True):
    """What is to happen to a line, with the amounts it brings."""

    change: Change
    at: dt.datetime
    limit_fen: int | None = None
    apr_bp: int | None = None
    amount_fen: int | None = None  #: drawn or repaid


class Taken(msgspec.Struct, frozen=True):
    """How a line stands after a step."""

    status: Status
    particulars: Particulars


def take(account: Account | None, step: Step) -> Taken | None:
    """Give how the line stands after a step, None if the step changes nothing; raise LineRefuses.

    Nothing but an opening that names a limit makes an account where there is none.
    """
    if step.change is Change.OPENED and step.limit_fen is None:
        return None
    if account is None:
        return Taken(Status.PENDING, _opened(step, 0)) if step.change is Change.OPENED else None
    status = account.place.status
    if (step.change, status) in _ALREADY:
        return None
    allowed, leads_to = _WAYS[step.change]
    if status not in allowed:
        message = f"the line is `{status}` and cannot be {step.change}"
        raise refusal(LineRefuses, "subject", message, _REMEDIES.get(step.change, "it is closed: open a new one"))
    return Taken(leads_to or status, _AFTER[step.change](account.particulars, step))


def _opened(step: Step, drawn_fen: int) -> Particulars:
    assert step.limit_fen is not None
    return Particulars(step.limit_fen, step.apr_bp, step.limit_fen, step.at, step.at, drawn_fen)


def _reopened(now: Particulars, step: Step) -> Particulars:
    return _opened(step, now.drawn_fen)  # what is owed stays owed


def _activated(now: Particulars, step: Step) -> Particulars:
    return replace(_limited(now, step), activated_at=step.at)


def _drawn(now: Particulars, step: Step) -> Particulars:
    amount = _amount(step, "facts.drawdown_amount")
    if amount > now.available_fen:
        message = f"{amount} fen exceed the {now.available_fen} fen available on the line"
        raise refusal(NotAvailable, "facts.drawdown_amount", message, "draw less, or report repayments first")
    draws = tuple(draw for draw in now.draws if draw.at > step.at - _REMEMBERED)
    return replace(now, drawn_fen=now.drawn_fen + amount, draws=(*draws, Draw(step.at, amount))[-MOST_DRAWS:])


def _repaid(now: Particulars, step: Step) -> Particulars:
    amount = _amount(step, "amount_fen")
    if amount > now.drawn_fen:
        message = f"{amount} fen exceed the {now.drawn_fen} fen of principal owed on the line"
        raise refusal(NotOwed, "amount_fen", message, "report principal only, and every repayment once")
    return replace(now, drawn_fen=now.drawn_fen - amount)


def _limited(now: Particulars, step: Step) -> Particulars:
    """Take over the limit and the price that were offered; what was not offered stays."""
    apr = now.apr_bp if step.apr_bp is None else step.apr_bp
    if step.limit_fen is None or step.limit_fen == now.limit_fen:
        return replace(now, apr_bp=apr)
    lowered = step.at if step.limit_fen < now.limit_fen else now.lowered_at
    return replace(now, apr_bp=apr, limit_fen=step.limit_fen, limit_changed_at=step.at, lowered_at=lowered)


def _moved(now: Particulars, step: Step) -> Particulars:
    """Raise or lower the limit, and never the other way round."""
    limit = step.limit_fen
    if limit is None or limit == now.limit_fen or (limit > now.limit_fen) != (step.change is Change.RAISED):
        message = f"a limit of {now.limit_fen} fen cannot be {step.change} to {limit} fen"
        remedy = "decide on the line's own limit: leave out `current_limit`, or correct the policy"
        raise refusal(LineRefuses, "subject", message, remedy)
    return _limited(now, step)


def _amount(step: Step, path: str) -> int:
    if step.amount_fen is None or step.amount_fen <= 0:
        raise refusal(LineRefuses, path, "no amount is named, so that none can be reserved", "give it in whole fen")
    return step.amount_fen


_AFTER: Mapping[Change, Callable[[Particulars, Step], Particulars]] = {
    Change.OPENED: _reopened,
    Change.ACTIVATED: _activated,
    Change.DRAWN: _drawn,
    Change.REPAID: _repaid,
    Change.RAISED: _moved,
    Change.LOWERED: _moved,
    Change.SUSPENDED: lambda now, step: now,
    Change.RESTORED: _limited,
    Change.CLOSED: lambda now, step: now,
}
