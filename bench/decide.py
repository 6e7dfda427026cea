"""One explained decision of `opening` through the engine: facts as JSON values in, the decision document out.

Beside it, in the same rounds, what the executors take to evaluate the same facts without explaining anything.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

import msgspec

from bench.applications import applications, shipped
from bench.machine import describe, spread
from engine import Engine, reference
from engine.given import check
from engine.running.executor import Executor
from engine.running.matching import IndexMatcher, NetworkMatcher

POLICY = "opening"
ROUNDS = 40
AS_OF = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def main() -> None:
    """Measure the whole decision and its parts in turn, so that a noisy moment hits them all."""
    policies = shipped()
    policy, engine = policies[POLICY], Engine(policies)
    network, index = Executor(policy, NetworkMatcher(policy)), Executor(policy, IndexMatcher(policy))
    facts = applications(policies, POLICY)
    given = [check(each, policies.vocabulary) for each in facts]
    encode = msgspec.json.Encoder().encode

    parts: dict[str, Callable[[int], object]] = {
        "decide, explained, as JSON bytes": lambda i: encode(engine.decide(POLICY, facts[i], AS_OF).document()),
        "  evaluate: rule network": lambda i: network.evaluate(given[i], AS_OF),
        "  evaluate: index": lambda i: index.evaluate(given[i], AS_OF),
        "  evaluate: reference evaluator": lambda i: reference.evaluate(policy, given[i], AS_OF),
    }
    taken = measure(parts, len(facts))

    print(describe())
    print(f"{POLICY}: {len(policy.rules)} rules, {len(policy.derived)} derived facts, {len(facts)} applications; µs")
    for part, seconds in taken.items():
        print(f"{part:<34}{spread(seconds, 1e-6)}")


def measure(parts: dict[str, Callable[[int], object]], applications: int) -> dict[str, list[float]]:
    """Time each part on each application, in interleaved rounds after a round that does not count."""
    taken: dict[str, list[float]] = {part: [] for part in parts}
    for round_ in range(ROUNDS + 1):
        for part, work in parts.items():
            for index in range(applications):
                start = time.perf_counter()
                work(index)
                if round_:
                    taken[part].append(time.perf_counter() - start)
    return taken


if __name__ == "__main__":
    main()
