"""When a key was last used, by day. Beside the log and not in it: nobody needs a proof of it, and it tells habits.

A key costs one write a day and process, and many keys share one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future

import sqlalchemy as sa

from api.ledger import Ledger
from api.statements import Statement
from api.tables import KEY_USE
from audit import QueueFull, WriterClosed

_LATER = Statement(
    sa.text(
        f"INSERT INTO {KEY_USE.name} (key, day) VALUES (:key, :day) "  # noqa: S608  # a name of ours
        f"ON CONFLICT (key) DO UPDATE SET day = excluded.day WHERE excluded.day > {KEY_USE.name}.day"
    )
)


class Uses:
    """Takes note of used keys; safe to share between threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._noted: dict[str, str] = {}  # key -> the day that is written or waits
        self._waiting: dict[str, str] = {}

    def see(self, key_id: str) -> None:
        """Take note that a key was used today; it is written some time later, and a failure is nobody's problem."""
        day = self._ledger.now().date().isoformat()
        with self._lock:
            if self._noted.get(key_id) == day:
                return
            self._noted[key_id] = self._waiting[key_id] = day
        try:
            self._ledger.writer.submit(self._write).add_done_callback(self._again)
        except (QueueFull, WriterClosed):
            self._forget()

    def days(self) -> Mapping[str, str]:
        """Give the day each key was last used, as far as it is written."""
        with self._ledger.log.engine.connect() as connection:
            return {row.key: row.day for row in connection.execute(sa.select(KEY_USE))}

    def _write(self, connection: sa.Connection) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if waiting:
            _LATER.run(connection, [{"key": key, "day": day} for key, day in sorted(waiting.items())])

    def _again(self, written: Future[None]) -> None:
        if written.exception() is not None:
            self._forget()

    def _forget(self) -> None:
        """Let the next use of any key be written."""
        with self._lock:
            self._noted.clear()
