"""The process that records, as the service sees it: drafts go there, futures come to an end as answers come back.

When it dies, whoever waits is told that nobody knows (a retry with the same key finds out), decisions are recorded in
the writer's thread from then on, and a new process is begun.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Any

import msgspec

from api.logs import log
from api.recording.draft import Kept, Made, Recorded
from api.recording.frames import Answered, Asked, Frames, framed, unpacked
from api.settings import Settings
from audit import CommitUnknown, QueueFull

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a process that died is begun anew; twice as long after each that was never ready."""
PATIENCE_SECONDS = 30.0
"""For a process to end once it has been told to."""
TOGETHER = 16
"""Drafts that go without waiting for others decided in the same turn of the event loop: recording can begin."""
_BUFFER = 1 << 22  #: bytes on their way

_read = msgspec.msgpack.Decoder(list[Answered]).decode
_write = msgspec.msgpack.Encoder().encode


class Apart(asyncio.Protocol):
    """One process at a time, begun again if it dies. Belongs to one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, tuple[Made, asyncio.Future[Recorded]]] = {}
        self._outgoing: list[Asked] = []
        self._number = 0
        self._pause = FIRST_PAUSE
        self._closed = False
        self._beginning: asyncio.Task[None] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = asyncio.Event()
        self._ended.set()  # there is none yet
        self.up = False  #: whether it takes drafts
        self.batches = self.works = 0  #: answered so far

    @property
    def waiting(self) -> int:
        """How many drafts have no answer yet."""
        return len(self._waiting)

    @property
    def pid(self) -> int | None:
        """Which process it is, or was last; None before the first."""
        return None if self._process is None else self._process.pid

    async def begin(self) -> None:
        """Start a process, now or later if there can be none now; it is `up` once it says so."""
        try:
            await self._start()
        except OSError as error:  # no memory or no process to be had at this moment
            log.error("recorder-not-begun", error=error.strerror, next_seconds=self._pause)
            self._begin_later()

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        with theirs:
            try:
                self._process = await asyncio.to_thread(_started, theirs, self._settings)
            except BaseException:
                ours.close()
                raise
        self._ended.clear()
        self._frames = Frames()
        await self._loop.create_connection(lambda: self, sock=ours)

    def ask(self, made: Made) -> asyncio.Future[Recorded]:
        """Have a decision recorded; raise QueueFull. The future raises what recording raises, or CommitUnknown."""
        if len(self._waiting) >= self._settings.queue_bound:
            raise QueueFull(self._settings.queue_bound)
        draft = made.draft()
        future: asyncio.Future[Recorded] = self._loop.create_future()
        self._number += 1
        self._waiting[self._number] = made, future
        if not self._outgoing:
            self._loop.call_soon(self._send)  # what is decided until then goes together
        self._outgoing.append(Asked(self._number, draft))
        if len(self._outgoing) >= TOGETHER:
            self._send()
        return future

    async def close(self) -> None:
        """Have recorded what waits, and return when the process is gone."""
        self._closed, self.up = True, False
        if self._beginning is not None:
            await self._beginning
        self._send()
        process = self._process
        if process is None:
            return
        if process.poll() is None and not self._transport.is_closing():
            self._transport.write_eof()
        try:
            await asyncio.wait_for(self._ended.wait(), PATIENCE_SECONDS)
        except TimeoutError:
            process.kill()
            await self._ended.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with a process."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Tell those who wait."""
        for frame in self._frames.feed(data):
            answers = _read(frame)
            if answers:
                self.batches, self.works = self.batches + 1, self.works + len(answers)
            elif not self._closed:
                self.up, self._pause = True, FIRST_PAUSE
            for answer in answers:
                self._tell(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell those who wait that nobody knows, and begin anew."""
        self.up = False
        waiting, self._waiting, self._outgoing = self._waiting, {}, []
        for made, future in waiting.values():
            if not future.done():
                future.set_exception(CommitUnknown((made.origin.id,)))
        assert self._process is not None
        self._reaping = self._loop.create_task(self._reap(self._process, len(waiting)))

    async def _reap(self, process: subprocess.Popen[bytes], unknown: int) -> None:
        code = await asyncio.to_thread(process.wait)
        self._ended.set()
        if not self._closed:
            log.error("recorder-died", code=code, unknown=unknown, next_seconds=self._pause)
            self._begin_later()

    def _begin_later(self) -> None:
        self._loop.call_later(self._pause, self._begin_anew)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _begin_anew(self) -> None:
        if not self._closed:
            self._beginning = self._loop.create_task(self.begin())

    def _send(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if outgoing:
            self._transport.write(framed(_write(outgoing)))

    def _tell(self, answer: Answered) -> None:
        made, future = self._waiting.pop(answer.number)
        if future.done():
            return  # a caller who left
        if answer.error:
            future.set_exception(unpacked(answer.error))
        else:
            kept = Kept(answer.index, answer.replayed, answer.instead)
            future.set_result(made.recorded(kept, answer.size))


def _started(theirs: socket.socket, settings: Settings) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603  # this program
        [sys.executable, "-m", "api.recording", str(theirs.fileno())],
        stdin=subprocess.PIPE,
        pass_fds=[theirs.fileno()],
        process_group=0,  # what a terminal sends to us is not for it
    )
    assert process.stdin is not None
    # One that ended already is noticed when its end of the pair closes.
    with suppress(BrokenPipeError), process.stdin as given:
        given.write(pickle.dumps(settings))
    return process
