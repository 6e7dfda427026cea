"""The driver's connection to PostgreSQL. Each statement is a journey to the server, so it makes as few as it can.

Entries and statements that find nothing are held back: the first until something reads the log, or until the commit;
the second until the work ends. A work gets its savepoint before the first thing it changes, so that what only appends
costs one journey, to look its event id up. A read that fails outside a savepoint fails the batch, safely.
"""

from __future__ import annotations

import re
import select
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Self

import psycopg
from psycopg.pq import TransactionStatus

from audit.driver import Found, New, Part

CONNECT_SECONDS = 10
_INSERT = re.compile(r"INSERT INTO (audit_\w+) \(([^)]*)\) VALUES \([^)]*\)")
_APPEND = (
    "SELECT audit_append(%s, %b::text[], %b::bytea[], %b::bytea[], %b::bigint[], %b::text[], %b::bytea[], %b::bytea[])"
)
_OF_ENTRIES = re.compile(r"\baudit_(entry|sealed|tile|checkpoint)\b")
_NEWEST = "SELECT idx, leaf_hash FROM audit_entry ORDER BY idx DESC LIMIT 1"
_COVERED = "SELECT MAX(size) FROM audit_checkpoint"
_LOOK_UP_ALL = "SELECT event_id, idx, leaf_hash FROM audit_entry WHERE event_id = ANY (%b::text[])"
_GONE = ("08", "57P")  #: classes of SQLSTATE: connection exceptions, operator intervention
_LOOK_UP = "SELECT idx, leaf_hash FROM audit_entry WHERE event_id = %s"


class _Held(NamedTuple):
    """An entry that was not sent yet."""

    idx: int
    event_id: str
    leaf_hash: bytes
    entry: bytes
    part: Part | None


class PostgresDriver(psycopg.Connection[tuple[Any, ...]]):
    """A `Driver`, in autocommit mode: transactions begin by a statement of ours, not by themselves."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._earlier: list[_Held] = []  # of works that are kept
        self._entries: list[_Held] = []  # of the work at hand
        self._own: list[str] = []  # event ids of the work at hand, sent or not
        self._statements: list[tuple[str, Any]] = []  # of the work at hand
        self._known: dict[str, Found] = {}  # event ids of what this transaction appended
        self._working = self._marked = False  # inside a work; and its savepoint is there
        self._new: set[str] = set()  # event ids that were looked up and not found
        self._unsure = False  # whether the work at hand appended others
        self._end: tuple[Any, ...] | None = None  # the log's last entry, if nothing was sent
        self._covered: tuple[int | None] | None = None  # the size of its newest checkpoint, if that is known

    @classmethod
    def to(cls, url: str, options: str) -> Self:
        """Connect in autocommit mode; `options` are settings of the session as `libpq` reads them."""
        return cls.connect(
            url, autocommit=True, connect_timeout=CONNECT_SECONDS, options=options, application_name="grounds"
        )

    def alive(self) -> bool:
        """Whether the server has not hung up, as far as this side knows already; nothing is sent.

        An idle server says nothing but its farewell (and that a setting changed, which a new connection learns too).
        """
        if self.closed or self.broken:
            return False
        waiting = select.poll()
        waiting.register(self.fileno(), select.POLLIN)
        return not waiting.poll(0)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self.pgconn.transaction_status != TransactionStatus.IDLE

    def execute(self, text: str, parameters: Any = None, /) -> psycopg.Cursor[tuple[Any, ...]]:  # type: ignore[override]  # a narrower way in: ours
        """Run one statement after what it may depend on."""
        if not text.startswith("SELECT ") or self._entries or self._statements:
            self.send()
        elif _OF_ENTRIES.search(text):
            self._store(self._earlier)
        return super().execute(spelled(text), parameters, binary=True)

    def script(self, text: str) -> None:
        """Run statements that find nothing, several at once."""
        self.send()
        super().execute(text)

    def quoted(self, name: str) -> str:
        """Return a name as it is written in a statement."""
        return psycopg.sql.Identifier(name).as_string(self)

    def executemany(self, text: str, rows: Iterable[Mapping[str, Any] | Sequence[Any]], /) -> None:
        """Hold back a statement that finds nothing."""
        if "audit_checkpoint" in text:
            self._covered = None
        self._statements += [(spelled(text), row) for row in rows]

    def take_head(self) -> None:
        """Begin a transaction that keeps other writers out, and see where the log ends."""
        self._drop()
        with self.cursor() as cursor:
            cursor.execute("BEGIN; SELECT last, leaf, covered FROM audit_lock()")
            cursor.nextset()
            last, leaf, covered = cursor.fetchone() or (None, None, None)
            self._end, self._covered = (last, leaf), (covered,)

    def newest(self) -> Found | None:
        """Return the last entry, held back or stored."""
        if held := self._entries or self._earlier:
            return Found(held[-1].idx, held[-1].leaf_hash)
        row = self._end or self.execute(_NEWEST).fetchone()
        return None if row is None or row[0] is None else Found(*row)

    def covered(self) -> int | None:
        """Return the size the newest stored checkpoint covers."""
        found: int | None = (self._covered or self.execute(_COVERED).fetchone())[0]  # type: ignore[index]  # an aggregate always gives a row
        return found

    def judge_each(self) -> None:
        """Do nothing: each work's writes are judged by themselves as it is."""

    def expect(self, event_ids: Sequence[str]) -> None:
        """Look up events that nobody looked up yet, in one journey."""
        if unknown := [each for each in event_ids if each not in self._new and each not in self._known]:
            found = super().execute(_LOOK_UP_ALL, (unknown,), binary=True).fetchall()
            self._known |= {event_id: Found(*place) for event_id, *place in found}
            self._new |= set(unknown) - self._known.keys()

    def find(self, event_id: str) -> Found | None:
        """Return the entry with this event id, held back or stored."""
        if (found := self._known.get(event_id)) is not None:
            return found
        if event_id in self._new:
            return None
        row = super().execute(_LOOK_UP, (event_id,), binary=True).fetchone()
        if row is None:
            self._new.add(event_id)
        return None if row is None else Found(*row)

    def append_new(self, first: int, entries: Sequence[New]) -> None:
        """Hold entries back that are not there, to be stored from index `first` on.

        The head is locked since the transaction began, so nobody can append in between.
        """
        for idx, (event_id, leaf_hash, entry, part) in enumerate(entries, first):
            self._entries.append(_Held(idx, event_id, leaf_hash, entry, part))
            self._own.append(event_id)
            self._unsure = self._unsure or event_id not in self._new
            self._known[event_id] = Found(idx, leaf_hash)

    def begin_work(self) -> None:
        """Begin what `undo_work` takes back."""
        self._working = True

    def settle(self) -> None:
        """Send what the work did; what only appended, and is known to be new, goes with the batch."""
        if self._statements or self._marked or self._unsure:
            self.send()

    def keep_work(self) -> None:
        """End a work; fails if the transaction has ended under it."""
        self._check_open()
        self._earlier += self._entries
        if self._marked:
            super().execute("RELEASE work")
        self._end_work()

    def undo_work(self) -> None:
        """Take back all that was done since `begin_work`."""
        self._check_open()
        for event_id in self._own:
            self._known.pop(event_id, None)  # named twice, it is gone already
        if self._marked:
            super().execute("ROLLBACK TO work; RELEASE work")
        self._end_work()

    def lost(self, error: BaseException) -> bool:
        """Whether `error` means that the connection is gone: the server's farewell, or silence."""
        cause = getattr(error, "orig", error)
        if not isinstance(cause, psycopg.OperationalError):
            return False
        return self.closed or cause.sqlstate is None or cause.sqlstate.startswith(_GONE)

    def secure(self) -> bool:
        """Do nothing: a server whose flush failed stops, and what it shows after its recovery is on the disk."""
        return True

    def scrub(self) -> bool:
        """Do nothing: dead rows leave the disk by vacuum, which is the owner's to run (docs/postgresql.md)."""
        return True

    def send(self) -> None:
        """Send all that is held back in one journey, in order, a work's share inside its savepoint."""
        self._end = None
        mark = self._working and not self._marked
        if self._earlier or self._entries or self._statements:
            with self.pipeline():
                self._send(mark=mark)
        elif mark:
            self._send(mark=mark)

    def commit(self) -> None:
        """Store what is held back and commit; raises if the server rolled back instead, as it does after an error."""
        if self.in_transaction:
            with self.pipeline():
                self._send(mark=False)
                end = super().execute("COMMIT")
            if end.statusmessage != "COMMIT":
                raise psycopg.errors.InFailedSqlTransaction(f"the server answered `{end.statusmessage}` to a commit")
        self._drop()

    def rollback(self) -> None:
        """Forget what is held back and roll back."""
        self._drop()
        super().rollback()

    def _send(self, *, mark: bool) -> None:
        self._store(self._earlier)
        if mark:
            super().execute("SAVEPOINT work")
            self._marked = True
        self._store(self._entries)
        statements, self._statements = self._statements, []
        for text, row in statements:
            super().execute(text, row)

    def _store(self, held: list[_Held]) -> None:
        if not held:
            return
        columns = [list(column) for column in zip(*(each[1:4] for each in held), strict=True)]
        parts = [(each.idx, each.part.key_id, each.part.nonce, each.part.ciphertext) for each in held if each.part]
        beside: list[Any] = [list(column) for column in zip(*parts, strict=True)] or [None] * 4
        first = held[0].idx
        held.clear()
        self._end = None
        super().execute(_APPEND, (first, *columns, *beside))

    def _check_open(self) -> None:
        status = self.pgconn.transaction_status
        if status != TransactionStatus.INTRANS and not (status == TransactionStatus.INERROR and self._marked):
            raise psycopg.ProgrammingError("the transaction has ended under the work, or failed")

    def _end_work(self) -> None:
        self._entries, self._own, self._statements = [], [], []
        self._working = self._marked = self._unsure = False

    def _drop(self) -> None:
        self._earlier, self._known, self._new = [], {}, set()
        self._end = self._covered = None
        self._end_work()


@lru_cache(maxsize=1024)
def spelled(text: str) -> str:
    """Return a statement as psycopg reads it; a row for the log is inserted by the function of its table."""
    if match := _INSERT.fullmatch(text):
        named = ", ".join(f"{column.strip()} => %s" for column in match[2].split(","))
        return f"SELECT {match[1]}_insert({named})"
    return text.replace("?", "%s")
