"""A policy has one meaning and several executors: thousands of random policies and facts hold them together."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from engine import reference
from engine.evaluation import DIVISION_BY_ZERO
from engine.given import check
from tests.engine.generators import AS_OF, Case
from tests.engine.tiny import executors

CASES = int(os.environ.get("FUZZ_CASES", "1000"))
BLOCKS = 10
FACTS = 6
MOMENT = dt.datetime.fromisoformat(AS_OF)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_executor_and_the_reference_evaluator_agree(block: int, tmp_path: Path) -> None:
    """All executors give the same statuses, derived values, rows, amounts and causes for the same facts."""
    seen = dict.fromkeys(("fired", "rows", "gaps", "open"), 0)
    causes: set[str | None] = set()
    for seed in range(block * CASES // BLOCKS, (block + 1) * CASES // BLOCKS):
        case = Case(seed)
        policies = case.load(tmp_path)
        policy = policies["random_policy"]
        each = executors(policy)
        for _ in range(FACTS):
            given = check(case.facts(), policies.vocabulary)
            expected = reference.evaluate(policy, given, MOMENT)

            for executor in each:
                name = executor.matcher.ref.name
                assert executor.evaluate(given, MOMENT) == expected, f"{name}, seed {seed}: {given}"

            for what in seen:
                seen[what] += bool(getattr(expected, what))
            causes.update(gap.cause for gap in expected.gaps.values())
        for executor in each:
            executor.close()

    assert all(seen.values()), f"the generator does not reach everything: {seen}"
    assert {None, DIVISION_BY_ZERO} <= causes
