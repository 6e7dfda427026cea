"""What the decisions of a batch will ask the database, looked up together before the first of them is recorded."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from api import queries
from audit import Log


class Hint(msgspec.Struct, frozen=True):
    """What recording one decision will ask."""

    fingerprint: str  #: of its request
    subject: str  #: by the caller's reference


class Foresight:
    """The answers, for as long as the transaction is open; an `audit.committing.Ahead`, for the thread that writes."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._requests: dict[str, int | None] = {}

    def look(self, connection: sa.Connection, hints: Sequence[Hint]) -> None:
        """Look up the requests and subjects of a batch."""
        fingerprints = [hint.fingerprint for hint in hints]
        self._requests = dict.fromkeys(fingerprints) | queries.requests(connection, fingerprints)
        self._log.vault.expect(connection, {hint.subject for hint in hints})

    def forget(self) -> None:
        """Ask the database from now on."""
        self._requests = {}

    def unheard_of(self, fingerprint: str) -> bool:
        """Whether `look` found no leaf for a request, and none was recorded since; False also if it did not look."""
        return self._requests.get(fingerprint, -1) is None

    def request(self, connection: sa.Connection, fingerprint: str) -> int | None:
        """Find the leaf a request led to, as the caller's transaction sees it."""
        if fingerprint in self._requests:
            return self._requests[fingerprint]
        return queries.request(connection, fingerprint)

    def recorded(self, fingerprint: str, index: int) -> None:
        """Take note that a request of this batch led to a leaf."""
        if fingerprint in self._requests:
            self._requests[fingerprint] = index
