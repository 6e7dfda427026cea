"""A verification of the log, run beside the service: one at a time, with its progress and what it came to."""

from __future__ import annotations

import datetime as dt
import threading

import msgspec

from api import watching
from api.reconcile import differences
from api.service import Service
from audit.verify import Finding, verify_database

SHOWN = 100


class Checked(msgspec.Struct, frozen=True):
    """How far a verification is, or what it came to."""

    by: str
    began_at: dt.datetime
    done: int = 0
    of: int = 0
    ended_at: dt.datetime | None = None
    entries: int = 0
    root: str = ""
    findings: tuple[Finding, ...] = ()
    more: int = 0  #: findings that are not listed


class Checking:
    """Starts verifications and remembers the newest; nothing of it is evidence, the log is."""

    def __init__(self, service: Service) -> None:
        self._service, self._lock = service, threading.Lock()
        self.newest: Checked | None = None

    @property
    def running(self) -> bool:
        """Whether one is under way."""
        return self.newest is not None and self.newest.ended_at is None

    def start(self, by: str) -> None:
        """Begin one, unless one is under way."""
        with self._lock:
            if self.running:
                return
            self.newest = Checked(by, self._service.ledger.now())
        threading.Thread(target=self._run, name="console-verification", daemon=True).start()

    def _run(self) -> None:
        log, settings = self._service.log, self._service.settings
        known = watching.known(settings.data)
        try:
            report = verify_database(
                settings.database, str(log.vkey), sealed=True, known=known, progress=self._progress
            )
            findings = (*report.findings, *(Finding(*each) for each in differences(settings.database)))
            self._end(entries=report.entries, root=report.root_hex, findings=findings)
        except Exception as error:  # noqa: BLE001  # whatever stops it, the page must not say that all is well
            self._end(findings=(Finding("verification", f"it broke off: {type(error).__name__}"),))

    def _progress(self, done: int, of: int) -> None:
        assert self.newest is not None
        self.newest = msgspec.structs.replace(self.newest, done=done, of=of)

    def _end(self, findings: tuple[Finding, ...], entries: int = 0, root: str = "") -> None:
        assert self.newest is not None
        listed, more = findings[:SHOWN], max(0, len(findings) - SHOWN)
        now = self._service.ledger.now()
        self.newest = msgspec.structs.replace(
            self.newest, ended_at=now, entries=entries, root=root, findings=listed, more=more
        )
