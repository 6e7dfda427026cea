"""The driver's own connection to an SQLite file: rows are held back and sent many at once, at the latest to commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from audit.driver import Found, HeldBackRefused, New, padded
from audit.holding import Held, Holding
from audit.sqlite import bulk
from audit.sqlite.moving import PAGE_BYTES, Mover
from audit.sqlite.turns import Turn

BUSY_SECONDS = 10.0
"""How long to wait for another process that is writing."""
# The library takes numbers and text as they are, and for bytes looks in three places for somebody who adapts them; each
# search that fails writes an error nobody sees. There are ten bytes objects to a decision.
sqlite3.register_adapter(bytes, bytes.__bytes__)
_SCRUB_MILLISECONDS = 100
_NEWEST = "SELECT idx, leaf_hash FROM audit_entry ORDER BY idx DESC LIMIT 1"
_LOOK_UP = "SELECT idx, leaf_hash FROM audit_entry WHERE event_id = ?"
_LOOK_UP_ALL = "SELECT event_id, idx, leaf_hash FROM audit_entry WHERE event_id IN ({})"
_ENTRY = "INSERT INTO audit_entry (idx, event_id, leaf_hash, entry) VALUES (?, ?, ?, ?)"
_PART = "INSERT INTO audit_sealed (idx, key_id, nonce, ciphertext) VALUES (?, ?, ?, ?)"


class SqliteDriver(sqlite3.Connection):
    """A `Driver`: nothing stands between the append path and it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.turn: Turn | None = None  #: of a connection that writes; taken before a transaction begins
        self.mover: Mover | None = None  #: of a connection that writes
        self._holding = Holding()
        self._found: dict[str, Found] = {}  # by event id: what this transaction appended or looked up
        self._new: set[str] = set()  # event ids that were looked up and not found
        self._own: list[str] = []  # event ids of the work at hand
        self._newest: Found | None = None  # the last entry, if it is held back
        self._before: Found | None = None  # the same before the work at hand
        self._working = self._marked = False  # inside a work; and its savepoint is there
        self._one_by_one = False
        self._refused: Exception | None = None  # why rows of the work at hand, or of those before it, are missing
        self._hopeless = False  # it is of those before it

    def execute(self, text: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run one statement after what it may depend on."""
        if not text.startswith("SELECT ") or self._concerned(text):
            self.send()
        return super().execute(text, parameters)

    def executemany(self, text: str, rows: Sequence[Any], /) -> None:  # type: ignore[override]  # nobody reads from it
        """Hold back rows that are added; run anything else once for each row, after what it may depend on."""
        if bulk.insert(text) is not None and self.in_transaction:
            self._holding.add((text, rows))
        else:
            self.send()
            super().executemany(text, rows)

    def newest(self) -> Found | None:
        """Return the last entry, held back or stored."""
        if self._newest is not None:
            return self._newest
        row = self.execute(_NEWEST).fetchone()
        return None if row is None else Found(*row)

    def covered(self) -> int | None:
        """Return the size the newest stored checkpoint covers."""
        found: int | None = self.execute("SELECT MAX(size) FROM audit_checkpoint").fetchone()[0]
        return found

    def judge_each(self) -> None:
        """Send what a work holds back before it is kept."""
        self._one_by_one = True

    def expect(self, event_ids: Sequence[str]) -> None:
        """Look up events that nobody looked up yet, in one go."""
        if unknown := [each for each in event_ids if each not in self._new and each not in self._found]:
            marks, values = padded(unknown)
            found = self.execute(_LOOK_UP_ALL.format(marks), values).fetchall()
            self._found |= {each: Found(*place) for each, *place in found}
            self._new |= set(unknown) - self._found.keys()

    def find(self, event_id: str) -> Found | None:
        """Return the entry with this event id, held back or stored."""
        if event_id in self._new:
            return self._found.get(event_id)
        if (found := self._found.get(event_id)) is not None:
            return found
        row = super().execute(_LOOK_UP, (event_id,)).fetchone()
        return None if row is None else Found(*row)

    def append_new(self, first: int, entries: Sequence[New]) -> None:
        """Hold entries back that are not there, to be stored from index `first` on.

        The transaction keeps other writers out since its beginning, so nobody can append in between.
        """
        rows, parts, found, own = [], [], self._found, self._own
        for idx, (event_id, leaf_hash, entry, part) in enumerate(entries, first):
            rows.append((idx, event_id, leaf_hash, entry))
            if part is not None:
                parts.append((idx, part.key_id, part.nonce, part.ciphertext))
            own.append(event_id)
            self._newest = found[event_id] = Found(idx, leaf_hash)
        self._holding.add((_ENTRY, rows))
        if parts:
            self._holding.add((_PART, parts))

    def begin_work(self) -> None:
        """Begin what `undo_work` takes back."""
        self._working, self._refused, self._before = True, None, self._newest

    def settle(self) -> None:
        """Send what the work held back, if each is to be judged by itself; fails if it hid that rows were refused."""
        if self._one_by_one:
            self.send()
        if self._refused is not None:
            raise self._refused

    def keep_work(self) -> None:
        """End a work; fails if the transaction has ended under it."""
        self._check_open()
        if self._marked:
            super().execute("RELEASE work")
        self._holding.keep()
        self._own, self._working, self._marked = [], False, False

    def undo_work(self) -> None:
        """Take back all that was done since `begin_work`; fails as `keep_work` does."""
        self._check_open()
        self._holding.take_own()
        if self._marked:
            super().execute("ROLLBACK TO work")
            super().execute("RELEASE work")
            if self.mover is not None:
                self.mover.undone()
        for event_id in self._own:
            self._found.pop(event_id, None)  # named twice, it is gone already
        self._newest = self._before
        self._end_work()

    def lost(self, error: BaseException) -> bool:
        """Whether rows are missing that earlier works held back."""
        return self._hopeless

    def send(self) -> None:
        """Send all that is held back, the share of the work at hand inside its savepoint."""
        self._send_kept()
        if self._working and not self._marked:
            super().execute("SAVEPOINT work")
            self._marked = True
        self._send_own()

    def commit(self) -> None:
        """Send what is held back and commit."""
        self._send_kept()
        self._send_own()
        if self.mover is not None:
            self.mover.committing()
        super().commit()
        self._drop()
        if self.mover is not None:
            self.mover.committed(self)
        self.give_turn()

    def rollback(self) -> None:
        """Forget what is held back and roll back."""
        self._drop()
        super().rollback()
        if self.mover is not None:
            self.mover.undone()
        self.give_turn()

    def close(self) -> None:
        """Close the connection and let others write."""
        if self.mover is not None:
            self.mover.close()  # the last connection to close moves what is left, and must be the last
        super().close()
        if self.turn is not None:
            self.turn.close()

    def take_turn(self) -> None:
        """Wait for other processes that write; raise sqlite3.OperationalError when that takes too long."""
        if self.turn is not None:
            self.turn.take()

    def give_turn(self) -> None:
        """Let other processes write; a second time changes nothing."""
        if self.turn is not None:
            self.turn.give()

    def secure(self) -> bool:
        """Move what the write-ahead log holds into the database, with a flush of each; False while readers hold it."""
        return self.scrub()

    def scrub(self) -> bool:
        """Empty the write-ahead log, which still has what was overwritten in the database; False while readers hold it.

        Closing the database does it at the latest.
        """
        self.take_turn()
        try:
            return self._emptied()
        finally:
            self.give_turn()

    def _emptied(self) -> bool:
        if self.mover is not None and not self.mover.alone():
            return False
        try:
            self.execute(f"PRAGMA busy_timeout = {_SCRUB_MILLISECONDS}")
            busy, _frames, _moved = self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        finally:
            if self.mover is not None:
                self.mover.go_on()
        return not busy

    def _concerned(self, text: str) -> bool:
        """Whether a statement may look at a table that rows are held back for; names in others' names count too."""
        held = self._holding.texts
        return any(insert.table in text for each in held if (insert := bulk.insert(each)) is not None)

    def _send_kept(self) -> None:
        try:
            self._send(self._holding.take())
        except sqlite3.OperationalError as error:  # a disk that is full, or broken: nobody's fault
            self._refused, self._hopeless = error, True
            raise
        except Exception as error:
            self._refused, self._hopeless = HeldBackRefused(str(error)), True
            raise self._refused from error

    def _send_own(self) -> None:
        try:
            self._send(self._holding.take_own())
        except Exception as error:
            self._refused = error
            raise

    def _send(self, held: Held) -> None:
        for text, rows in held.items():
            bulk.run(self, text, rows)
            if self.mover is not None:
                long = sum(len(row[-1]) for row in rows) if text is _PART else 0
                self.mover.sent(len(rows) + long // PAGE_BYTES)
        if held:
            self._newest = None

    def _check_open(self) -> None:
        if not self.in_transaction:
            raise sqlite3.ProgrammingError("the transaction has ended under the work")

    def _end_work(self) -> None:
        self._own, self._working, self._marked = [], False, False

    def _drop(self) -> None:
        self._holding.drop()
        self._found, self._new, self._newest, self._before, self._one_by_one = {}, set(), None, None, False
        self._refused, self._hopeless = None, False
        self._end_work()
