"""A log of a given length to measure with: entries like those of decisions, each with a sealed part beside it.

Built once by the log's own append without waiting for the disk, and kept in the folder that is named; it is never a log
to keep anything in.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from audit import Keys, Log
from audit.database import driver_of

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
KIND = "decision_made"
AT_ONCE = 64  #: entries under one checkpoint, as 64 callers would leave them
SUBJECTS = 1_000
DOCUMENT = b"the facts, the offer, the trace and the statements of a decision; ".ljust(512, b".")


def corpus(folder: Path, entries: int) -> Path:
    """Give the folder of a log of `entries` under `folder`, building it there if it is not there yet."""
    kept = folder / f"log-{entries}"
    if not kept.exists():
        made = folder / f".log-{entries}.making"
        shutil.rmtree(made, ignore_errors=True)
        with opened(made) as log:
            for start in range(0, entries, AT_ONCE):
                _append(log, range(start, min(start + AT_ONCE, entries)))
        made.rename(kept)
    return kept


@contextmanager
def opened(folder: Path) -> Iterator[Log]:
    """Open the log of a folder, begin one if there is none, and close it."""
    log = Log.open(folder / "grounds.db", Keys.open(folder, NOW))
    try:
        yield log
    finally:
        log.close()


def entry(number: int, subject: str) -> dict[str, object]:
    """Give an entry as the service writes one for a decision, but for what is sealed beside it."""
    return {
        "v": 1,
        "kind": KIND,
        "id": event(number),
        "at": "2026-11-22T08:30:00.000Z",
        "actor": "key:6f2d0c1e9b7a4835",
        "request": f"{number:064x}",
        "policy": {"name": "opening", "version": 1, "digest": "5d41402abc4b2a76b9719d911017c592" * 2},
        "engine": {"name": "rete", "version": "1"},
        "outcome": "reject",
        "reasons": ["overdue_now", "income_limits_offer"],
        "rules": ["overdue-now", "consumption-ceiling", "open"],
        "as_of": "2026-11-22T08:30:00Z",
        "subject": subject,
    }


def now() -> dt.datetime:
    """Give the moment of a bench."""
    return NOW


def event(number: int) -> str:
    """Give the event id of a number: a UUID in the order of the numbers, as UUIDv7 has them."""
    return str(UUID(int=0x019A_0000_0000_7000_8000_0000_0000_0000 + number))


def append(log: Log, connection: sa.Connection, number: int) -> int:
    """Append the entry of a number with its sealed part, as the service does."""
    subject = log.vault.subject(connection, f"person-{number % SUBJECTS}", NOW)
    fields = entry(number, subject)
    event_id = str(fields["id"])
    sealed = log.vault.seal(connection, subject, event_id, KIND, DOCUMENT)
    return log.append(connection, event_id, fields | {"sealed": sealed.commitment}, sealed)


def _append(log: Log, numbers: range) -> None:
    with log.write_engine.connect() as connection:
        driver_of(connection).execute("PRAGMA synchronous = OFF")
    with log.write_engine.begin() as connection:
        for number in numbers:
            append(log, connection, number)
    log.appended.clear()
    with log.write_engine.begin() as connection:
        log.sign(connection)
