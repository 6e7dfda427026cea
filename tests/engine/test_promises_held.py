"""A policy's promises against decisions that somebody else took: each broken one is named, as the policy writes it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from engine import Engine, FactsError, Outcome, load_policies
from engine.decision import Offer
from tests.engine.folders import GOOD, write_good

AT = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
PROMISES = """
invariants:
  - monotone: {when_more: income, never_less: limit}
  - never: outcome == approve and months > 60
  - always: 1_000.00 <= limit <= 50_000.00
  - always: apr == 0.12
  - monotone: {when_more: months, never_less: limit}
"""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Load a policy that promises something."""
    text = GOOD.split("\ninvariants:")[0].rstrip() + "\n" + PROMISES
    return Engine(load_policies(write_good(tmp_path, good=text)), executor="index")


CASES: list[tuple[dict[str, object], Outcome, Offer | None, list[str]]] = [
    ({"months": 60}, Outcome.APPROVE, Offer(5_000_000, 1_200, 12), []),
    ({"months": 61}, Outcome.APPROVE, Offer(5_000_000, 1_200, 12), ["never"]),
    ({"months": 61}, Outcome.REJECT, None, []),
    ({"months": 60}, Outcome.APPROVE, Offer(5_000_001, 1_200, 12), ["always"]),
    ({"months": 60}, Outcome.APPROVE, Offer(99_999, 1_201, 12), ["always", "always"]),
    ({"months": 61}, Outcome.APPROVE, Offer(99_999, 1_201, 12), ["never", "always", "always"]),
    ({"months": 60}, Outcome.APPROVE, Offer(None, 1_200, None), []),
    ({}, Outcome.APPROVE, None, []),
]


@pytest.mark.parametrize(("facts", "outcome", "offer", "kinds"), CASES)
def test_each_broken_promise_is_named(
    engine: Engine, facts: dict[str, object], outcome: Outcome, offer: Offer | None, kinds: list[str]
) -> None:
    """What is not known or not offered breaks nothing; bounds are part of what is promised."""
    assert [each.split(":")[0] for each in engine.broken("good", facts, AT, outcome, offer)] == kinds


def test_a_promise_reads_as_it_was_written(engine: Engine) -> None:
    """The text is the policy's own, so that its author finds it."""
    told = engine.broken("good", {"months": 61}, AT, Outcome.APPROVE, Offer(5_000_000, 1_200, 12))

    assert told == ("never: outcome == approve and months > 60",)


def test_wrong_facts_are_refused_as_ever(engine: Engine) -> None:
    """Facts that no decision could be made on are no ground for one."""
    with pytest.raises(FactsError):
        engine.broken("good", {"nonsense": 1}, AT, Outcome.APPROVE, None)
