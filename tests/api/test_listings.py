"""Listings grow block by block, and a search finds the same on either side of where they end, in both databases."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from api import listings, readmodels, search
from api.events import DECISION_MADE
from api.ledger import Ledger
from api.search import Where
from api.settings import Settings
from api.tables import DECISION, LISTING
from engine.reading.language import NAME, RULE_NAME
from tests.api.conftest import TINY
from tests.api.logbook import Logbook, logbook, record
from tests.api.test_search import holds

BLOCK = readmodels.BLOCK
MADE = logbook(2 * BLOCK + 20, seed=7)
#: Sizes of a log at and around the ends of blocks, and a few between.
SIZES = sorted({*range(4), 100, *range(BLOCK - 3, BLOCK + 4), 400, *range(2 * BLOCK - 3, 2 * BLOCK + 4), len(MADE)})
SOUGHT = [
    Where(rule="overdue"),
    Where(reason="score_low"),
    Where(rule="low-score", reason="overdue_now"),
    Where(rule="open", outcome="approve", actor="key:1"),
    Where(reason="income_limits", policy="opening", version=2),
    Where(reason="score_low", since=MADE[200]["at"], until=MADE[300]["at"]),
    Where(subject="a", rule="open", reason="score_low"),
    Where(outcome="approve"),
    Where(outcome="reject", policy="opening", version=1, actor="key:1"),
    Where(policy="opening"),
    Where(actor="key:1", since=MADE[200]["at"]),
    Where(version=2),
    Where(outcome="none of it"),
]


SAID: Mapping[str, Callable[[Any], Sequence[str]]] = {
    "reasons": lambda entry: entry.get("reasons", ()),
    "rules": lambda entry: entry.get("rules", ()),
    "outcome": lambda entry: [entry["outcome"]] if entry["kind"] == DECISION_MADE else (),
    "policy": lambda entry: [entry["policy"]["name"]] if entry["kind"] == DECISION_MADE else (),
    "version": lambda entry: [str(entry["policy"]["version"])] if entry["kind"] == DECISION_MADE else (),
    "owner": lambda entry: [entry["actor"]] if entry["kind"] == DECISION_MADE else (),
}


@pytest.fixture(params=["sqlite", "postgres"])
def tables(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Connection]:
    """Open the tables of an empty log, in a transaction that writes."""
    if request.param == "postgres":
        monkeypatch.setenv("GROUNDS_DATABASE", request.getfixturevalue("empty_database"))
    ledger = Ledger.open(Settings(data=tmp_path / "data", policies=TINY))
    with ledger.log.write_engine.begin() as connection:
        yield connection
    ledger.close()


def turned(connection: sa.Connection, where: Where, size: int, limit: int, oldest: bool) -> list[int]:
    """Turn all pages of a search in the log of `size`, and hold its count against them."""
    whole = within = search.stretch(connection, where, size)
    found: list[int] = []
    while True:
        page = search.decisions(where, within).page(connection, DECISION.c.log_index, oldest_first=oldest, limit=limit)
        found += [row.log_index for row in page]
        if len(page) < limit:
            assert search.decisions(where, whole).count(connection) == len(found)
            return found
        within = within._replace(first=found[-1] + 1) if oldest else within._replace(end=found[-1])


def meant(made: Logbook, where: Where, oldest: bool) -> list[int]:
    """Say which decisions a search is for, by looking at every entry."""
    found = [index for index, entry in enumerate(made) if holds(entry, where)]
    return found if oldest else found[::-1]


def test_searches_at_the_end_of_a_block_and_around_it(tables: sa.Connection) -> None:
    """At every size, in both orders and by pages of any length, exactly the decisions that a filter is true of."""
    chance, size = random.Random(3), 0
    for grown in SIZES:
        record(tables, MADE[size:grown], first=size)
        size = grown
        for where, oldest in itertools.product(SOUGHT, (False, True)):
            expected = meant(MADE[:size], where, oldest)
            assert turned(tables, where, size, chance.choice((3, 40, 1_000)), oldest) == expected, (size, where)
    assert len(meant(MADE, SOUGHT[2], True)) > 10


@pytest.mark.parametrize("oldest", [False, True])
@pytest.mark.parametrize("where", SOUGHT, ids=lambda where: "+".join(msgspec.to_builtins(where)))
def test_a_block_that_is_closed_between_two_pages(tables: sa.Connection, where: Where, oldest: bool) -> None:
    """A search that began before it goes on as it began: nothing is found twice, and nothing is left out."""
    size = BLOCK - 6
    record(tables, MADE[:size])
    within, found = search.stretch(tables, where, size), list[int]()
    for first in itertools.count(size):
        record(tables, MADE[first : first + 1], first=first)
        page = search.decisions(where, within).page(tables, DECISION.c.log_index, oldest_first=oldest, limit=5)
        found += [row.log_index for row in page]
        if len(page) < 5:
            break
        within = within._replace(first=found[-1] + 1) if oldest else within._replace(end=found[-1])
    assert found == meant(MADE[:size], where, oldest)


def test_a_listing_holds_full_blocks_and_nothing_else(tables: sa.Connection) -> None:
    """It grows when a block is full, by each decision of it once for every code, whatever a decision repeats."""
    made = [{**entry, "rules": entry["rules"] * 2} if "rules" in entry else entry for entry in MADE]
    for first, end, covered in ((0, BLOCK - 1, 0), (BLOCK - 1, BLOCK, BLOCK), (BLOCK, 2 * BLOCK - 1, BLOCK)):
        record(tables, made[first:end], first=first)
        for field, codes in SAID.items():
            expected = {(code, index) for index, entry in enumerate(made[:covered]) for code in codes(entry)}
            assert listed(tables, field) == sorted(expected)


def listed(tables: sa.Connection, field: str) -> list[tuple[str, int]]:
    """Read the bits of a field's rows as text, left to right in the order of the log."""
    found: list[tuple[str, int]] = []
    for row in tables.execute(sa.select(LISTING).where(LISTING.c.field == field)):
        bits = "".join(f"{byte:08b}" for byte in row.bits)[-BLOCK:].rjust(BLOCK, "0")
        first = row.log_index - BLOCK + 1
        found += [(row.code, first + place) for place, bit in enumerate(bits) if bit == "1"]
    return sorted(found)


def test_whoever_records_the_last_entry_of_a_block_closes_it(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two services write to one PostgreSQL log by turns; what lies in the listings is the work of both."""
    monkeypatch.setenv("GROUNDS_DATABASE", empty_database)
    ledgers = [Ledger.open(Settings(data=tmp_path / "data", policies=TINY)) for _ in range(2)]
    for turn, first in enumerate(range(0, 2 * BLOCK, 48)):
        with ledgers[turn % 2].log.write_engine.begin() as connection:
            record(connection, MADE[first : min(first + 48, 2 * BLOCK)], first=first)
    with ledgers[0].log.engine.connect() as connection:
        for where in SOUGHT:
            assert turned(connection, where, 2 * BLOCK, 50, oldest=True) == meant(MADE[: 2 * BLOCK], where, oldest=True)
        count = len(listed(connection, "rules"))
    assert count == sum(len(entry.get("rules", ())) for entry in MADE[: 2 * BLOCK])
    for ledger in ledgers:
        ledger.close()


CODES = ("a", "b", "ab", "a_b", "axb", "a-b", "A", "aa")
TEXTS = [(), *itertools.permutations(CODES, 1), *itertools.permutations(CODES, 2), CODES, ("a", "a")]


def test_a_code_is_found_to_the_letter(tables: sa.Connection) -> None:
    """No part of another, no other case, no letter that stands for any; what can be no code is found nowhere."""
    for code in (*CODES, "", " ", "a b", "a ", "%", "_", "a%"):
        found = [tables.scalar(sa.select(listings.names(sa.literal(listings.written(text)), code))) for text in TEXTS]
        assert [bool(each) for each in found] == [code in text for text in TEXTS], code


def test_what_is_written_is_read() -> None:
    """Codes come back in order, none as none; no name of a reason or a rule can hold what stands between two."""
    assert [listings.read(listings.written(text)) for text in TEXTS] == TEXTS
    for pattern in (NAME, RULE_NAME):
        assert re.fullmatch(pattern, "ab")
        assert not any(re.fullmatch(pattern, text) for text in ("", "a b", " a", "a "))
