"""A load generator: connections that are kept, each with one request under way, in a process that does nothing else."""

from __future__ import annotations

import itertools
import re
import select
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import msgspec

_PATIENCE_SECONDS = 60.0  #: for the last answers
_AT_ONCE = 1 << 14  #: bytes of an answer
_LENGTH = re.compile(rb"\ncontent-length: *([0-9]+)", re.IGNORECASE)
_SUBJECT, _OWN_BYTES = b"%SUBJECT", 17  #: what stands in a body, and the length of what takes its place


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


def _all(asked: Call) -> list[float]:
    taken, requests = list[float](), _requests(asked)
    with ExitStack() as stack:
        poll, callers = stack.enter_context(select.epoll()), dict[int, _Caller]()
        for _ in range(asked.callers):
            caller = _Caller(stack.enter_context(socket.create_connection(("127.0.0.1", asked.port))), requests)
            callers[caller.connection.fileno()] = caller
            poll.register(caller.connection, select.EPOLLIN)
        until = time.perf_counter() + asked.seconds
        while callers:
            ready = poll.poll(_PATIENCE_SECONDS)
            if not ready:
                raise TimeoutError(f"no answer within {_PATIENCE_SECONDS:g} s")
            for number, _ in ready:
                if not callers[number].read(taken, until):
                    poll.unregister(number)
                    del callers[number]
    return taken


def _requests(asked: Call) -> Iterator[bytes]:
    """Write requests, each of a person and with a key of its own; what does not differ is written once."""
    run = uuid.uuid4().hex[:8].encode()
    parts = [_around(asked.key, body) for body in asked.bodies]
    for number, (head, middle, end) in zip(itertools.count(), itertools.cycle(parts), strict=False):
        own = b"%b-%08d" % (run, number)
        yield b"".join((head, own, middle, own, end))


def _around(key: str, body: bytes) -> tuple[bytes, bytes, bytes]:
    """Give what stands before, between and after the two places where a request is one of its own."""
    lines = (
        "POST /decisions HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body) - len(_SUBJECT) + _OWN_BYTES}",
        "Idempotency-Key: ",
    )
    before, after = body.split(_SUBJECT)
    return "\r\n".join(lines).encode(), b"\r\n\r\n" + before, after


class _Caller:
    """One connection: sends the next request as soon as the answer to the last one is whole."""

    __slots__ = ("_came", "_requests", "_sent", "connection")

    def __init__(self, connection: socket.socket, requests: Iterator[bytes]) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection, self._requests, self._came = connection, requests, b""
        self._send(time.perf_counter())

    def read(self, taken: list[float], until: float) -> bool:
        """Take in what has come; whether more will: raise Refused if it is no answer that was wanted."""
        data = self.connection.recv(_AT_ONCE)
        came = self._came + data if self._came else data
        end = came.find(b"\r\n\r\n")
        found = _LENGTH.search(came, 0, end + 2) if end >= 0 else None
        if found is None or len(came) < end + 4 + int(found[1]):
            self._came = came
            if not data:
                raise Refused("the server hung up")
            return True
        if not came.startswith(b"HTTP/1.1 201 "):
            raise Refused(came[:1000].decode())
        now = time.perf_counter()
        taken.append(now - self._sent)
        self._came = b""
        if now >= until:
            return False
        self._send(now)
        return True

    def _send(self, now: float) -> None:
        self._sent = now
        self.connection.sendall(next(self._requests))


if __name__ == "__main__":
    answered = _all(msgspec.json.decode(sys.stdin.buffer.read(), type=Call))
    sys.stdout.buffer.write(msgspec.json.encode(answered))
