"""Asking witnesses: each newest checkpoint is shown to them now and then, beside the log and never in its way.

What a witness last cosigned is kept as one file for each, so that a receipt can carry it and an audit hold the log
against it. A witness that is slow or dead costs nothing but the age of that file, which is for an alarm to watch.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple, Self

from audit.checkpoint import Checkpoint, parse_size
from audit.cosignature import CosignerKey, time_of
from audit.errors import AuditError, NoSuchEntry, NoteInvalid
from audit.growth import Growth
from audit.log import Log
from audit.receipt import Receipt
from audit.trust import Member, TrustPolicy

FOLDER, TRUST = "witnessed", "witnesses"
"""Below the log's folder: where cosigned checkpoints are kept, and the file that names the witnesses."""
EVERY_SECONDS = 60.0
TIMEOUT_SECONDS = 5.0
CONFLICT = 409
_MOST_ANSWER_BYTES = 16_384


class Witnessed(NamedTuple):
    """A checkpoint that a witness cosigned."""

    note: str  #: with the log's signature and the witness's
    size: int
    time: int  #: when, by the witness's own clock, in POSIX seconds


class AheadOfUs(AuditError):
    """a witness has cosigned more entries than this log has: a backup was restored, or another log has its key"""

    def __init__(self, witness: str, theirs: int, ours: int) -> None:
        """`theirs` is the size the witness saw, `ours` that of the newest checkpoint here."""
        self.witness, self.theirs, self.ours = witness, theirs, ours
        super().__init__(f"`{witness}` has cosigned {theirs} entries, here are {ours}; find out where the others went")


class Witnesses:
    """The witnesses of one log: what they are, what they last saw, and asking them again."""

    def __init__(self, folder: Path, trust: TrustPolicy) -> None:
        """`folder` is that of the log; the cosigned checkpoints are kept below it."""
        self._kept, self.trust = folder / FOLDER, trust

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """Return the witnesses that the file `witnesses` in the log's folder names, or None when there is none.

        Raises NoteInvalid when it is no trust policy.
        """
        path = folder / TRUST
        return cls(folder, TrustPolicy.parse(path.read_text("utf-8"))) if path.is_file() else None

    def last(self, name: str) -> Witnessed | None:
        """Return the newest checkpoint that a witness of the policy cosigned, or None; raises NoteInvalid."""
        key = self.trust.witnesses[name].key
        path = self._path(key)
        if not path.exists():
            return None
        note = path.read_text("utf-8")
        return Witnessed(note, parse_size(note.split("\n")[1], "tree size"), time_of(note, key))

    def ask(self, log: Log) -> Mapping[str, Exception | None]:
        """Show the newest checkpoint to every witness that has an address, all at once; say how each answered."""
        asked = {name: member for name, member in self.trust.witnesses.items() if member.url is not None}
        with ThreadPoolExecutor(max(1, len(asked))) as pool:
            return dict(zip(asked, pool.map(lambda name: self._ask(log, name, asked[name]), asked), strict=True))

    def age_seconds(self, now: int) -> int | None:
        """Return how long ago the quorum last agreed, by the witnesses' clocks; None when it never did."""
        times = {name: seen.time for name in self.trust.witnesses if (seen := self.last(name)) is not None}
        for time in sorted(times.values(), reverse=True):
            if self.trust.satisfied({name for name, seen in times.items() if seen >= time}):
                return max(0, now - time)
        return None

    def receipt(self, log: Log, index: int) -> str:
        """Return the receipt of an entry under the newest checkpoint that a witness cosigned; raises NoSuchEntry."""
        seen = [each for name in self.trust.witnesses if (each := self.last(name)) is not None]
        newest = max(seen, key=lambda each: each.size, default=None)
        if newest is None or newest.size <= index:
            raise NoSuchEntry(f"a witnessed checkpoint over entry {index}", newest.size if newest else 0)
        note = newest.note + "".join(
            each.note.split("\n")[-2] + "\n" for each in seen if each.size == newest.size and each is not newest
        )
        return str(Receipt(index, log.inclusion_proof(index, newest.size), note))

    def notes(self) -> list[str]:
        """Return the cosigned checkpoints that are kept, for an audit to hold the log against."""
        return [each.note for name in self.trust.witnesses if (each := self.last(name)) is not None]

    def _path(self, key: CosignerKey) -> Path:
        return self._kept / f"{key.key_id.hex()}.checkpoint"

    def _ask(self, log: Log, name: str, member: Member) -> Exception | None:
        try:
            seen = self.last(name)
            self._submit(log, member, seen.size if seen else 0)
        except (AuditError, OSError, ValueError) as error:
            return error
        return None

    def _submit(self, log: Log, member: Member, old: int, *, again: bool = True) -> None:
        try:
            growth = Growth.of(log, old)
        except NoSuchEntry:
            raise AheadOfUs(member.key.name, old, log.checkpoint().size) from None
        status, answer = _post(f"{member.url}/add-checkpoint", str(growth))
        if status == CONFLICT and again:
            # It remembers something else than we do: it says what, and we prove from there.
            self._submit(log, member, parse_size(answer.strip(), "size"), again=False)
        elif status != 200:
            raise NoteInvalid(f"`{member.key.name}` answered {status}: {answer.strip()[:200]}")
        else:
            self._keep(member.key, growth.checkpoint, answer, log)

    def _keep(self, key: CosignerKey, note: str, lines: str, log: Log) -> None:
        mine = [line for line in lines.split("\n") if line.startswith(f"\u2014 {key.name} ")]
        cosigned = note + "".join(f"{line}\n" for line in mine)
        time_of(cosigned, key)
        Checkpoint.verify(cosigned, log.vkey)
        self._kept.mkdir(mode=0o700, exist_ok=True)
        path = self._path(key)
        made = path.with_suffix(".new")
        with made.open("w", encoding="utf-8") as file:
            file.write(cosigned)
            file.flush()
            os.fsync(file.fileno())
        made.rename(path)


class Asking:
    """A thread that asks the witnesses as long as the log is served."""

    def __init__(
        self,
        log: Log,
        witnesses: Witnesses,
        report: Callable[[Mapping[str, Exception | None]], None],
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        """`report` hears after each round how every witness answered."""
        self._log, self._witnesses, self._report, self._every = log, witnesses, report, every_seconds
        self._stop = Event()
        self._thread = Thread(target=self._run, name="audit-witnesses", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop asking; returns after the round at hand."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._report(self._witnesses.ask(self._log))
            self._stop.wait(self._every)


def _post(url: str, body: str) -> tuple[int, str]:
    if not url.startswith(("http://", "https://")):
        raise NoteInvalid(f"`{url}` is not the address of a witness; write http:// or https://")
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # the scheme was checked
            return int(answer.status), answer.read(_MOST_ANSWER_BYTES).decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(_MOST_ANSWER_BYTES).decode(errors="replace")
