"""Derived words and dates: formulas that name a fact, tables that give one, and how they stand in the trace."""

from __future__ import annotations

from engine import PolicySet
from engine.policy import Derived
from tests.engine.conftest import Decide, Load
from tests.engine.test_trace import document_of
from tests.engine.tiny import fired, value_of

COPIES = """derive:
  - {fact: shade, value: word}
  - {fact: start, value: day}
rules:
  - {rule: early, when: start < '2026-12-01', then: verify, because: plain}
  - {rule: red, when: shade == red, then: approve}"""


def test_a_word_and_a_date_are_taken_over(decide: Decide) -> None:
    """A formula that is the name of a word or a date gives it on, and rules read it like any other fact."""
    decision = decide(COPIES, {"word": "red", "day": "2026-11-30"})

    assert value_of(decision, "shade") == "red"
    assert value_of(decision, "start") == "2026-11-30"
    assert fired(decision) == ["early", "red"]
    assert fired(decide(COPIES, {"word": "blue", "day": "2026-12-01"})) == []


def test_what_is_taken_over_from_nothing_is_missing(decide: Decide) -> None:
    """Without the word the derived one is missing, and what is asked for is the given fact."""
    decision = decide(COPIES, {"day": "2026-12-01"})

    assert value_of(decision, "shade") is None
    assert [(rule.rule, rule.lacks) for rule in decision.undetermined] == [("red", ("word",))]


def test_dates_stand_in_the_trace_as_they_are_written(decide: Decide) -> None:
    """Read or derived, by formula or by table, a date is the text YYYY-MM-DD; rules show it the same way."""
    table = "{hit: first, when: [start], rows: [['< 2026-12-01', closed]], otherwise: open}"
    body = COPIES.replace("rules:", f"  - {{fact: gate, table: {table}}}\nrules:")
    trace = document_of(decide(body, {"word": "red", "day": "2026-11-30"}))["trace"]
    steps = {step["name"]: step for step in trace}

    assert steps["start"] == {
        "kind": "formula",
        "name": "start",
        "when": ["day"],
        "facts": {"day": "2026-11-30"},
        "value": "2026-11-30",
    }
    assert steps["gate"]["facts"] == {"start": "2026-11-30"}
    assert steps["gate"]["when"] == ["start < '2026-12-01'"]
    assert steps["early"]["facts"] == {"start": "2026-11-30"}


def test_a_list_of_words_in_a_cell_is_shown_as_it_stands(decide: Decide) -> None:
    """The trace shows the cells of the row that applied, lists in brackets, and leaves out those for any value."""
    body = """derive:
  - fact: tone
    table:
      hit: unique
      when: [word, flag]
      rows:
        - [[red, green], any, warm]
        - [blue, true, cold]
        - [blue, false, mild]
rules:
  - {rule: warm, when: tone == warm, then: approve}"""

    def when(**facts: object) -> object:
        return document_of(decide(body, facts))["trace"][0]["when"]

    assert when(word="green", flag=True) == ["word in [red, green]"]
    assert when(word="blue", flag=False) == ["word == blue and flag == false"]


def test_a_row_with_one_condition_is_that_condition(loaded: Load) -> None:
    """Cells for any value leave nothing to hold: a row of one other cell is its test, a row of none always applies."""
    body = """derive:
  - fact: tone
    table:
      hit: first
      when: [word, asked]
      rows:
        - [any, "> 5", 1]
        - [red, "> 3", 2]
        - [any, any, 3]
rules:
  - {rule: one, when: tone > 1, then: approve}"""
    policies: PolicySet = loaded(body)
    (tone,) = policies["tiny"].derived
    assert isinstance(tone, Derived)
    assert tone.table is not None
    names = [type(row.when).__name__ for row in tone.table.rows]

    assert names == ["Compare", "Junction", "Constant"]
