"""How often the rule network has to be asked, and how much is remembered of its answers, as more and more people come.

Run as `python -m bench.engines.asking`. For the benchmark's policy people are drawn as in the comparison; for
the shipped ones each fact is taken from any example of the policy, which mixes people up more than life does.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

from bench.applications import applications, shipped
from bench.engines.applicants import AS_OF, POLICY, Facts, applicants, load
from bench.machine import describe
from engine.given import Checker
from engine.policy import Policy
from engine.running.executor import Executor
from engine.running.matching import NetworkMatcher
from engine.vocabulary import Vocabulary

STEPS = (0, 500, 1_000, 2_000, 4_000, 8_000, 12_000, 20_000)


def main() -> None:
    """Print, for each policy, the share of decisions between two steps for which the network was asked."""
    print(describe())
    print(f"{'asked, of the decisions up to':<30}" + "".join(f"{step:>8,}" for step in STEPS[1:]) + "   states")
    own = load()
    _report(own[POLICY], own.vocabulary, applicants(STEPS[-1]))
    policies = shipped()
    for policy in policies:
        _report(policy, policies.vocabulary, list(_mixed(applications(policies, policy.name), STEPS[-1])))


def _mixed(examples: Sequence[Facts], count: int) -> Iterator[Facts]:
    chance = random.Random(0)  # repeatable, not secret
    names = list(dict.fromkeys(name for example in examples for name in example))
    for _ in range(count):
        drawn = {name: chance.choice(examples).get(name) for name in names}
        yield {name: value for name, value in drawn.items() if value is not None}


def _report(policy: Policy, vocabulary: Vocabulary, people: Sequence[Facts]) -> None:
    matcher, check, shares, asked = NetworkMatcher(policy), Checker(vocabulary), [], 0
    executor = Executor(policy, matcher)
    for begin, end in itertools.pairwise(STEPS):
        for facts in people[begin:end]:
            executor.evaluate(check(facts), AS_OF)
        shares.append((matcher.asked - asked) / (end - begin))
        asked = matcher.asked
    executor.close()
    print(f"{policy.name:<30}" + "".join(f"{share:8.1%}" for share in shares) + f"{matcher.remembered:9,}")


if __name__ == "__main__":
    main()
