"""Conditions spread into branches: how far, and what becomes of one that would spread further."""

from __future__ import annotations

from engine.expression import show
from engine.kinds import INT
from engine.reading.parsing import parse_condition
from engine.running.branches import MAX_BRANCHES, MAX_TESTS, branches

SCOPE = {f"a{i}": INT for i in range(MAX_TESTS + 1)}


def _shown(text: str) -> list[list[str]]:
    return [[show(test) for test in branch] for branch in branches(parse_condition(text, SCOPE))]


def test_each_way_a_condition_can_hold_is_a_branch() -> None:
    """`or` adds branches, `and` combines them, and a test that stands twice in a branch stands there once."""
    assert _shown("a0 > 1 and (a1 > 1 or a2 > 1) and a0 > 1") == [["a0 > 1", "a1 > 1"], ["a0 > 1", "a2 > 1"]]
    assert _shown("a0 > 1 or a0 > 1") == [["a0 > 1"]]
    assert _shown("a0 > 1 or true") == [["a0 > 1"], []]
    assert _shown("a0 > 1 and false") == []


def test_not_goes_down_to_the_single_tests() -> None:
    """Negation turns comparisons, memberships and questions of absence round, and swaps `and` with `or`."""
    assert _shown("not (a0 > 1 and a1 in [1, 2] and a2 is missing)") == [
        ["a0 <= 1"],
        ["a1 not in [1, 2]"],
        ["a2 is not missing"],
    ]
    assert _shown("not (a0 == 1 or not a1 < 2)") == [["a0 != 1", "a1 < 2"]]


def test_a_condition_spreads_up_to_its_limit_of_branches() -> None:
    """So many branches are kept apart; with one more the condition is a single test."""
    tests = [f"a{i} > 1" for i in range(MAX_BRANCHES + 1)]

    assert _shown(" or ".join(tests[:-1])) == [[test] for test in tests[:-1]]
    assert _shown(" or ".join(tests)) == [[" or ".join(tests)]]


def test_a_branch_is_as_long_as_its_limit() -> None:
    """So many tests may have to hold together; with one more the whole condition is a single test, whatever else."""
    tests = [f"a{i} > 1" for i in range(MAX_TESTS + 1)]
    longest, longer = " and ".join(tests[:-1]), " and ".join(tests)

    assert _shown(f"a0 < 0 or {longest}") == [["a0 < 0"], tests[:-1]]
    assert _shown(f"a0 < 0 or {longer}") == [[f"a0 < 0 or {longer}"]]
