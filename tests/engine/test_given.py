"""Checking given facts: every mistake is found at once, with its path, the value and the remedy."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Engine, FactsError, PolicySet, UnknownPolicy
from engine.errors import Problem
from engine.given import Checker, check
from engine.vocabulary import Vocabulary

MOMENT = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
LOAN = {"days": 0, "owed": 100, "kind": "car"}
WHOLE = {
    "score": 700,
    "months": 24,
    "income": 500_000,
    "rate": 100,
    "online": True,
    "job": "paid",
    "opened": "2024-02-29",
}

Facts = dict[str, object]


@pytest.fixture(scope="session")
def vocabulary(good: PolicySet) -> Vocabulary:
    """The facts of the good folder."""
    return good.vocabulary


def problems(facts: Facts, vocabulary: Vocabulary) -> tuple[Problem, ...]:
    """What is wrong with facts."""
    with pytest.raises(FactsError) as refusal:
        check(facts, vocabulary)
    assert str(refusal.value) == "\n".join(map(str, refusal.value.problems))
    return refusal.value.problems


def test_facts_become_values_in_base_units(vocabulary: Vocabulary) -> None:
    """Fen, basis points, words and booleans stay; dates become dates, records tuples; what is absent stays so."""
    found = check({**WHOLE, "loans": [LOAN, LOAN]}, vocabulary)

    assert found == {**WHOLE, "opened": dt.date(2024, 2, 29), "loans": (LOAN, LOAN)}
    assert check({}, vocabulary) == {}
    assert check({"loans": []}, vocabulary) == {"loans": ()}


def test_both_ends_of_a_range_are_values(vocabulary: Vocabulary) -> None:
    """Ranges include their ends, in base units, for facts and for fields of records."""
    ends: Facts = {
        "score": 900,
        "income": 100_000_000,
        "rate": 10_000,
        "loans": [{**LOAN, "owed": 10_000, "days": 100}],
    }

    assert check(ends, vocabulary)["income"] == 100_000_000
    assert check({"score": 0, "income": 0, "rate": 0, "gender": "f"}, vocabulary)["score"] == 0


WRONG: list[tuple[str, object, str, str, str]] = [  # fact, value, path, message, remedy
    ("scor", 5, "facts.scor", "unknown fact `scor`", "did you mean `score`?"),
    ("zzzzzz", 5, "facts.zzzzzz", "unknown fact `zzzzzz`", "see the fact dictionary"),
    ("tier", "A", "facts.tier", "unknown fact `tier`", ""),
    ("", 5, "facts.", "unknown fact ``", ""),
    ("x" * 5_000, 5, "facts.xxxx", "unknown fact `xxxx", ""),
    ("score", "700", "facts.score", "`700` is not a whole number", "no quotes, no decimals"),
    ("score", 700.0, "facts.score", "`700.0` is not a whole number", "no quotes, no decimals"),
    ("score", float("nan"), "facts.score", "`nan` is not a whole number", "no quotes, no decimals"),
    ("score", float("inf"), "facts.score", "`inf` is not a whole number", "no quotes, no decimals"),
    ("score", True, "facts.score", "`True` is not a whole number", "no quotes, no decimals"),
    ("score", None, "facts.score", "null is not a value", "leave the fact out"),
    ("score", [], "facts.score", "`[]` is not a whole number", ""),
    ("score", {"value": 5}, "facts.score", "is not a whole number", ""),
    ("score", 901, "facts.score", "`901` is out of range 0..900", ""),
    ("score", -1, "facts.score", "`-1` is out of range 0..900", ""),
    ("score", 2**63, "facts.score", f"`{2**63}` is out of range", ""),
    ("score", -(2**64), "facts.score", "is out of range", ""),
    (
        "income",
        15_000.5,
        "facts.income",
        "`15000.5` is not money as an integer",
        "integer fen (15000.00 yuan is 1500000)",
    ),
    ("income", "15000", "facts.income", "is not money as an integer", "integer fen"),
    ("income", False, "facts.income", "`False` is not money as an integer", "integer fen"),
    ("income", 100_000_001, "facts.income", "is out of range 0..100000000 (0 to 1000000 yuan)", "integer fen"),
    ("rate", 0.5, "facts.rate", "`0.5` is not rate as an integer", "integer basis points (18.5 % is 1850)"),
    ("rate", 10_001, "facts.rate", "is out of range 0..10000 (0 to 1)", "integer basis points"),
    ("online", 1, "facts.online", "`1` is not true or false", ""),
    ("online", "true", "facts.online", "`true` is not true or false", ""),
    ("online", None, "facts.online", "null is not a value", "leave the fact out"),
    ("job", "payed", "facts.job", "`payed` is not one of paid, own, none", "did you mean `paid`?"),
    ("job", "Paid", "facts.job", "`Paid` is not one of", "did you mean `paid`?"),
    ("job", 0, "facts.job", "`0` is not one of", ""),
    ("job", "\ud800", "facts.job", "is not one of", ""),
    ("opened", "2024-02-30", "facts.opened", "`2024-02-30` is not a date", "write YYYY-MM-DD"),
    ("opened", "20240229", "facts.opened", "is not a date", "write YYYY-MM-DD"),
    ("opened", "2024-W09-4", "facts.opened", "`2024-W09-4` is not a date", "write YYYY-MM-DD"),
    ("opened", "2024-02-29T00:00:00Z", "facts.opened", "is not a date", "write YYYY-MM-DD"),
    ("opened", "２０２４-02-29", "facts.opened", "is not a date", "write YYYY-MM-DD"),
    ("opened", "2024-02-29\n", "facts.opened", "is not a date", "write YYYY-MM-DD"),
    ("opened", 20240229, "facts.opened", "is not a date", "write YYYY-MM-DD"),
    ("opened", dt.date(2024, 2, 29), "facts.opened", "is not a date", "write YYYY-MM-DD"),
    ("loans", {}, "facts.loans", "`{}` is not a list of records", "write ["),
    ("loans", "[]", "facts.loans", "is not a list of records", "write ["),
    ("loans", None, "facts.loans", "", ""),
    ("loans", [5], "facts.loans[0]", "`5` is not a record", 'write {"field": value'),
    ("loans", [LOAN] * 21, "facts.loans", "21 records", "at most 20"),
    (
        "loans",
        [LOAN, {"days": 0, "owed": 100}],
        "facts.loans[1].kind",
        "field `kind` is missing",
        "every record has all fields",
    ),
    (
        "loans",
        [{**LOAN, "colour": 5}],
        "facts.loans[0].colour",
        "`colour` is an unknown field",
        "known: days, owed, kind",
    ),
    ("loans", [{**LOAN, "days": True}], "facts.loans[0].days", "`True` is not a whole number", ""),
    ("loans", [{**LOAN, "days": None}], "facts.loans[0].days", "null is not a value", ""),
    (
        "loans",
        [{**LOAN, "owed": 10_001}],
        "facts.loans[0].owed",
        "is out of range 0..10000 (0 to 100 yuan)",
        "integer fen",
    ),
    ("loans", [{**LOAN, "kind": "bike"}], "facts.loans[0].kind", "`bike` is not one of car, home", ""),
    ("loans", [[]], "facts.loans[0]", "`[]` is not a record", ""),
]


@pytest.mark.parametrize(("name", "value", "path", "message", "remedy"), WRONG, ids=lambda value: repr(value)[:30])
def test_a_wrong_fact_is_named_with_path_value_and_remedy(
    vocabulary: Vocabulary, name: str, value: object, path: str, message: str, remedy: str
) -> None:
    """Unknown, misspelt, of the wrong type, out of range, null, or a broken record: one problem that says so."""
    found = problems({**WHOLE, name: value}, vocabulary)

    assert len(found) == 1
    assert found[0].path.startswith(path)
    assert message in found[0].message
    assert remedy in found[0].remedy
    assert len(str(found[0])) < 1_000


def test_null_is_named_as_json_writes_it(vocabulary: Vocabulary) -> None:
    """The offending value is `null`, for a fact and for a field of a record."""
    found = problems({"score": None, "loans": [{**LOAN, "days": None}]}, vocabulary)

    assert [(one.path, one.value) for one in found] == [("facts.score", "null"), ("facts.loans[0].days", "null")]


def test_every_problem_is_reported_at_once(vocabulary: Vocabulary) -> None:
    """One answer names all wrong facts and all wrong fields of all records, each with its path."""
    facts: Facts = {
        "scor": 1,
        "score": "1",
        "income": None,
        "job": "x",
        "opened": "x",
        "loans": [{"days": -1, "owed": "1"}, 5, {**LOAN, "kind": 0, "extra": 1}],
    }

    assert {problem.path for problem in problems(facts, vocabulary)} == {
        "facts.scor",
        "facts.score",
        "facts.income",
        "facts.job",
        "facts.opened",
        "facts.loans[0].days",
        "facts.loans[0].owed",
        "facts.loans[0].kind",
        "facts.loans[1]",
        "facts.loans[2].kind",
        "facts.loans[2].extra",
    }


def test_absurd_values_are_refused_like_others(vocabulary: Vocabulary) -> None:
    """A number of thousands of digits or a value nested thousands deep is a wrong value, not a crash."""
    assert problems({"score": 10**5_000}, vocabulary)[0].path == "facts.score"
    deep: object = []
    for _ in range(20_000):
        deep = [deep]

    assert problems({"score": deep}, vocabulary)[0].path == "facts.score"
    assert problems({"loans": [deep]}, vocabulary)[0].path == "facts.loans[0]"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["paid", "2024-02-29"]),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from([*LOAN, "x"]), parts, max_size=4),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*WHOLE, "loans", "gender", "nonsense"]), JSON, max_size=5))
def test_any_json_is_taken_or_refused_with_a_problem_for_each_wrong_fact(vocabulary: Vocabulary, facts: Facts) -> None:
    """Whatever the values, each fact is either in the result or named by a problem, and nothing else is raised."""
    try:
        taken = check(facts, vocabulary)
    except FactsError as refusal:
        wrong = {problem.path.removeprefix("facts.").partition("[")[0] for problem in refusal.problems}
        assert wrong <= set(facts)  # some are taken
        check({name: value for name, value in facts.items() if name not in wrong}, vocabulary)
    else:
        assert set(taken) == set(facts)


def test_the_engine_checks_before_it_decides(good: PolicySet) -> None:
    """Unknown policies, wrong facts and an instant without time zone are refused before anything is decided."""
    engine = Engine(good)

    with pytest.raises(UnknownPolicy, match="unknown policy `god`") as unknown:
        engine.decide("god", {}, MOMENT)
    assert (unknown.value.name, unknown.value.known) == ("god", ("good",))
    with pytest.raises(FactsError, match=r"facts\.score"):
        engine.decide("good", {"score": "1"}, MOMENT)
    with pytest.raises(ValueError, match="time zone"):
        engine.decide("good", {}, MOMENT.replace(tzinfo=None))
    engine.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": 10**30},
        {"score": -(2**70)},
        {"score": 1.0},
        {"score": True},
        {"score": None},
        {"score": "5"},
        {"score": 5_000},
        {"income": 1.5},
        {"income": -1},
        {"rate": "3 %"},
        {"job": 5},
        {"job": "payd"},
        {"job": "violet"},
        {"online": 1},
        {"opened": "29.2.2024"},
        {"opened": 5},
        {"loans": 3},
        {"loans": [3]},
        {"loans": [{}]},
        {"nobody": 1},
        {5: 1},
    ],
    ids=str,
)
def test_every_problem_names_the_place_and_the_remedy(vocabulary: Vocabulary, wrong: dict[Any, object]) -> None:
    """Whatever is wrong with a fact, the refusal says where, what stands there, and what to do."""
    with pytest.raises(FactsError) as refusal:
        Checker(vocabulary)(wrong)

    for problem in refusal.value.problems:
        assert problem.path.startswith("facts.")
        assert problem.message
        assert problem.remedy
