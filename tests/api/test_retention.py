"""Retention classes: dated data, checked when it is read, and months counted as lawyers count them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from api.retention import RetentionRefused, Schedule, months_after, months_before
from api.settings import SHIPPED_RETENTION
from engine import load_policies

TODAY = dt.date(2026, 11, 22)

CLASS = """
[[class]]
name = "one"
jurisdiction = "XX"
policies = ["*"]
title = {zh = "一", en = "one"}
[[class.term]]
from = 2020-01-01
keep_months = 12
remove_months = 24
source = "made up"
"""


@pytest.mark.parametrize("jurisdiction", ["CN", "US", "EU", "UK"])
def test_the_shipped_classes_cover_every_policy(jurisdiction: str) -> None:
    """Each decision point has a class in each jurisdiction, and each term says what it rests on."""
    schedule = Schedule.read(SHIPPED_RETENTION, jurisdiction)
    for policy in load_policies(SHIPPED_RETENTION.parent.parent / "policies").names:
        assert schedule.of(policy).term(TODAY).source
    assert all(each.title.zh and each.title.en for each in schedule.classes)


def test_the_shipped_terms_are_the_cited_ones() -> None:
    """Regulation B asks for 25 months, 12 for business credit; the AI Act's six months begin with its date."""
    us, eu = Schedule.read(SHIPPED_RETENTION, "US"), Schedule.read(SHIPPED_RETENTION, "EU")

    assert us.of("opening").keep_until(TODAY, TODAY) == dt.date(2028, 12, 22)
    assert us.of("business_opening").keep_until(TODAY, TODAY) == dt.date(2027, 11, 22)
    assert eu.of("opening").keep_until(TODAY, TODAY) == TODAY
    assert eu.of("opening").keep_until(TODAY, dt.date(2027, 12, 2)) == dt.date(2027, 5, 22)


def test_the_last_term_that_began_counts() -> None:
    """A term of a later date replaces the one before from its day on; before the first one the first counts."""
    eu = Schedule.read(SHIPPED_RETENTION, "EU").of("anything")

    assert [eu.term(day).keep_months for day in (dt.date(2000, 1, 1), dt.date(2027, 12, 1), dt.date(2027, 12, 2))] == [
        0,
        0,
        6,
    ]


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-05-05", 0, "2026-05-05"),
    ],
)
def test_months_end_where_the_month_ends(day: str, months: int, later: str) -> None:
    """The same day of a later month, or its last one."""
    assert months_after(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(later)


def test_whatever_is_due_began_before_the_cut() -> None:
    """For every day of four years: what is due by a day is found among what is older than the cut of that day."""
    for number in range(4 * 366):
        began = dt.date(2023, 1, 1) + dt.timedelta(number)
        for months in (1, 12, 25, 36):
            assert began <= months_before(months_after(began, months), months)


MISTAKES = {
    "not TOML": ("class = [", "retention.toml: "),
    "a key twice": (CLASS.replace("keep_months = 12", "keep_months = 12\nkeep_months = 13"), "overwrite"),
    "an unknown key": (CLASS.replace("source", "sauce"), "sauce"),
    "a missing key": (CLASS.replace("remove_months = 24\n", ""), "remove_months"),
    "a word for a number": (CLASS.replace("= 12", '= "12"'), "Expected `int`"),
    "less than nothing": (CLASS.replace("= 12", "= -1"), ">= 0"),
    "no term": (CLASS.split("[[class.term]]", maxsplit=1)[0], "term"),
    "removed before it may be": (CLASS.replace("= 24", "= 6"), "is removed before it may be"),
    "terms out of order": (CLASS + "[[class.term]]" + CLASS.split("[[class.term]]")[1], "follow each other"),
    "no class for the rest": (CLASS.replace('"*"', '"opening"'), 'no class for "*"'),
    "two classes": (CLASS + CLASS.replace('name = "one"', 'name = "two"'), "`*` has two classes in XX"),
    "a name twice": (CLASS + CLASS.replace('"*"', '"opening"'), "class `one` is there twice"),
    "nowhere": (CLASS.replace("XX", "YY"), "no class for jurisdiction `XX` (there are YY)"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, case: str) -> None:
    """What is wrong is said with the file's name, and nothing is kept or removed by guess."""
    path = tmp_path / "retention.toml"
    path.write_text(MISTAKES[case][0])
    with pytest.raises(RetentionRefused) as refused:
        Schedule.read(path, "XX")

    assert MISTAKES[case][1].casefold() in str(refused.value).casefold()
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A wrong path is an error, not an empty schedule."""
    with pytest.raises(RetentionRefused, match="cannot be read"):
        Schedule.read(tmp_path / "none.toml", "CN")
