"""A change of a line as it is recorded: the leaf, and what is sealed beside it.

The leaf names nothing personal: whose line by the random id, which decision, what happened, how the line stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from api.accounts.account import Change, Particulars, Place
from api.accounts.tables import LINE_CHANGED
from api.events import Entry, Origin


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed beside a change: amounts before and after, so that each change can be read by itself."""

    after: Particulars
    before: Particulars | None = None
    amount_fen: int | None = None  #: drawn or repaid


class Cause(msgspec.Struct, frozen=True):
    """Why a line changes: by a decision, or by a repayment under the fingerprint of its request."""

    decision: str = ""
    request: str = ""


def written(told: Told) -> bytes:
    """Write what is sealed."""
    return msgspec.json.encode(told)


def read(plaintext: bytes) -> Told:
    """Read what was sealed."""
    return msgspec.json.decode(plaintext, type=Told)


def line_changed(
    origin: Origin, subject: str, place: Place, change: Change, cause: Cause, seal: Mapping[str, str]
) -> Entry:
    """Record that a line changed; `place` is how it stands afterwards, its index not yet known."""
    entry: dict[str, Any] = {
        **origin.head(LINE_CHANGED),
        "subject": subject,
        "owner": place.owner,
        "sequence": place.sequence,
        "change": str(change),
        "status": str(place.status),
        "decision": cause.decision,
        "sealed": dict(seal),
    }
    return {**entry, "request": cause.request} if cause.request else entry
