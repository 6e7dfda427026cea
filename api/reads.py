"""The one way by which this service opens what is sealed: whoever reads leaves an entry that says who, what and why.

The entry is durable before the caller sees a byte; a read that cannot be recorded does not happen. A test walks the
syntax tree and holds everybody else off `Vault.open`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from api import personal
from api.ledger import Ledger
from api.logs import request_id
from api.personal import Purpose


class Reading(msgspec.Struct, frozen=True):
    """Who reads, and why."""

    actor: str
    purpose: Purpose


class Reads:
    """Opens sealed parts for readers."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def open(self, index: int, reading: Reading) -> bytes:
        """Give what is sealed beside one entry; raise what `Vault.open` raises, QueueFull or WriterClosed."""
        return self.open_all([index], reading)[0]

    def open_all(self, indexes: Sequence[int], reading: Reading, subject: str = "") -> list[bytes]:
        """Give what is sealed beside each of `indexes`, recorded as one read.

        `subject` is whom all of it concerns, if the caller knows. With purpose ACCESS the entry is an `export_made`.
        """
        plain = self._plain(indexes)
        origin = self._ledger.origin(reading.actor)
        subject = subject or self._subject(indexes)
        request = self._ledger.fingerprints.of(reading.actor, f"request\n{request_id()}") if request_id() else ""
        if reading.purpose is Purpose.ACCESS:
            entry = personal.export_made(origin, request, indexes, subject)
        else:
            entry = personal.sealed_read(origin, reading.purpose, request, indexes, subject)
        self._ledger.writer.submit(lambda connection: self._ledger.record(connection, entry)).result()
        return plain

    def processed(self, connection: sa.Connection, index: int) -> bytes:
        """Give what is sealed beside one entry to a decision about the same subject, which the log records anyway.

        That is processing and no read: nobody is shown it but who asked for that decision (docs/adr/0012).
        """
        return self._ledger.log.vault.open(connection, index)

    def _plain(self, indexes: Sequence[int]) -> list[bytes]:
        with self._ledger.log.engine.connect() as connection:
            return [self.processed(connection, index) for index in indexes]

    def _subject(self, indexes: Sequence[int]) -> str:
        """Name the subject if it is one read of one entry; of more the entry names the entries."""
        if len(indexes) != 1:
            return ""
        named: str = msgspec.json.decode(self._ledger.log.entry(indexes[0]))["subject"]
        return named
