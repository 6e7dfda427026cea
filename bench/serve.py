"""Audited decisions per second over HTTP, against the same server without the log and against others, in one run.

`python -m bench.serve` starts four servers: the service with group commit, the same with a commit for each request, the
same without the log, and a bare handler of the framework that only validates the same body. It asks them in turn, round
by round, at 1, 16 and 64 connections, and prints medians; of the ratios within each round the quartiles too. A machine
that others share is slower by a third in some minutes, so rounds are many and short. The load generator is a process of
its own, but on the same machine, so figures are lower than from a second one. `--policy opening` takes a shipped policy
in place of the small one of `bench.engines`.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.applications import POLICIES, applications, shipped
from bench.calling import Call, call
from bench.engines import applicants
from bench.machine import describe
from bench.serving import SERVERS

SHOWN = {
    "grouped": "group commit",
    "alone": "a commit per request",
    "unrecorded": "without the log",
    "bare": "bare handler",
}
CALLERS = (1, 16, 64)
PATIENCE_SECONDS = 300.0  #: for a server to start, on a machine that has other things to do


class Served(NamedTuple):
    """A running server."""

    port: int
    key: str


def main() -> None:
    """Start the servers, ask them in turn, print what came of it."""
    options = _parser().parse_args()
    bodies, policies = _bodies(options.policy)
    print(describe())
    print(f"{options.policy}, {len(bodies)} applications in turn, {options.rounds} rounds of {options.seconds:g} s")
    with ExitStack() as stack:
        made = {which: stack.enter_context(server(which, policies)) for which in SERVERS}
        for callers in CALLERS:
            _print(callers, _rounds(made, bodies, callers, options), options.seconds)


def _rounds(
    made: Mapping[str, Served], bodies: Sequence[bytes], callers: int, options: argparse.Namespace
) -> dict[str, list[list[float]]]:
    for one in made.values():
        call(Call(*one, bodies, callers, 1.0))  # does not count
    taken: dict[str, list[list[float]]] = {which: [] for which in made}
    for turn in range(options.rounds):
        for which in _order([*made], turn):
            taken[which].append(call(Call(*made[which], bodies, callers, options.seconds)))
    return taken


def _order(every: Sequence[str], turn: int) -> Sequence[str]:
    """Begin with each in turn, and go backwards every other time: what one leaves to the next one is shared out."""
    first = turn // 2 % len(every)
    return [*every[first:], *every[:first]][:: -1 if turn % 2 else 1]


def _print(callers: int, taken: Mapping[str, list[list[float]]], seconds: float) -> None:
    print(f"{callers} connections")
    ours = [len(each) for each in taken["grouped"]]
    for which, rounds in taken.items():
        every = sorted(each * 1e3 for one in rounds for each in one)
        p50, p99 = statistics.median(every), every[int(len(every) * 0.99)]
        rate = statistics.median(map(len, rounds)) / seconds
        beside = "" if which == "grouped" else f"   group commit: {_times(ours, [*map(len, rounds)])}"
        print(f"  {SHOWN[which]:<22} {rate:8.0f} /s   ms p50 {p50:7.2f} p99 {p99:7.2f}{beside}", flush=True)


def _times(ours: Sequence[int], others: Sequence[int]) -> str:
    ratios = [mine / other for mine, other in zip(ours, others, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return f"{middle:5.2f} times as many ({low:.2f} to {high:.2f})"


@contextmanager
def server(which: str, policies: Path) -> Iterator[Served]:
    """Run one of the servers on a free port and an empty data directory; give the port and a key that may ask."""
    with tempfile.TemporaryDirectory() as data:
        made = subprocess.run(
            [str(Path(sys.executable).with_name("grounds")), "key", "new", "--role", "integrator", "--data", data],
            check=True,
            capture_output=True,
            text=True,
        )
        port = free_port()
        command = [sys.executable, "-m", "bench.serving", which, str(port), data, str(policies)]
        unlimited = {**os.environ, "GROUNDS_RATE_LIMIT": "0"}
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=unlimited)
        try:
            _until_ready(port, process)
            yield Served(port, made.stdout.strip())
        finally:
            process.terminate()
            process.wait()


def _bodies(policy: str) -> tuple[list[bytes], Path]:
    if policy == applicants.POLICY:
        facts, policies = applicants.applicants(500), Path(applicants.__file__).with_name("policy")
    else:
        facts, policies = applications(shipped(), policy), POLICIES
    return [msgspec.json.encode({"policy": policy, "subject": "%SUBJECT", "facts": each}) for each in facts], policies


def free_port() -> int:
    """Give a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                probe.sendall(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if probe.recv(8).startswith(b"HTTP/1.1"):
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"a server did not start within {PATIENCE_SECONDS:g} s")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.serve", description="measure decisions over HTTP")
    parser.add_argument("--policy", default=applicants.POLICY, help="a shipped policy, or the small one [%(default)s]")
    parser.add_argument("--rounds", type=_several, default=24, help="two or more [%(default)s]")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each server in each round [%(default)s]")
    return parser


def _several(text: str) -> int:
    if (rounds := int(text)) < 2:
        raise argparse.ArgumentTypeError("one round has no quartiles: give two or more")
    return rounds


if __name__ == "__main__":
    main()
