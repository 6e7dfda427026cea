"""The process that records: whatever has come is one batch, committed and then answered, and nothing else happens here.

There is no queue and no thread: while a batch is on its way to the disk the next one gathers in the socket.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from api.accounts.keeping import Lines
from api.casework.periods import Periods
from api.casework.rulebook import Rulebook
from api.clocks import Clocks
from api.collecting import settle
from api.errors import ApiError
from api.ledger import Ledger
from api.logs import configure, log_fault
from api.recording.draft import Kept
from api.recording.frames import Answered, Asked, Frames, framed, packed
from api.recording.recorder import Recorder
from api.settings import Settings
from audit import AuditError, Committer, Job

_AT_ONCE = 1 << 20  #: bytes read in one go
_read = msgspec.msgpack.Decoder(list[Asked]).decode
_write = msgspec.msgpack.Encoder().encode


def serve(pair: socket.socket, settings: Settings) -> None:
    """Record what comes from the service until it closes its end; an empty answer says first that all is ready."""
    configure()
    ledger = Ledger.open(settings)
    try:
        batches = Batches(settings, ledger)
        settle()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the service is gone, and nobody waits
            pair.sendall(framed(_write([])))
            for asked in _gathered(pair):
                for start in range(0, len(asked), settings.batch_limit):
                    pair.sendall(framed(_write(batches.record(asked[start : start + settings.batch_limit]))))
    finally:
        ledger.close()


def _gathered(pair: socket.socket) -> Iterator[list[Asked]]:
    """Give what has come, again and again, until the other end is closed."""
    frames, buffer = Frames(), bytearray(_AT_ONCE)
    while size := pair.recv_into(buffer):
        asked = [each for frame in frames.feed(memoryview(buffer)[:size]) for each in _read(frame)]
        with contextlib.suppress(BlockingIOError):
            while size := pair.recv_into(buffer, 0, socket.MSG_DONTWAIT):
                asked += [each for frame in frames.feed(memoryview(buffer)[:size]) for each in _read(frame)]
        if asked:
            yield asked


class Batches:
    """Records batches of drafts on a ledger of its own."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        periods = Periods(Rulebook.read(settings.casework), Clocks.read(settings.packs, settings.jurisdiction))
        periods.warm(ledger.now())
        lines = Lines(ledger, kept=settings.lines == "here")
        self._log = ledger.log
        self._record = Recorder(ledger, periods, lines).record
        self._committer = Committer(ledger.log, ledger.now, ledger.foresight)

    def record(self, asked: Sequence[Asked]) -> list[Answered]:
        """Record a batch in one transaction; give an answer for each draft, once that is durable."""
        jobs = [self._job(each) for each in asked]
        self._committer.run(jobs)
        return [self._answered(each, job) for each, job in zip(asked, jobs, strict=True)]

    def _job(self, asked: Asked) -> Job:
        draft = asked.draft
        return Job(partial(self._record, draft=draft), draft.origin.id, draft.hint)

    def _answered(self, asked: Asked, job: Job) -> Answered:
        if job.error is None:
            try:
                return self._told(asked, job.result)
            except Exception as error:  # noqa: BLE001  # it is recorded, and a repetition finds it
                job.error = error
        if job.error.__cause__ is not None or not isinstance(job.error, (ApiError, AuditError)):
            log_fault(job.error)  # where it broke, and what lies behind it, stays here
        return Answered(asked.number, error=packed(job.error))

    def _told(self, asked: Asked, kept: Kept) -> Answered:
        size = self._log.covering_size(kept.index)
        return Answered(asked.number, kept.index, size, kept.replayed, kept.instead)
