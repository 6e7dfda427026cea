"""The notice of a decision: written from what lies sealed, and recorded once it was issued.

Reading what a letter is made of is an entry, as every read is. That a notice was issued is another: channel and day, so
that the clock it ends can be stopped; the letter itself is made again from the decision whenever it is asked for.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec
import sqlalchemy as sa

from api.clocks import Clocks
from api.errors import InvalidBody, Mistake
from api.events import Entry, Origin
from api.explanations import Explanations
from api.ledger import Ledger
from api.letters.composing import Basis, compose
from api.letters.letter import Letter
from api.letters.letterhead import Letterhead
from api.letters.tables import NOTICE, NOTICE_ISSUED
from api.letters.words import words
from api.queries import Found
from api.reads import Reading
from api.retention import Schedule
from engine.vocabulary import Language

Channel = Literal["app", "email", "sms", "post", "in_person"]


class Issue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How and when a notice was issued."""

    language: Language
    channel: Channel
    issued_on: dt.date | None = None  #: the day, where the law is; today if left out


class Issued(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notice that was issued, and the entry that records it."""

    decision: str
    language: Language
    channel: Channel
    issued_on: dt.date
    index: int


class Notices:
    """The use cases."""

    def __init__(
        self, ledger: Ledger, explanations: Explanations, clocks: Clocks, schedule: Schedule, letterhead: Letterhead
    ) -> None:
        self._ledger, self._explanations = ledger, explanations
        self._clocks, self._schedule, self._letterhead = clocks, schedule, letterhead

    def letter(self, found: Found, language: Language, reading: Reading) -> Letter:
        """Write the notice of a decision; raise Erased if what it rests on is gone."""
        account = self._explanations.account(found.index, reading)
        entry = msgspec.json.decode(self._ledger.log.entry(found.index))
        decided_at = dt.datetime.fromisoformat(entry["at"])
        day = self._clocks.day(decided_at)
        basis = Basis(
            decision_id=found.id,
            index=found.index,
            origin=self._ledger.log.origin,
            decided_at=decided_at,
            account=account,
            letterhead=self._letterhead,
            clocks=self._clocks,
            kept_until=self._schedule.of(account.policy.name).remove_on(decided_at.date(), day),
        )
        return compose(basis, words(language))

    def issue(self, found: Found, asked: Issue, actor: str) -> Issued:
        """Record that it was issued, once for each language, channel and day; raise InvalidBody on a wrong day."""
        origin = self._ledger.origin(actor)
        entry = msgspec.json.decode(self._ledger.log.entry(found.index))
        day = asked.issued_on or self._clocks.day(origin.at)
        self._check(day, dt.datetime.fromisoformat(entry["at"]), origin.at)

        def work(connection: sa.Connection) -> Issued:
            index = _recorded(connection, found.id, asked, day)
            if index is None:
                index = self._ledger.record(connection, _entry(origin, entry["subject"], found.id, asked, day))
            return Issued(found.id, asked.language, asked.channel, day, index)

        return self._ledger.writer.submit(work).result()

    def _check(self, day: dt.date, decided_at: dt.datetime, now: dt.datetime) -> None:
        first, last = self._clocks.day(decided_at), self._clocks.day(now)
        if not first <= day <= last:
            remedy = f"a day from {first}, when it was decided, to {last}, today in {self._clocks.pack.zone}"
            raise InvalidBody(mistakes=[Mistake("issued_on", f"`{day}` cannot be", remedy)])


def _recorded(connection: sa.Connection, decision: str, asked: Issue, day: dt.date) -> int | None:
    same = sa.select(NOTICE.c.log_index).where(
        NOTICE.c.decision == decision,
        NOTICE.c.language == asked.language,
        NOTICE.c.channel == asked.channel,
        NOTICE.c.issued_on == day.isoformat(),
    )
    found: int | None = connection.execute(same).scalar()
    return found


def _entry(origin: Origin, subject: str, decision: str, asked: Issue, day: dt.date) -> Entry:
    """Say that a notice was issued; nothing in it is personal."""
    return {
        **origin.head(NOTICE_ISSUED),
        "subject": subject,
        "decision": decision,
        "language": str(asked.language),
        "channel": asked.channel,
        "issued_on": day.isoformat(),
    }
