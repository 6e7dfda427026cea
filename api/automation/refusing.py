"""Refusals of automation: recorded for whoever asks, ended by who recorded them or by staff.

Each is one transaction of the log's only writer, and so is each decision: whoever refused is not decided about by
machine alone from the very next entry on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from api.automation.tables import ALLOWED, AUTOMATION, REFUSED
from api.errors import Forbidden, Mistake, NotFound
from api.events import Entry, Origin
from api.ledger import Ledger
from api.roles import Permission, Principal
from api.statements import Statement

_SUBJECT: sa.BindParameter[str] = sa.bindparam("subject")
_IN_FORCE = Statement(
    sa.select(AUTOMATION.c.log_index).where(AUTOMATION.c.subject == _SUBJECT, AUTOMATION.c.refused.is_(sa.true()))
)


class AutomationRefusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whether somebody refuses decisions made only automatically."""

    refused: bool
    since: str | None = None  #: when the entry that says so was made
    index: int | None = None  #: that entry; none if nobody ever refused


def refusal(connection: sa.Connection, subject: str) -> int | None:
    """Give the entry by which a subject refuses automation, as the caller's transaction sees it; None if none does."""
    found: int | None = _IN_FORCE.value(connection, {"subject": subject})
    return found


class Refusals:
    """The use cases."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of(self, reference: str) -> AutomationRefusal:
        """Tell how somebody stands; who is not known has refused nothing."""
        with self._ledger.log.engine.connect() as connection:
            subject = self._ledger.log.vault.find_subject(connection, reference)
            return _told(_row(connection, subject)) if subject else AutomationRefusal(refused=False)

    def refuse(self, reference: str, actor: str) -> AutomationRefusal:
        """Record that somebody refuses; once is enough. Somebody not known yet is known from then on."""

        def work(connection: sa.Connection) -> AutomationRefusal:
            origin = self._ledger.origin(actor)
            subject = self._ledger.log.vault.subject(connection, reference, origin.at)
            row = _row(connection, subject)
            if row is None or not row["refused"]:
                self._ledger.record(connection, _entry(origin, REFUSED, subject))
            return _told(_row(connection, subject))

        return self._ledger.writer.submit(work).result()

    def allow(self, reference: str, who: Principal) -> AutomationRefusal:
        """End a refusal; raise NotFound if there is none, Forbidden if somebody else recorded it who is not staff."""

        def work(connection: sa.Connection) -> AutomationRefusal:
            subject = self._ledger.log.vault.find_subject(connection, reference)
            row = _row(connection, subject) if subject else None
            if subject is None or row is None or not row["refused"]:
                remedy = "there is nothing to end: automatic decisions are allowed unless they are refused"
                raise NotFound(mistakes=[Mistake("subject", "no refusal of automation is in force", remedy)])
            _check(row, who)
            self._ledger.record(connection, _entry(self._ledger.origin(who.actor), ALLOWED, subject))
            return _told(_row(connection, subject))

        return self._ledger.writer.submit(work).result()


def _check(row: Mapping[str, Any], who: Principal) -> None:
    if row["actor"] != who.actor and not who.may(Permission.READ_ALL):
        remedy = "use the key that recorded the refusal, or ask compliance"
        raise Forbidden(mistakes=[Mistake("subject", "the refusal was recorded by somebody else", remedy)])


def _row(connection: sa.Connection, subject: str) -> dict[str, Any] | None:
    found = connection.execute(sa.select(AUTOMATION).where(AUTOMATION.c.subject == subject)).mappings().one_or_none()
    return None if found is None else {str(name): value for name, value in found.items()}


def _told(row: Mapping[str, Any] | None) -> AutomationRefusal:
    return (
        AutomationRefusal(refused=False)
        if row is None
        else AutomationRefusal(row["refused"], row["at"], row["log_index"])
    )


def _entry(origin: Origin, kind: str, subject: str) -> Entry:
    return {**origin.head(kind), "subject": subject}
