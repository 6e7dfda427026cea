"""卷宗, the file of a case: what people wrote and what it rests on, opened as one read that the log records.

Who speaks for the applicant sees what was written by them and to them; notes, grounds and recommendations are for the
house. Documents are listed in the case and fetched one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from api import queries as decisions
from api.casework import events, queries, texts
from api.casework.desk import Desk, Loaded
from api.casework.queries import Step
from api.casework.states import Action
from api.ledger import Ledger
from api.reads import Reading, Reads
from api.replay import Recorded
from api.roles import Permission, Principal

_DOCUMENT = events.KIND[Action.ATTACH]
#: What of the parts is shown to who speaks for the applicant, by kind; None: all of it.
_PARTY: Mapping[str, frozenset[str] | None] = {
    events.APPEAL_FILED: None,
    events.KIND[Action.ASK]: None,
    events.KIND[Action.ANSWER]: None,
    events.KIND[Action.WITHDRAW]: None,
    events.KIND[Action.CONCLUDE]: frozenset({"result", "because", "answer"}),
}


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody wrote in one step; `body` as the request had it."""

    version: int
    index: int
    kind: str
    at: str
    body: dict[str, Any]
    added: dict[str, Any]  #: what the service added, e.g. the verdicts with their amounts


class Dossier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of a case."""

    case: str
    version: int
    subject: str | None  #: your reference; null for who does not need it
    facts: dict[str, Any] | None  #: as they are known now, with what was put right
    corrected: tuple[str, ...]  #: the names of those
    parts: list[Part]


class Dossiers:
    """Opens files."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._desk = ledger, Desk(ledger)

    def open(self, case_id: str, principal: Principal, reading: Reading) -> Dossier:
        """Open the file of a case; raise NotFound, or Erased if what it rests on is gone."""
        staff = principal.may(Permission.READ_CASES)
        with self._ledger.log.engine.connect() as connection:
            loaded = self._desk.load(connection, case_id, principal)
            found = decisions.decision(connection, loaded.case.decision)
            steps = [step for step in queries.steps(connection, case_id) if self._sealed(connection, step, staff)]
        assert found is not None  # the case's own leaf names it
        indexes = [step.index for step in steps]
        texts_read = self._read([found.index, *indexes] if staff else indexes, reading)
        recorded = Recorded.read(loaded.case.decision, texts_read.pop(0)) if staff else None
        return self._put_together(loaded, recorded, list(zip(steps, texts_read, strict=True)), staff)

    def _sealed(self, connection: Any, step: Step, staff: bool) -> bool:
        """Whether something for this reader is sealed beside a step."""
        if step.kind == _DOCUMENT or not (staff or step.kind in _PARTY):
            return False
        return "sealed" in msgspec.json.decode(self._ledger.log.read(connection, step.index))

    def _read(self, indexes: list[int], reading: Reading) -> list[bytes]:
        return Reads(self._ledger).open_all(indexes, reading) if indexes else []

    def _put_together(
        self, loaded: Loaded, recorded: Recorded | None, read: list[tuple[Step, bytes]], staff: bool
    ) -> Dossier:
        right: dict[str, Any] = {}
        parts = []
        for step, text in read:
            told = texts.read(text)
            body = msgspec.json.decode(told.body)
            if step.kind in {events.APPEAL_FILED, events.KIND[Action.ANSWER]}:
                right |= body.get("facts", {})
            shown = None if staff else _PARTY[step.kind]
            body = body if shown is None else {name: value for name, value in body.items() if name in shown}
            added = dict(told.added) if staff else {}
            parts.append(Part(step.version, step.index, step.kind, step.at, body, added))
        request = recorded.request if recorded is not None else None
        facts = {**request.facts, **right} if request is not None else None
        subject = request.subject if request is not None else None
        return Dossier(loaded.case.id, loaded.case.version, subject, facts, tuple(sorted(right)), parts)
