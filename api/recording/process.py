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
from audit import AuditError, Committer, CommitUnknown, Job

_AT_ONCE = 1 << 20  #: bytes read in one go
_read = msgspec.msgpack.Decoder(list[Asked]).decode
_write = msgspec.msgpack.Encoder().encode


def serve(pair: socket.socket, settings: Settings) -> None:
    """Record what comes from the service until it closes its end; an empty answer says first that all is ready."""
    configure()
    with contextlib.closing(Ledger.open(settings)) as ledger, contextlib.closing(Batches(settings, ledger)) as batches:
        settle()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the service is gone, and nobody waits
            pair.sendall(framed(_write([])))
            for asked in _gathered(pair):
                for start in range(0, len(asked), settings.batch_limit):
                    pair.sendall(framed(_write(batches.record(asked[start : start + settings.batch_limit]))))


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
        self._log, self._gather = ledger.log, ledger.timekeeper.gather
        self._record = Recorder(ledger, periods, lines).record_all
        self._committer = Committer(ledger.log, ledger.now, ledger.foresight, keep=True)

    def record(self, asked: Sequence[Asked]) -> list[Answered]:
        """Record a batch in one transaction; give an answer for each draft, once that is durable.

        Where one was refused, those it was a work with are done again in a second one.
        """
        self._gather()
        # A decision on a line may find that the line has moved. It is a work of its own, and takes nobody with it.
        together = [each for each in asked if each.draft.line is None]
        alone = [[each] for each in asked if each.draft.line is not None]
        return self._done([together, *alone] if together else alone)

    def _done(self, works: Sequence[Sequence[Asked]]) -> list[Answered]:
        jobs = [self._job(work) for work in works]
        self._committer.run(jobs)
        answered, again = list[Answered](), list[Sequence[Asked]]()
        for work, job in zip(works, jobs, strict=True):
            if job.error is not None and len(work) > 1 and not isinstance(job.error, CommitUnknown):
                again += [[each] for each in work]  # one of them was refused and all undone: each for itself
            else:
                answered += self._answered(work, job)
        return answered + self._done(again) if again else answered

    def _job(self, work: Sequence[Asked]) -> Job:
        drafts = [each.draft for each in work]
        # Events on known lines are works of their own. Of the others, who records them knows which may be there.
        return Job(
            partial(self._record, drafts=drafts),
            [draft.origin.id for draft in drafts if draft.line is not None],
            [draft.hint for draft in drafts],
        )

    def _answered(self, work: Sequence[Asked], job: Job) -> list[Answered]:
        if job.error is None:
            return [self._told(*each) for each in zip(work, job.result, strict=True)]
        _tell_fault(job.error)
        return [Answered(each.number, error=packed(_of(each, job.error))) for each in work]

    def _told(self, asked: Asked, kept: Kept) -> Answered:
        try:
            size = self._log.covering_size(kept.index)
        except Exception as error:  # noqa: BLE001  # it is recorded, and a repetition finds it
            _tell_fault(error)
            return Answered(asked.number, error=packed(error))
        return Answered(asked.number, kept.index, size, kept.replayed, kept.instead)

    def close(self) -> None:
        """Give the connection back; before the ledger is closed."""
        self._committer.close()


def _tell_fault(error: BaseException) -> None:
    """Say where it broke, and what lies behind it: that stays here."""
    if error.__cause__ is not None or not isinstance(error, (ApiError, AuditError)):
        log_fault(error)


def _of(asked: Asked, error: BaseException) -> BaseException:
    """Give what one caller of a work is told: of a commit nobody knows about, which event is its own."""
    return CommitUnknown((asked.draft.origin.id,)) if isinstance(error, CommitUnknown) else error
