"""Repayments: principal that came back lowers what is drawn. An entry each, once per idempotency key."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from api import queries
from api.accounts.account import Change
from api.accounts.entries import Cause, Told
from api.accounts.keeping import Lines, may
from api.accounts.schemas import LineChange
from api.accounts.steps import Step
from api.accounts.viewing import Views, no_line
from api.errors import KeyReused, Mistake
from api.ledger import Ledger
from api.personal import Purpose
from api.reads import Reading


class Repaid(msgspec.Struct, frozen=True):
    """A repayment that is recorded."""

    change: LineChange
    replayed: bool  #: an earlier request with the same key recorded it


class _Done(msgspec.Struct, frozen=True):
    index: int
    same: bool  #: of the same subject
    told: Told | None  #: None: recorded by an earlier request


class Repayments:
    """Takes repayments."""

    def __init__(self, ledger: Ledger, lines: Lines) -> None:
        self._ledger, self._lines = ledger, lines
        self._views = Views(ledger)

    def take(self, reference: str, amount_fen: int, actor: str, key: str) -> Repaid:
        """Record a repayment, once per `actor` and `key`, and show it.

        Raise NotFound if there is no such line of this actor's, NotOwed if less is owed, KeyReused, QueueFull.
        """
        # Keys of repayments and of decisions never meet: no header holds a line's end.
        fingerprint = self._ledger.fingerprints.of(actor, f"repayment\n{key}")
        done = self._ledger.writer.submit(
            lambda connection: self._record(connection, reference, amount_fen, actor, fingerprint)
        ).result()
        if done.told is not None:
            return Repaid(self._views.change(done.index, done.told), replayed=False)
        first = self._views.change(done.index, reading=Reading(actor, Purpose.REPEAT)) if done.same else None
        if first is None or first.amount_fen != amount_fen:
            remedy = "use a new key for a new repayment; repeat the first one to get its answer again"
            raise KeyReused(mistakes=[Mistake("Idempotency-Key", "this key came with another repayment", remedy)])
        return Repaid(first, replayed=True)

    def _record(self, connection: sa.Connection, reference: str, amount: int, actor: str, fingerprint: str) -> _Done:
        origin = self._ledger.origin(actor)
        subject = self._ledger.log.vault.find_subject(connection, reference)
        if (index := queries.request(connection, fingerprint)) is not None:
            return _Done(index, subject is not None and self._lines.of(connection, index) == subject, None)
        account = None if subject is None else self._lines.current(connection, subject)
        if subject is None or account is None or not may(actor, account.place):
            raise no_line()
        step = Step(Change.REPAID, origin.at, amount_fen=amount)
        changed = self._lines.changed(
            connection, origin, subject, account, step, Cause(request=fingerprint), account.place.owner
        )
        assert changed is not None, "a repayment always changes a line"
        index = self._ledger.record(connection, changed.entry, changed.sealed)
        return _Done(index, same=True, told=changed.told)
