"""Keeping lines: what a decision meets, and the change it makes, both inside the writer's transaction.

Transactions of the log follow one upon the other, on PostgreSQL those of all processes. So what stands here is what is
true until the commit, and what was drawn cannot be drawn twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from api.accounts import entries, facts
from api.accounts.account import Account, Place, Status
from api.accounts.decided import Decided
from api.accounts.entries import Cause, Told
from api.accounts.errors import LineBusy, LineMoved
from api.accounts.facts import Facts
from api.accounts.steps import CONCERNED, Step, take
from api.accounts.tables import LINE, LINE_CHANGED
from api.errors import Forbidden, Mistake
from api.events import Entry, Origin
from api.ledger import Ledger
from api.reads import Reads
from api.statements import Statement
from engine.policy import Policy

OPERATOR = "cli"  #: decides about every line
_subject: sa.BindParameter[str] = sa.bindparam("subject")
_NEWEST = sa.select(sa.func.max(LINE.c.sequence)).where(LINE.c.subject == _subject).scalar_subquery()
_PLACE = Statement(
    sa.select(LINE.c.log_index, LINE.c.owner, LINE.c.status, LINE.c.sequence).where(
        LINE.c.subject == _subject, LINE.c.sequence == _NEWEST
    )
)


class Changed(NamedTuple):
    """A change that is to be recorded: its entry, what is sealed beside it, and what that tells."""

    entry: Entry
    sealed: Any  #: by the vault
    told: Told


def place(connection: sa.Connection, subject: str) -> Place | None:
    """Find the newest change of a subject's line."""
    row = _PLACE.first(connection, {"subject": subject})
    return None if row is None else Place(row[0], row[1], Status(row[2]), row[3])


class Lines:
    """The accounts of all lines; with `kept` false they are kept elsewhere, and no decision looks or follows."""

    def __init__(self, ledger: Ledger, *, kept: bool = True) -> None:
        self._ledger, self._kept = ledger, kept
        self._reads = Reads(ledger)

    def lacking(self, account: Account | None, given: Mapping[str, Any], policy: Policy, at: dt.datetime) -> Facts:
        """Give the facts the caller left out and the account knows; raise LineContradicted."""
        return {} if account is None else facts.lacking(account, given, policy.facts, at)

    def met(self, connection: sa.Connection, subject: str, decided: Decided, taken: Account | None) -> Account | None:
        """Give the account a decision is about, None if none is kept for this caller.

        `taken` is how the decision took it to stand. Raise LineMoved if it does not stand so, Forbidden if the decision
        would change a line that another key opened.
        """
        if not self._kept or decided.policy not in CONCERNED:
            return None
        found = place(connection, subject)
        if found is None:
            if taken is not None:  # the subject was erased meanwhile
                raise LineBusy("the line is gone: try again with the same Idempotency-Key")
            return None
        if not may(decided.owner, found):
            if decided.change is not None:
                raise _stranger()
            return None
        if taken is None or taken.place != found:
            raise LineMoved(subject, self._opened(connection, found))
        return taken

    def of(self, connection: sa.Connection, index: int) -> str | None:
        """Tell whose line the entry at `index` changed, by the random id."""
        return connection.execute(sa.select(LINE.c.subject).where(LINE.c.log_index == index)).scalar()

    def current(self, connection: sa.Connection, subject: str) -> Account | None:
        """Give the account of a subject as the transaction sees it."""
        found = place(connection, subject)
        return None if found is None else self._opened(connection, found)

    def follow(self, connection: sa.Connection, origin: Origin, subject: str, decided: Decided) -> None:
        """Have the line of `subject` follow a decision recorded as `origin`.

        Raise LineRefuses if the line does not allow it, Forbidden if another key opened the line.
        """
        if not self._kept or decided.change is None:
            return
        account = self._followed(connection, subject, decided)
        if (changed := self.following(connection, origin, subject, decided, account)) is not None:
            self._ledger.record(connection, changed.entry, changed.sealed)

    def tried(self, connection: sa.Connection, subject: str, decided: Decided) -> None:
        """Raise what `follow` would raise now; record nothing."""
        if self._kept and (step := decided.step) is not None:
            take(self._followed(connection, subject, decided), step)

    def _followed(self, connection: sa.Connection, subject: str, decided: Decided) -> Account | None:
        """Give the account a decision is to change; raise Forbidden if another key opened the line."""
        account = self.current(connection, subject)
        if account is not None and not may(decided.owner, account.place):
            raise _stranger()
        return account

    def following(
        self, connection: sa.Connection, origin: Origin, subject: str, decided: Decided, account: Account | None
    ) -> Changed | None:
        """Give what `follow` would record, the account being at hand."""
        step = decided.step if self._kept else None
        if step is None:
            return None
        return self.changed(connection, origin, subject, account, step, Cause(origin.id), decided.owner)

    def changed(
        self,
        connection: sa.Connection,
        origin: Origin,
        subject: str,
        account: Account | None,
        step: Step,
        cause: Cause,
        owner: str,
    ) -> Changed | None:
        """Give what a step makes of a line, for the caller to record; None if nothing. Raise LineRefuses."""
        taken = take(account, step)
        if taken is None:
            return None
        before = account.place if account else Place(-1, owner, taken.status, 0)
        vault, own = self._ledger.log.vault, Origin(self._ledger.new_id(), origin.at, origin.actor)
        told = Told(taken.particulars, account.particulars if account else None, step.amount_fen)
        sealed = vault.seal(connection, subject, own.id, LINE_CHANGED, entries.written(told))
        after = Place(-1, before.owner, taken.status, before.sequence + 1)
        entry = entries.line_changed(own, subject, after, step.change, cause, sealed.commitment)
        return Changed(entry, sealed, told)

    def _opened(self, connection: sa.Connection, found: Place) -> Account:
        return Account(found, entries.read(self._reads.processed(connection, found.index)).after)


def may(actor: str, line: Place) -> bool:
    """Whether a line is an actor's to change."""
    return actor in {line.owner, OPERATOR}


def _stranger() -> Forbidden:
    remedy = "decide with the key that opened the line"
    return Forbidden(mistakes=[Mistake("subject", "the line of this subject was opened with another key", remedy)])
