"""Witnesses while we serve: ask them now and then, and say so when too few have answered for too long.

Neither a slow nor a dead witness is in the way of a decision: readiness says `warn` and stays ready.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from api.logs import log
from api.settings import Settings
from audit import AuditError, Log
from audit.witnessing import Asking, Witnessed, Witnesses


def start(settings: Settings, audit_log: Log, now: Callable[[], datetime]) -> Asking | None:
    """Begin to ask the witnesses named in the data directory, or return None when there are none.

    Raises NoteInvalid when the file that names them is no trust policy.
    """
    witnesses = Witnesses.of(settings.data)
    if witnesses is None:
        return None

    def report(answers: Mapping[str, Exception | None]) -> None:
        for name, error in answers.items():
            if error is not None:
                log.warning("witness", witness=name, error=str(error))
        if _late(witnesses, now(), settings.witness_age_seconds):
            log.error("unwitnessed", limit_seconds=settings.witness_age_seconds)

    return Asking(audit_log, witnesses, report, settings.witness_seconds)


def check(settings: Settings, now: datetime) -> dict[str, str]:
    """Tell readiness how the witnesses stand: nothing without any, else `pass` or `warn`."""
    try:
        witnesses = Witnesses.of(settings.data)
        if witnesses is None:
            return {}
        return {"witnesses": "warn" if _late(witnesses, now, settings.witness_age_seconds) else "pass"}
    except (AuditError, OSError, ValueError):
        return {"witnesses": "warn"}


class Seen(NamedTuple):
    """What a witness last vouched for."""

    name: str
    size: int | None  #: entries it has cosigned; None if it never answered
    at: datetime | None  #: when, by its own clock


def seen(settings: Settings) -> list[Seen]:
    """Tell what each witness last saw; nothing without any. Raise NoteInvalid, or OSError if that cannot be read."""
    witnesses = Witnesses.of(settings.data)
    return [] if witnesses is None else [_seen(name, witnesses.last(name)) for name in witnesses.trust.witnesses]


def _seen(name: str, last: Witnessed | None) -> Seen:
    return Seen(name, None, None) if last is None else Seen(name, last.size, datetime.fromtimestamp(last.time, UTC))


def known(data: Path) -> list[str]:
    """Give the checkpoints that witnesses have cosigned, for an audit to hold the log against."""
    witnesses = Witnesses.of(data)
    return [] if witnesses is None else witnesses.notes()


def _late(witnesses: Witnesses, now: datetime, limit_seconds: int) -> bool:
    try:
        age = witnesses.age_seconds(int(now.timestamp()))
    except (AuditError, OSError, ValueError):
        return True
    return age is None or age > limit_seconds
