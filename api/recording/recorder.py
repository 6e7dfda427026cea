"""What recording one decision means, inside the writer's transaction, whoever drives that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from api import events
from api.accounts.account import Account
from api.accounts.keeping import Lines
from api.automation.refusing import refusal
from api.casework.opening import review_of
from api.casework.periods import Periods
from api.events import Entry
from api.ledger import Ledger, Recording
from api.recording.draft import Draft, Kept
from audit.database import driver_of
from engine import Outcome


class Recorder:
    """Records drafts."""

    def __init__(self, ledger: Ledger, periods: Periods, lines: Lines) -> None:
        self._ledger, self._periods, self._lines = ledger, periods, lines

    def record_all(self, connection: sa.Connection, drafts: Sequence[Draft]) -> list[Kept]:
        """Do as `record` for several decisions: first those on people nobody asked about before, all in one go.

        Raises what `record` raises, and nothing at all is recorded then.
        """
        new = self._unheard_of(drafts)
        chosen = {id(draft) for draft in new}
        driver_of(connection).expect([draft.origin.id for draft in drafts if id(draft) not in chosen])
        kept = {id(draft): each for draft, each in self._record_new(connection, new)}
        return [kept.get(id(draft)) or self.record(connection, draft) for draft in drafts]

    def _unheard_of(self, drafts: Iterable[Draft]) -> list[Draft]:
        """Choose those that lead to a decision whatever the database holds; of two on one person, the first."""
        requests, vault = self._ledger.foresight, self._ledger.log.vault
        chosen, asked, people = list[Draft](), set[str](), set[str]()
        for draft in drafts:
            fingerprint, subject = draft.fingerprint, draft.subject
            new = fingerprint not in asked and subject not in people
            if new and draft.line is None and requests.unheard_of(fingerprint) and vault.unheard_of(subject):
                chosen.append(draft)
            asked.add(fingerprint)
            people.add(subject)
        return chosen

    def _record_new(self, connection: sa.Connection, drafts: Sequence[Draft]) -> list[tuple[Draft, Kept]]:
        if not drafts:
            return []
        vault, kind = self._ledger.log.vault, events.DECISION_MADE
        subjects = vault.enter_all(connection, [(draft.subject, draft.origin.at) for draft in drafts])
        parts = zip(subjects, drafts, strict=True)
        sealed = vault.seal_all(connection, [(subject, draft.origin.id, kind, draft.text) for subject, draft in parts])
        entries = [
            events.decision_made(draft.origin, draft.verdict, part.subject, draft.fingerprint, part.commitment)
            for draft, part in zip(drafts, sealed, strict=True)
        ]
        indexes = self._ledger.record_all(connection, list(zip(entries, sealed, strict=True)))
        for draft, index in zip(drafts, indexes, strict=True):
            self._ledger.foresight.recorded(draft.fingerprint, index)
        made = zip(drafts, entries, strict=True)
        following = [each for draft, entry in made for each in self._following(connection, draft, entry, None)]
        self._ledger.record_all(connection, following)
        return [(draft, Kept(index)) for draft, index in zip(drafts, indexes, strict=True)]

    def _following(
        self, connection: sa.Connection, draft: Draft, entry: Entry, line: Account | None
    ) -> Iterator[Recording]:
        """Give what follows from a decision, to be recorded after it: its review, and the change of its line."""
        if draft.verdict.outcome == Outcome.REFER:
            yield review_of(entry, self._ledger, self._periods), None
        changed = self._lines.following(connection, draft.origin, entry["subject"], draft.decided, line)
        if changed is not None:
            yield changed.entry, changed.sealed

    def record(self, connection: sa.Connection, draft: Draft) -> Kept:
        """Record a decision with all that follows from it, or find that an earlier request did.

        Raise LineMoved, Forbidden, LineRefuses or AuditError: nothing is recorded then.
        """
        foresight, fingerprint = self._ledger.foresight, draft.fingerprint
        if (index := foresight.request(connection, fingerprint)) is not None:
            return Kept(index, replayed=True)
        vault, origin = self._ledger.log.vault, draft.origin
        entered = vault.enter(connection, draft.subject, origin.at)
        subject, new = entered.subject, entered.new
        instead = None
        if not new and (refused := refusal(connection, subject)) is not None:
            draft, instead = draft.left_to_a_person(refused)
        # Nothing can stand about whom nobody asked about before.
        line = None if new and draft.line is None else self._lines.met(connection, subject, draft.decided, draft.line)
        sealed = vault.seal(connection, subject, origin.id, events.DECISION_MADE, draft.text)
        entry = events.decision_made(origin, draft.verdict, subject, fingerprint, sealed.commitment, draft.refusal)
        index = self._ledger.record(connection, entry, sealed)
        foresight.recorded(fingerprint, index)
        self._ledger.record_all(connection, [*self._following(connection, draft, entry, line)])
        return Kept(index, instead=instead)
