"""A person's decision on its way into the log: recorded as any other, with the case it came from; the line follows."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from api import answers, events
from api.accounts.decided import Decided
from api.accounts.keeping import Lines
from api.casework import queries
from api.casework.deciding import Weighed
from api.casework.desk import Also
from api.casework.queries import FoundCase
from api.casework.states import Case
from api.events import Entry, Origin, Verdict
from api.ledger import Ledger
from api.schemas import ReviewRef
from engine import Decision


class Ruling(msgspec.Struct, frozen=True):
    """What is to be recorded."""

    id: str
    case: Case
    weighed: Weighed
    decision: Decision

    @property
    def review(self) -> ReviewRef:
        """The case it came from, and the decision it takes the place of."""
        return ReviewRef(self.case.id, self.case.decision)

    @property
    def meaning(self) -> Decided:
        """What it means to the subject's line."""
        return Decided.of(self.decision, self.case.owner, self.weighed.request.facts)


class Rulings:
    """Records them, in the transaction of the conclusion."""

    def __init__(self, ledger: Ledger, lines: Lines) -> None:
        self._ledger, self._lines = ledger, lines

    def recording(self, ruling: Ruling) -> Also:
        """Give the work that records it; it raises LineRefuses if the line does not allow what was decided."""

        def record(connection: sa.Connection, found: FoundCase, origin: Origin) -> None:
            own = Origin(ruling.id, origin.at, origin.actor)
            self._record(connection, found, own, ruling)
            self._lines.follow(connection, own, found.subject, ruling.meaning)

        return record

    def tried(self, ruling: Ruling) -> None:
        """Raise LineRefuses or Forbidden if the line, as it stands now, does not allow what was decided."""
        with self._ledger.log.engine.connect() as connection:
            found = queries.case(connection, ruling.case.id)
            assert found is not None  # a case is never taken away
            self._lines.tried(connection, found.subject, ruling.meaning)

    def _record(self, connection: sa.Connection, found: FoundCase, origin: Origin, ruling: Ruling) -> None:
        request = ruling.weighed.request
        answer = answers.answer_bytes(origin.id, request.subject, ruling.decision)
        text = answers.seal_text(answers.request_bytes(request), answers.reviewed_bytes(answer, ruling.review))
        sealed = self._ledger.log.vault.seal(connection, found.subject, origin.id, events.DECISION_MADE, text)
        fingerprint = self._ledger.fingerprints.of("service", f"decision\n{origin.id}")
        made = events.decision_made(origin, Verdict.of(ruling.decision), found.subject, fingerprint, sealed.commitment)
        self._ledger.record(connection, _by_a_person(made, found.owner, ruling.review), sealed)


def _by_a_person(made: Entry, owner: str, review: ReviewRef) -> Entry:
    """Say in a decision's leaf whose it is, because somebody else took it, and where."""
    return {**made, "owner": owner, "review": msgspec.to_builtins(review)}
