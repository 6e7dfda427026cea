"""A first try of a folder of policies in a process that may die of it: ``python -m engine.trial FOLDER MIB SECONDS``.

A failed load leaks memory in the C engine, and a policy that gets past every check and still crashes or hangs it must
not do so where decisions are taken. So the folder is loaded, compiled and put through all its examples here first,
within bounds on memory and processor time; one line of JSON on standard output says what came of it.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import msgspec

from engine.deciding import Engine
from engine.errors import Finding, PolicyError
from engine.examples import moment
from engine.reading.loading import load_policies

MAX_FINDINGS = 200


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a try: the digests of policies that work, or what is wrong with them."""

    digests: dict[str, str] = {}
    findings: tuple[Finding, ...] = ()


def attempt(folder: Path) -> Verdict:
    """Load and compile all policies of a folder, and decide every example."""
    try:
        policies = load_policies(folder)
    except PolicyError as refusal:
        return Verdict(findings=refusal.findings[:MAX_FINDINGS])
    engine = Engine(policies)
    for policy in policies:
        for example in policy.examples:
            engine.decide_given(policy, example.given, moment(policy, example))
    engine.close()
    return Verdict({policy.name: policy.digest for policy in policies})


def bound(memory_mib: int, seconds: int) -> None:
    """Bound what this process may take; beyond it, it fails or is killed, and no core is dumped."""
    for kind, limit in (
        (resource.RLIMIT_AS, memory_mib << 20),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def main() -> None:
    """Try the folder named on the command line."""
    folder, memory_mib, seconds = sys.argv[1:]
    bound(int(memory_mib), int(seconds))
    sys.stdout.buffer.write(msgspec.json.encode(attempt(Path(folder))))


if __name__ == "__main__":
    main()
