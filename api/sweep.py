"""The sweep: everything whose time is over is removed, subject by subject, each in a transaction of its own.

Also of those whom a restored backup brought back: an entry that says somebody was erased outlives the backup.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec
import sqlalchemy as sa

from api import personal
from api.ledger import Ledger
from api.retention import Schedule, months_before
from api.standing import standing
from api.subjects import Removal, Subjects
from api.tables import DECISION, OTHER

_AT_ONCE = 500


class Swept(msgspec.Struct, frozen=True):
    """What a sweep came to, or would come to."""

    subjects: int = 0  #: erased with their key
    parts: int = 0  #: sealed parts that went, those of erased subjects included
    held: int = 0  #: subjects of whom something would be due but for a hold


class Sweep:
    """Removes what is due on a day."""

    def __init__(self, ledger: Ledger, schedule: Schedule) -> None:
        self._ledger, self._schedule = ledger, schedule
        self._subjects = Subjects(ledger, schedule)

    def look(self, today: dt.date) -> Swept:
        """Tell what a sweep would do on a day, and do nothing."""
        subjects = parts = held = 0
        with self._ledger.log.engine.connect() as connection:
            for subject in self._candidates(connection, today):
                found = standing(connection, self._ledger.log, self._schedule, subject, today)
                held += found.held_back
                parts += len(found.due)
                subjects += bool(found.due) and len(found.due) == len(found.kept)
        return Swept(subjects, parts, held)

    def run(self, today: dt.date, actor: str) -> Swept:
        """Remove everything that is due; what is held stays."""
        with self._ledger.log.engine.connect() as connection:
            candidates = list(self._candidates(connection, today))
        done = self._each(candidates, lambda each, on: self._subjects.remove_due(on, each, today, actor))
        return Swept(
            sum(each.erased for each in done), sum(each.parts for each in done), sum(each.held for each in done)
        )

    def erase_again(self, actor: str) -> int:
        """Remove once more what a restored backup brought back; give how many parts and people that were."""
        vault = self._ledger.log.vault
        with self._ledger.log.engine.connect() as connection:
            chosen = sa.select(OTHER.c.subject).distinct().where(OTHER.c.kind == personal.SUBJECT_ERASED)
            people = list(self._living(connection, connection.execute(chosen).scalars()))
            parts = {who: each for who, each in vault.returned(connection).items() if who not in people}
        self._each(people, lambda each, on: self._subjects.erase_again(on, each, actor))
        self._each(list(parts), lambda each, on: self._subjects.remove_again(on, each, parts[each], actor))
        return len(people) + len(parts)

    def _each(self, subjects: Sequence[str], work: Callable[[str, sa.Connection], Removal]) -> list[Removal]:
        # No read may be under way meanwhile: it would keep deleted bytes in the write-ahead log.
        done: list[Removal] = []
        for start in range(0, len(subjects), _AT_ONCE):
            chunk = subjects[start : start + _AT_ONCE]
            waiting = [self._ledger.writer.submit(partial(work, each)) for each in chunk]
            done += [future.result() for future in waiting]
        return done

    def _candidates(self, connection: sa.Connection, today: dt.date) -> Iterator[str]:
        """Give living subjects of whom something may be due: decided long enough ago, or asked to be erased."""
        months = min(each.term(today).remove_months for each in self._schedule.classes)
        before = months_before(today, months).isoformat() + "T99"  # after every moment of that day
        old = sa.select(DECISION.c.subject).where(DECISION.c.decided_at < before)
        asked = sa.select(OTHER.c.subject).where(OTHER.c.kind == personal.ERASURE_REQUESTED)
        return self._living(connection, connection.execute(sa.union(old, asked)).scalars())

    def _living(self, connection: sa.Connection, subjects: Iterator[str]) -> Iterator[str]:
        found = list(subjects)
        for start in range(0, len(found), _AT_ONCE):
            yield from sorted(self._ledger.log.vault.living(connection, found[start : start + _AT_ONCE]))
