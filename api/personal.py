"""What the log records about personal data itself: who read it, what forbids its erasure, what was removed and why.

None of these entries holds anything personal: a subject is its random id, a request the keyed hash of its id. A reason
is text that a member of staff wrote and stands for ever, so it names a matter and never a person (docs/privacy.md).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from api.errors import InvalidParameter, Mistake
from api.events import EXPORT_MADE, Entry, Origin

SEALED_READ = "sealed_read"
HOLD_PLACED = "hold_placed"
HOLD_RELEASED = "hold_released"
ERASURE_REQUESTED = "erasure_requested"
PARTS_REMOVED = "parts_removed"
SUBJECT_ERASED = "subject_erased"

LISTED = 64  #: as many entries a read names one by one; of more it holds number and commitment
LONGEST_REASON = 200


class Purpose(StrEnum):
    """Why something sealed is read; a closed list, because free text about a read is personal soon."""

    FETCH = "fetch"  #: who decided by it looks at it again
    REPEAT = "repeat"  #: a request came again with the same key, and gets its first answer
    REVIEW = "review"
    COMPLAINT = "complaint"
    LETTER = "letter"  #: what the person concerned is written is made of it
    AUDIT = "audit"
    REPLAY = "replay"
    EXPORT = "export"
    ACCESS = "access_request"  #: the person concerned asks what is known


def sealed_read(origin: Origin, purpose: Purpose, request: str, indexes: Sequence[int], subject: str) -> Entry:
    """Record that parts were read; `request` is the fingerprint of the request's id, `subject` empty if several."""
    return _about(subject, origin, SEALED_READ, purpose=str(purpose), request=request, **_which(indexes))


def export_made(origin: Origin, request: str, indexes: Sequence[int], subject: str) -> Entry:
    """Record that all there is about a subject was read and given out, as `sealed_read` does."""
    purpose = str(Purpose.ACCESS)
    return _about(subject, origin, EXPORT_MADE, purpose=purpose, request=request, **_which(indexes))


def hold_placed(origin: Origin, subject: str, reason: str, until: dt.date) -> Entry:
    """Record that nothing of a subject may be erased before a day."""
    return _about(subject, origin, HOLD_PLACED, reason=reason, until=until.isoformat())


def hold_released(origin: Origin, subject: str, reason: str, holds: Sequence[int]) -> Entry:
    """Record that the holds placed by the entries `holds` are over."""
    return _about(subject, origin, HOLD_RELEASED, reason=reason, holds=[*holds])


def erasure_requested(origin: Origin, subject: str, reason: str, not_before: dt.date, because: Sequence[str]) -> Entry:
    """Record that a subject's erasure is asked for and waits; `because` names classes and holds."""
    fields = {"not_before": not_before.isoformat(), "because": [*because]}
    return _about(subject, origin, ERASURE_REQUESTED, reason=reason, **fields)


def parts_removed(origin: Origin, subject: str, reason: str, indexes: Sequence[int]) -> Entry:
    """Record that single parts of a subject were removed because their time is over."""
    return _about(subject, origin, PARTS_REMOVED, reason=reason, **_which(indexes))


def subject_erased(origin: Origin, subject: str, reason: str, parts: int) -> Entry:
    """Record that a subject's key, reference and parts were destroyed."""
    return _about(subject, origin, SUBJECT_ERASED, reason=reason, parts=parts)


def checked_reason(reason: str, reference: str) -> str:
    """Give a reason as it may stand in the log; raise InvalidParameter if it is too long or names the person."""
    text = " ".join(reason.split())
    if not 0 < len(text) <= LONGEST_REASON or not text.isprintable():
        problem, remedy = f"must be 1 to {LONGEST_REASON} printable characters", "name the matter, e.g. a file number"
    elif re.search(rf"(?<!\w){re.escape(reference.casefold())}(?!\w)", text.casefold()):
        problem, remedy = "holds the reference, and an entry stands for ever", "name the matter, not the person"
    else:
        return text
    raise InvalidParameter(mistakes=[Mistake("reason", problem, remedy)])


def commitment(indexes: Sequence[int]) -> str:
    """Give the SHA-256, in hex, of indexes in rising order, one a line: what stands for a list too long to name."""
    return hashlib.sha256("".join(f"{index}\n" for index in sorted(indexes)).encode()).hexdigest()


def _which(indexes: Sequence[int]) -> dict[str, Any]:
    named = {"entries": sorted(indexes)} if len(indexes) <= LISTED else {"entries_sha256": commitment(indexes)}
    return {"count": len(indexes), **named}


def _about(subject: str, origin: Origin, kind: str, **fields: Any) -> Entry:
    return {**origin.head(kind), **({"subject": subject} if subject else {}), **fields}
