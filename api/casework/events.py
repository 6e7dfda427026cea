"""What the log records of casework: one entry for each transition, with the whole case after it.

Nothing personal stands in a leaf: what people wrote, amounts and documents lie sealed beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from api.casework.states import Action, Case, CaseKind
from api.events import Entry, Origin, instant

REVIEW_OPENED = "review_opened"
APPEAL_FILED = "appeal_filed"

OPENED: Mapping[CaseKind, str] = {CaseKind.REVIEW: REVIEW_OPENED, CaseKind.APPEAL: APPEAL_FILED}

#: The kind of the entry an action leaves.
KIND: Mapping[Action, str] = {
    Action.CLAIM: "review_claimed",
    Action.RENEW: "review_renewed",
    Action.RELEASE: "review_released",
    Action.ASK: "review_asked",
    Action.ANSWER: "review_answered",
    Action.NOTE: "review_noted",
    Action.ATTACH: "review_attached",
    Action.RECOMMEND: "review_recommended",
    Action.APPROVE: "review_concluded",
    Action.DECLINE: "review_declined",
    Action.ESCALATE: "review_escalated",
    Action.EXTEND: "review_extended",
    Action.CONCLUDE: "review_concluded",
    Action.WITHDRAW: "review_withdrawn",
}


def transition(
    origin: Origin,
    kind: str,
    subject: str,
    case: Case,
    *,
    seal: Mapping[str, str] | None = None,
    request: str = "",
    **particulars: Any,
) -> Entry:
    """Record that a case came to be what it is now; `request` is an idempotency key's fingerprint, if one was sent."""
    return {
        **origin.head(kind),
        "subject": subject,
        "case": written(case),
        **({"request": request} if request else {}),
        **particulars,
        **({"sealed": dict(seal)} if seal else {}),
    }


def written(case: Case) -> dict[str, Any]:
    """Write a case as its leaf holds it: moments as entries write them, nothing for what is not set."""
    plain: dict[str, Any] = msgspec.to_builtins(case, builtin_types=(dt.datetime, dt.date))
    return {name: _plain(value) for name, value in plain.items()}


def read(entry: Mapping[str, Any]) -> Case:
    """Give the case an entry leads to."""
    return msgspec.convert(entry["case"], Case)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, dt.date) else value
