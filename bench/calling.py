"""A load generator: connections that are kept, each with one request under way, in a process that does nothing else."""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import cast

import msgspec
import uvloop

_PATIENCE_SECONDS = 60.0  #: for the last answers
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)


class Refused(Exception):
    """a server answered something else than 201"""


class Call(msgspec.Struct, frozen=True):
    """What is asked of one server for how long, from how many connections."""

    port: int
    key: str
    bodies: Sequence[bytes]  #: in turn; `%SUBJECT` in one becomes somebody new each time
    callers: int
    seconds: float


def call(asked: Call) -> list[float]:
    """Give the seconds each answer took, measured by a fresh process; raise CalledProcessError if it was refused."""
    command = [sys.executable, "-m", "bench.calling"]
    with tempfile.TemporaryFile() as told:  # read through a pipe, the end of a long answer was lost now and then
        subprocess.run(command, input=msgspec.json.encode(asked), stdout=told, check=True)
        told.seek(0)
        return msgspec.json.decode(told.read(), type=list[float])


async def _all(asked: Call) -> list[float]:
    loop, taken = asyncio.get_running_loop(), list[float]()
    requests, until = _requests(asked), time.perf_counter() + asked.seconds
    ended = [loop.create_future() for _ in range(asked.callers)]
    for future in ended:
        await loop.create_connection(lambda f=future: _Caller(requests, until, taken, f), "127.0.0.1", asked.port)  # type: ignore[misc]  # a lambda's default
    await asyncio.wait_for(asyncio.gather(*ended), asked.seconds + _PATIENCE_SECONDS)
    return taken


def _requests(asked: Call) -> Iterator[bytes]:
    head = (
        "POST /decisions HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {asked.key}",
        "Content-Type: application/json",
        "Idempotency-Key: %s",
        "Content-Length: %d",
    )
    lines = "\r\n".join([*head, "", ""]).replace("%s", "%b").encode()
    run = uuid.uuid4().hex[:8].encode()
    for number, body in zip(itertools.count(), itertools.cycle(asked.bodies), strict=False):
        own = body.replace(b"%SUBJECT", b"%b-%08d" % (run, number))
        yield lines % (b"%b-%d" % (run, number), len(own)) + own


class _Caller(asyncio.Protocol):
    """One connection: sends the next request as soon as the answer to the last one is whole."""

    def __init__(
        self, requests: Iterator[bytes], until: float, taken: list[float], ended: asyncio.Future[None]
    ) -> None:
        self._requests, self._until, self._taken, self._ended = requests, until, taken, ended
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, blank, body = self._came.partition(b"\r\n\r\n")
        found = _LENGTH.search(head) if blank else None
        if found is None or len(body) < int(found[1]):
            return
        if not head.startswith(b"HTTP/1.1 201 "):
            self._end(Refused(self._came[:1000].decode()))
            return
        self._taken.append(time.perf_counter() - self._sent)
        self._came = b""
        if time.perf_counter() < self._until:
            self._send()
        else:
            self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_exception(exc or Refused("the server hung up"))

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))

    def _end(self, error: Exception | None) -> None:
        if error is None:
            self._ended.set_result(None)
        else:
            self._ended.set_exception(error)
        self._transport.close()


if __name__ == "__main__":
    answered = uvloop.run(_all(msgspec.json.decode(sys.stdin.buffer.read(), type=Call)))
    sys.stdout.buffer.write(msgspec.json.encode(answered))
