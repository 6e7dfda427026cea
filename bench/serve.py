"""Decisions per second over HTTP, recorded and signed before they are answered: `grounds serve` as a user starts it.

The callers share the machine with the service, so the figures are lower than from a second machine.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import msgspec
import uvloop

from bench.applications import applications, shipped
from bench.machine import describe, spread

POLICY = "opening"
SECONDS = 5.0  #: per number of callers, after one second that does not count
CALLERS = (1, 16, 64)


class Refused(Exception):
    """the service answered something else than 201"""


def main() -> None:
    """Start a service on an empty data directory and ask it from 1, 16 and 64 connections in turn."""
    facts = applications(shipped(), POLICY)
    print(describe())
    print(f"{POLICY}, {len(facts)} applications in turn; recorded decisions over HTTP; milliseconds")
    with tempfile.TemporaryDirectory() as data, service(Path(data)) as (port, key):
        for callers in CALLERS:
            uvloop.run(load(port, key, facts, callers, 1.0))
            seconds = uvloop.run(load(port, key, facts, callers, SECONDS))
            print(f"{callers:3} callers {len(seconds) / SECONDS:8.0f} /s   {spread(seconds, 1e-3)}")


@contextmanager
def service(data: Path) -> Iterator[tuple[int, str]]:
    """Run `grounds serve` on a free port; give the port and a key that may ask."""
    command = [str(Path(sys.executable).with_name("grounds"))]
    where = ["--data", str(data)]
    key = subprocess.run(
        [*command, "key", "new", "--role", "integrator", *where], check=True, capture_output=True, text=True
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([*command, "serve", "--port", str(port), *where], stderr=subprocess.DEVNULL)
    try:
        _until_ready(port)
        yield port, key.stdout.strip()
    finally:
        process.terminate()
        process.wait()


def _until_ready(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the service did not start within 30 s")


async def load(port: int, key: str, facts: list[dict[str, object]], callers: int, seconds: float) -> list[float]:
    """Ask from a number of connections at once until the time is up; give the seconds each answer took."""
    taken: list[float] = []
    numbers, until = count(), time.perf_counter() + seconds
    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(_caller(port, key, facts, numbers, until, taken))
    return taken


async def _caller(
    port: int, key: str, facts: list[dict[str, object]], numbers: Iterator[int], until: float, taken: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (start := time.perf_counter()) < until:
        writer.write(_request(key, facts, next(numbers)))
        await _answer(reader)
        taken.append(time.perf_counter() - start)
    writer.close()


def _request(key: str, facts: list[dict[str, object]], number: int) -> bytes:
    body = msgspec.json.encode(
        {"policy": POLICY, "subject": f"bench-{os.getpid()}-{number}", "facts": facts[number % len(facts)]}
    )
    head = (
        "POST /decisions HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {key}",
        f"Idempotency-Key: {uuid.uuid4()}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join([*head, "", ""]).encode() + body


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    body = await reader.readexactly(int(length.partition(b":")[2]))
    if not head.startswith(b"HTTP/1.1 201 "):
        raise Refused(head.partition(b"\r\n")[0].decode(), body[:500].decode())


if __name__ == "__main__":
    main()
