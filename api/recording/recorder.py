"""What recording one decision means, inside the writer's transaction, whoever drives that."""

from __future__ import annotations

import sqlalchemy as sa

from api import events
from api.accounts.keeping import Lines
from api.automation.refusing import refusal
from api.casework.opening import open_review
from api.casework.periods import Periods
from api.ledger import Ledger
from api.recording.draft import Draft, Kept
from engine import Outcome


class Recorder:
    """Records drafts."""

    def __init__(self, ledger: Ledger, periods: Periods, lines: Lines) -> None:
        self._ledger, self._periods, self._lines = ledger, periods, lines

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
        sealed = vault.seal_packed(connection, subject, origin.id, events.DECISION_MADE, draft.text)
        entry = events.decision_made(origin, draft.verdict, subject, fingerprint, sealed.commitment, draft.refusal)
        index = self._ledger.record(connection, entry, sealed)
        foresight.recorded(fingerprint, index)
        if draft.verdict.outcome == Outcome.REFER:
            open_review(connection, self._ledger, self._periods, entry)
        self._lines.made(connection, origin, subject, draft.decided, line)
        return Kept(index, instead=instead)
