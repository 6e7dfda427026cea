"""What the append path asks of a database's driver, whichever database it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa


class Found(msgspec.Struct, frozen=True, gc=False):
    """Where an entry stands, and its hash."""

    idx: int
    leaf_hash: bytes


class Part(msgspec.Struct, frozen=True, gc=False):
    """The sealed part of an entry as it is stored."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


New = tuple[str, bytes, bytes, Part | None]
"""An entry to be added: its event id, its hash, its bytes and its sealed part."""


class HeldBackRefused(Exception):
    """rows that works left to be sent later were refused, and nobody can say whose they are"""


class Rows(Protocol):
    """What a statement found."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""


class Driver(Protocol):
    """One connection. Statements are written with `?`, or with what `Spelling` renders; each database reads both.

    A driver may hold writes back until something depends on them, at the latest until the commit. What is refused then
    is nobody's in particular: it raises HeldBackRefused, and the writer tries the batch anew, one by one.
    """

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def execute(self, text: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> Rows:
        """Run one statement."""

    def executemany(self, text: str, rows: Sequence[Any], /) -> object:
        """Run a statement that finds nothing once for each row."""

    def newest(self) -> Found | None:
        """Return the last entry."""

    def covered(self) -> int | None:
        """Return the size the newest stored checkpoint covers."""

    def judge_each(self) -> None:
        """In this transaction, have each work's own writes judged before it is kept: what is refused has an owner."""

    def expect(self, event_ids: Sequence[str]) -> None:
        """Be told of events that `find` is about to be asked for, so that they can be looked up together."""

    def find(self, event_id: str) -> Found | None:
        """Return the entry with this event id."""

    def append_new(self, first: int, entries: Sequence[New]) -> None:
        """Add entries from index `first` on; one that is there is refused, at the latest at the commit."""

    def begin_work(self) -> None:
        """Begin what `undo_work` takes back; works do not nest."""

    def settle(self) -> None:
        """Send what was held back, so that its errors come up here."""

    def keep_work(self) -> None:
        """End a work that was settled. Fails if the transaction has ended under it; then the whole is in doubt."""

    def undo_work(self) -> None:
        """Take back all that was done since `begin_work`, and end the work; fails as `keep_work` does."""

    def lost(self, error: BaseException) -> bool:
        """Whether `error` concerns the whole transaction, as when the connection is gone, and not the work alone."""

    def secure(self) -> bool:
        """Have what a commit that failed left here after all reach the disk; False: it may not have."""

    def scrub(self) -> bool:
        """Have what was deleted before the last commit leave the disk, as far as we may; False: not yet."""


def padded(values: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return marks and values for `IN (...)`, the last value repeated so that few statements differ in length."""
    missing = (1 << (len(values) - 1).bit_length()) - len(values)
    every = [*values, *[values[-1]] * missing]
    return ", ".join("?" * len(every)), every


def driver_of(connection: sa.Connection) -> Driver:
    """Return the driver's connection for the append path, where the toolkit would cost more than the work."""
    # What the toolkit calls the driver's connection goes through five calls more, for drivers that are asynchronous.
    driver: Driver = connection.connection.dbapi_connection  # type: ignore[assignment]  # it is one
    return driver


def is_sqlite(connection: sa.Connection) -> bool:
    """Whether the connection is to an SQLite file."""
    return connection.dialect.name == "sqlite"
