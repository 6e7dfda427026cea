"""The fast check of given facts: one look at all of them, and what it says is what the plain check says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import FactsError, PolicySet
from engine import given as given_facts
from engine.given import Checker, check
from engine.vocabulary import Fact, Vocabulary
from tests.engine.test_given import LOAN, WHOLE, Facts


@pytest.fixture(scope="module")
def vocabulary(good: PolicySet) -> Vocabulary:
    """The facts of the good folder."""
    return good.vocabulary


def test_right_facts_are_looked_at_once(vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fast check takes whatever is right, to the ends of every range; it reads dates and lists of records alone."""
    least: Facts = {**WHOLE, "score": 0, "months": 0, "income": 0, "rate": 0, "online": False, "loans": []}
    most: Facts = {**WHOLE, "score": 900, "months": 500, "income": 100_000_000, "rate": 10_000, "loans": [LOAN]}
    words: list[Facts] = [{"job": word} for word in ("paid", "own", "none")]
    cases = [least, most, *words, {}]
    plain = [check(facts, vocabulary) for facts in cases]
    one_by_one: list[str] = []
    read = given_facts._given

    def noted(fact: Fact, *told: Any) -> object:
        one_by_one.append(fact.name)
        return read(fact, *told)

    fast = Checker(vocabulary)
    monkeypatch.setattr(given_facts, "check", None)
    monkeypatch.setattr(given_facts, "_given", noted)

    assert [fast(facts) for facts in cases] == plain
    assert set(one_by_one) == {"opened", "loans"}


def test_facts_are_given_back_as_they_are_unless_some_are_read(vocabulary: Vocabulary) -> None:
    """What is right already is not copied; dates and records are read into a copy, so that the caller keeps theirs."""
    fast, plain = Checker(vocabulary), {"score": 600}
    dated: Facts = {**plain, "opened": "2026-11-01", "loans": [LOAN]}
    before = {**dated}

    assert fast(plain) is plain
    assert fast(dated) == check(dated, vocabulary) != dated
    assert dated == before


_ANYTHING: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        -1,
        700,
        900,
        901,
        2**53,
        2**64,
        0.5,
        "",
        "paid",
        "none",
        "2024-02-29",
        "2024-02-30",
        [],
        {},
    ]
) | st.lists(st.sampled_from([LOAN, {**LOAN, "kind": "boat"}, 3, {}]), max_size=3)


@given(st.dictionaries(st.sampled_from([*WHOLE, "loans", "nobody"]), _ANYTHING))
def test_the_fast_check_says_what_the_plain_one_says(vocabulary: Vocabulary, facts: Facts) -> None:
    """Facts are taken or refused alike, with the same values or the same problems."""

    def outcome(read: Callable[[Facts], object]) -> object:
        try:
            return read(facts)
        except FactsError as refusal:
            return refusal.problems

    assert outcome(Checker(vocabulary)) == outcome(lambda facts: check(facts, vocabulary))
