"""One explained decision through Grounds and through the engines a user could pick instead; equal answers first.

Run as `python -m bench.engines.compare [ROUNDS]`.

Every contender decides the applicants of a round in one go, warm as a service is, and then it is the next one's turn;
another one begins each round, since who begins is the first to read the applicants' facts from memory. Each round has
applicants of its own, whom no contender has met: answers were compared on others, so that what an engine remembers of
them helps only as far as people are alike. A contender's figure of a round is the median of its decisions, beside it
the 90th percentile, where what is not remembered shows; its ratio is taken against Grounds in the same round. The
explanation is part of our time; a contender that cannot explain is not asked to.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

from bench.engines.applicants import AS_OF, FRESH, POLICY, Facts, applicants, load
from bench.engines.contest import Answer, Contender
from bench.machine import describe
from engine import Engine, PolicySet

MODULES = (
    *("grounds", "hand", "zen", "json_logic", "rego", "cel_rust", "cel_cpp", "clips", "cedar"),
    *("rule_engine", "business_rules"),
)
ROUNDS = 9
PEOPLE = 9_000  #: whom the rounds share
OURS = ("grounds", "grounds, by index")  #: the rule network, which decides by default, and the index

#: What is to be reached: contender, its time over ours is to be at least.
GOALS = (
    ("zen evaluate, trace", 15.0),
    ("zen evaluate_batch, trace", 7.0),
    ("zen evaluate_batch, terse trace", 7.0),
    ("hand-written Python", 1 / 20),
)
_STEP = 4  #: places by which the order of a round differs from that of the round before
ALL_OTHERS = 1.0  #: every engine that installs from PyPI into this process

#: Contender -> seconds per decision: median and 90th percentile of each round.
Times = Mapping[str, Sequence[tuple[float, float]]]


def main(rounds: int = ROUNDS) -> int:
    """Compare answers, then time; give 1 when answers differ."""
    policies, people = load(), applicants()
    print(describe())
    print(_coverage(policies, people))
    contestants = list(_contestants(policies))
    different = [line for contestant in contestants[1:] for line in _differences(contestants[0], contestant, people)]
    if different:
        print("\n".join(different))
        return 1
    print(f"{len(contestants)} contenders, equal answers for {len(people):,} applicants\n")
    _report(_timed(contestants, applicants(PEOPLE, seed=FRESH), rounds))
    return 0


def _contestants(policies: PolicySet) -> Iterator[Contender]:
    for name in MODULES:
        try:
            yield from import_module(f"bench.engines.contenders.{name}").contenders(policies)
        except ImportError as missing:
            print(f"{name}: left out, `{missing.name}` is not installed (pip install .[bench])")


def _coverage(policies: PolicySet, people: Sequence[Facts]) -> str:
    """Say what the applicants are like; every row and rule must come up."""
    policy, engine = policies[POLICY], Engine(policies)
    seen: set[tuple[str, str]] = set()
    outcomes: dict[str, int] = {}
    for facts in people:
        decision = engine.decide(POLICY, facts, AS_OF)
        outcomes[decision.outcome] = outcomes.get(decision.outcome, 0) + 1
        seen |= {(step.name, when) for step in decision.trace if step.kind in ("table", "rule") for when in step.when}
    engine.close()
    written = len(policy.rules) + sum(len(derived.table.rows) for derived in policy.derived if derived.table)
    if len(seen) != written:
        raise AssertionError(f"{len(seen)} of {written} rows and rules came up")
    shares = ", ".join(f"{count / len(people):.0%} {outcome}" for outcome, count in sorted(outcomes.items()))
    return f"{POLICY}: {written} rules over {len(policy.facts)} facts, each fired; {shares}"


def _differences(reference: Contender, other: Contender, people: Sequence[Facts]) -> Iterator[str]:
    for number, facts in enumerate(people):
        wanted, found = _answered(reference, facts), _answered(other, facts)
        if wanted != found:
            yield f"applicant {number}: {reference.name} says {wanted}, {other.name} says {found}"
            return


def _answered(contender: Contender, facts: Facts) -> Answer:
    return contender.answer(contender.decide(facts))


def _timed(contestants: Sequence[Contender], people: Sequence[Facts], rounds: int) -> Times:
    """Time all contenders on the applicants of each round."""
    figures: dict[str, list[tuple[float, float]]] = {contestant.name: [] for contestant in contestants}
    share = len(people) // rounds
    gc.collect()
    gc.freeze()
    for number in range(rounds):
        mine = people[number * share : (number + 1) * share]
        for contestant in _turned(contestants, number):
            seconds = sorted(_clocked(contestant, mine))
            figures[contestant.name].append((statistics.median(seconds), seconds[len(seconds) * 9 // 10]))
    return figures


def _turned(contestants: Sequence[Contender], number: int) -> Sequence[Contender]:
    """Give the order of a round: a few places further on in each, so that all parts of the field come to begin."""
    start = number * _STEP % len(contestants)
    return [*contestants[start:], *contestants[:start]]


def _clocked(contestant: Contender, people: Sequence[Facts]) -> list[float]:
    decide, clock, seconds = contestant.decide, time.perf_counter, []
    for facts in people:
        start = clock()
        decide(facts)
        seconds.append(clock() - start)
    return seconds


def _report(times: Times) -> None:
    print(f"{'µs per decision':<32}{'median':>9}{'best':>9}{'p90':>9}   times ours: median (min .. max)")
    for name, figures in times.items():
        low, middle, high = _spread(_ratios(times, name, OURS[0]))
        medians, late = zip(*figures, strict=True)
        shown = "".join(
            f"{seconds * 1e6:9.1f}" for seconds in (statistics.median(medians), min(medians), statistics.median(late))
        )
        print(f"{name:<32}{shown}   {middle:6.2f} ({low:.2f} .. {high:.2f})")
    others = [name for name in times if name not in dict(GOALS) and not name.startswith(OURS[0])]
    goals = dict(GOALS) | dict.fromkeys(others, ALL_OTHERS)
    for ours in OURS:
        print(f"\n{ours}:")
        for name, wanted in goals.items():
            if name in times:
                print(_verdict(name, wanted, statistics.median(_ratios(times, name, ours))))


def _verdict(name: str, wanted: float, ratio: float) -> str:
    """Say whether a goal is reached, in the words of the goal."""
    word = "reached" if ratio >= wanted else "missed"
    if wanted < 1:
        return f"{word:8} {1 / ratio:.1f} times {name}, at most {1 / wanted:.0f} wanted"
    return f"{word:8} {ratio:.1f} times faster than {name}, at least {wanted:.0f} wanted"


def _ratios(times: Times, name: str, ours: str) -> list[float]:
    return [theirs / mine for (theirs, _), (mine, _) in zip(times[name], times[ours], strict=True)]


def _spread(ratios: Sequence[float]) -> tuple[float, float, float]:
    return min(ratios), statistics.median(ratios), max(ratios)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
