"""Listings are held against the log row by row, and each row that differs is named, with the decisions it is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.listed import Listed, Unlike
from api.listings import indexes, packed, unpacked
from api.readmodels import BLOCK, all_derived
from api.tables import LISTING
from tests.api.logbook import logbook, recorded

MADE = logbook(3 * BLOCK + 5, seed=11)
OVERDUE = [index for index, entry in enumerate(MADE) if "overdue" in entry.get("rules", ())]
LAST = 2 * BLOCK - 1  #: entry of a block between two others
AMONG = [index for index in OVERDUE if LAST - BLOCK < index <= LAST]


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[sa.Connection]:
    """Give the tables that some entries lead to."""
    with recorded(tmp_path, MADE) as connection:
        yield connection


def differing(tables: sa.Connection) -> list[Unlike]:
    """Name the rows that differ."""
    wanted = Listed()
    for _, table, rows in all_derived(enumerate(MADE)):
        if table is LISTING:
            wanted.add(rows)
    return [*wanted.differing(tables)]


def say(tables: sa.Connection, bits: bytes) -> None:
    """Have a row of a rule say something else."""
    chosen = LISTING.c.field == "rules", LISTING.c.code == "overdue", LISTING.c.log_index == LAST
    assert tables.execute(LISTING.update().where(*chosen).values(bits=bits)).rowcount == 1


def bit(index: int) -> int:
    """Give the bit of a decision in that row."""
    return 1 << LAST - index


def test_nothing_differs_in_what_was_recorded(tables: sa.Connection) -> None:
    """Row by row both say the same."""
    assert differing(tables) == []


@pytest.mark.parametrize("place", [0, 7, -1])
def test_a_decision_that_is_not_listed(tables: sa.Connection, place: int) -> None:
    """The first, the last or any between is named, and none beside it."""
    say(tables, packed(sum(map(bit, AMONG)) - bit(AMONG[place])))
    assert differing(tables) == [Unlike("rules", "overdue", LAST, [AMONG[place]], [])]


def test_a_decision_too_many(tables: sa.Connection) -> None:
    """One of the block, or one from before it, where no bit has any business."""
    other = next(index for index in range(LAST, 0, -1) if index not in AMONG)
    say(tables, packed(sum(map(bit, AMONG)) + bit(other) + bit(LAST - BLOCK)))
    assert differing(tables) == [Unlike("rules", "overdue", LAST, [], [LAST - BLOCK, other])]


def test_the_same_bits_written_otherwise(tables: sa.Connection) -> None:
    """A row is compared to the letter, though it leads to the same decisions."""
    say(tables, b"\0" + packed(sum(map(bit, AMONG))))
    assert differing(tables) == [Unlike("rules", "overdue", LAST, [], [])]


@pytest.mark.parametrize("place", [("rules", "overdue"), ("rules", "aaa"), ("digest", "d")])
def test_a_row_too_many(tables: sa.Connection, place: tuple[str, str]) -> None:
    """Behind all others, of a code that nobody gave, of a field that is not listed."""
    tables.execute(LISTING.insert(), dict(zip(("field", "code"), place, strict=True), log_index=9_999, bits=b"\3"))
    assert differing(tables) == [Unlike(*place, 9_999, [], [9_998, 9_999])]


def test_a_row_of_another_block(tables: sa.Connection) -> None:
    """It is missing where it was, and has no business where it is; all of them are, if there is none."""
    chosen = LISTING.c.field == "rules", LISTING.c.code == "overdue", LISTING.c.log_index == LAST
    tables.execute(LISTING.update().where(*chosen).values(log_index=LAST + 9 * BLOCK))
    moved = [index + 9 * BLOCK for index in AMONG]
    assert differing(tables) == [
        Unlike("rules", "overdue", LAST, AMONG, []),
        Unlike("rules", "overdue", LAST + 9 * BLOCK, [], moved),
    ]
    tables.execute(LISTING.delete())
    lacking = [unlike for unlike in differing(tables) if (unlike.field, unlike.code) == ("rules", "overdue")]
    assert [index for unlike in lacking for index in unlike.lacking] == [
        index for index in OVERDUE if index < 3 * BLOCK
    ]


@pytest.mark.parametrize("marked", [[], [5], [0, 511], [1, 2, 3, 400], [*range(512)]])
def test_bits_are_read_as_they_are_written(marked: list[int]) -> None:
    """From left to right they stand in the order of the log, and the last entry of a block is 1."""
    bits = sum(1 << 511 - index for index in marked)
    assert indexes(511, unpacked(packed(bits))) == marked
    assert len(packed(bits)) == ((512 - marked[0] + 7) // 8 if marked else 0)
