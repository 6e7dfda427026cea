"""Searches find what is in the log, all of it and nothing else, in order, page by page, and along an index."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from api import events, search
from api.blocks import looked
from api.cursor import Cursors
from api.marked import Marked
from api.narrowed import Column, Part, Ranged
from api.pages import Pages, Paging
from api.readmodels import BLOCK
from api.schemas import DecisionPage, EntryPage
from api.search import Where, WhereEntry
from api.tables import DECISION
from tests.api.logbook import (
    ACTORS,
    OUTCOMES,
    POLICIES,
    REASONS,
    RULES,
    SUBJECTS,
    Logbook,
    logbook,
    record,
    recorded,
)

SIZE = 1_200
FILTERS: dict[str, tuple[Any, ...]] = {
    "subject": SUBJECTS,
    "rule": RULES,
    "reason": REASONS,
    "outcome": OUTCOMES,
    "policy": POLICIES,
    "version": (1, 2),
    "actor": ACTORS,
}
CURSORS = Cursors(b"secret")


@pytest.fixture(scope="module")
def made() -> Logbook:
    """Write a log."""
    return logbook(SIZE, seed=1)


@pytest.fixture(scope="module")
def tables(made: Logbook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Connection]:
    """Give the tables it leads to."""
    with recorded(tmp_path_factory.mktemp("search"), made) as connection:
        yield connection


def holds(entry: dict[str, Any], where: Where | WhereEntry) -> bool:
    """Say what the filters mean, in plain words."""
    meant: dict[str, Callable[[Any], bool]] = {
        "kind": lambda value: entry["kind"] == value,
        "actor": lambda value: entry["actor"] == value,
        "since": lambda value: entry["at"] >= value,
        "until": lambda value: entry["at"] < value,
        "subject": lambda value: entry["subject"] == value,
        "outcome": lambda value: entry["outcome"] == value,
        "policy": lambda value: entry["policy"]["name"] == value,
        "version": lambda value: entry["policy"]["version"] == value,
        "rule": lambda value: value in entry["rules"],
        "reason": lambda value: value in entry["reasons"],
    }
    chosen = {name: value for name, value in msgspec.structs.asdict(where).items() if value is not None}
    if isinstance(where, Where) and entry["kind"] != events.DECISION_MADE:
        return False
    return all(meant[name](value) for name, value in chosen.items())


def walked(connection: sa.Connection, where: Where | WhereEntry, limit: int, oldest: bool) -> list[int]:
    """Turn all pages of a search, and hold the count that comes with the first against them."""
    pages, found = Pages(connection, CURSORS, SIZE), list[int]()
    page = turned(pages, where, Paging(limit, None, oldest, counted=True))
    count = page.count
    while True:
        assert len(page.items) <= limit
        found += [item.index for item in page.items]
        if page.next is None:
            assert count == len(found)
            return found
        page = turned(pages, where, Paging(limit, page.next, oldest))


def turned(pages: Pages, where: Where | WhereEntry, paging: Paging) -> DecisionPage | EntryPage:
    """Give a page of either search."""
    return pages.decisions(where, paging) if isinstance(where, Where) else pages.entries(where, paging)


def moments(made: Logbook, chance: random.Random) -> dict[str, str]:
    """Choose from when to when, or half of it, or neither."""
    first, last = sorted(chance.choice(made)["at"] for _ in range(2))
    return {name: at for name, at in (("since", first), ("until", last)) if chance.random() < 0.4}


def hold_decisions(tables: sa.Connection, made: Logbook, seed: int) -> None:
    """Search decisions by filters of a seed's choice, and hold what is found against the log."""
    chance = random.Random(seed)
    chosen = chance.sample(sorted(FILTERS), chance.randint(0, 4))
    filters: dict[str, Any] = {name: chance.choice(FILTERS[name]) for name in chosen}
    where = Where(**filters | moments(made, chance))
    oldest = chance.random() < 0.5
    expected = [index for index, entry in enumerate(made) if holds(entry, where)]
    assert walked(tables, where, chance.choice((1, 7, 100, 2_000)) if len(expected) < 100 else 50, oldest) == (
        expected if oldest else expected[::-1]
    )


def hold_entries(tables: sa.Connection, made: Logbook, seed: int) -> None:
    """Search entries by filters of a seed's choice, and hold what is found against the log."""
    chance = random.Random(seed)
    kinds = (None, events.DECISION_MADE, events.KEY_CREATED, "sealed_read", "nothing")
    where = WhereEntry(chance.choice(kinds), chance.choice((None, *ACTORS)), **moments(made, chance))
    oldest = chance.random() < 0.5
    expected = [index for index, entry in enumerate(made) if holds(entry, where)]
    assert walked(tables, where, 37, oldest) == (expected if oldest else expected[::-1])


@pytest.mark.parametrize("seed", range(60))
def test_any_filters_together_find_what_they_say(tables: sa.Connection, made: Logbook, seed: int) -> None:
    """Whatever is combined, the pages hold exactly the decisions it is true of, forwards or backwards."""
    hold_decisions(tables, made, seed)


@pytest.mark.parametrize("seed", range(20))
def test_entries_of_every_kind_are_found(tables: sa.Connection, made: Logbook, seed: int) -> None:
    """By kind, actor and moment; decisions and all else come in one order."""
    hold_entries(tables, made, seed)


@pytest.mark.parametrize("oldest", [False, True])
def test_a_search_stays_with_the_log_it_began_in(made: Logbook, tmp_path: Path, oldest: bool) -> None:
    """Pages and count cover the entries there were when the first page was read, however the log grows."""
    where = Where(outcome="approve")
    with recorded(tmp_path, made[:300]) as connection:
        first = Pages(connection, CURSORS, 300).decisions(where, Paging(5, None, oldest, counted=True))
        record(connection, made[300:], first=300)
        grown, found, page = Pages(connection, CURSORS, SIZE), [item.index for item in first.items], first
        while page.next is not None:
            page = grown.decisions(where, Paging(50, page.next, oldest, counted=True))
            found += [item.index for item in page.items]
            assert (page.size, page.count) == (300, first.count)
        again = grown.decisions(where, Paging(5, None, oldest, counted=True))
    expected = [index for index, entry in enumerate(made[:300]) if holds(entry, where)]
    assert found == (expected if oldest else expected[::-1])
    assert (again.size, again.count) == (SIZE, sum(holds(entry, where) for entry in made))


def test_moments_become_a_stretch_of_the_log(tmp_path: Path) -> None:
    """Where the clock runs evenly, a search between two moments reads little more than what lies between them."""
    even = logbook(SIZE, seed=2, jumps=0)
    since, until = even[500]["at"], even[520]["at"]
    with recorded(tmp_path, even) as connection:
        within = search.stretch(connection, Where(since=since, until=until), SIZE)
        later = search.stretch(connection, Where(since="9"), SIZE)
        before = search.stretch(connection, Where(until="0"), SIZE)
    inside = [index for index, entry in enumerate(even) if since <= entry["at"] < until]
    assert within.first <= inside[0] <= inside[-1] < within.end
    assert within.end - within.first <= 3 * BLOCK
    assert (later.first, before.end) == (SIZE - SIZE % BLOCK, 0)


def plan(connection: sa.Connection, chosen: sa.Select[Any]) -> list[str]:
    """Ask SQLite how it would go about a query."""
    text = chosen.compile(connection, compile_kwargs={"literal_binds": True})
    return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]


SETS = [names for most in range(len(FILTERS) + 1) for names in itertools.combinations(FILTERS, most)]


@pytest.mark.parametrize("names", SETS, ids="+".join)
def test_every_search_reads_along_an_index(tables: sa.Connection, names: tuple[str, ...]) -> None:
    """No combination of filters scans a table or sorts what it found, in either order, nor does its count."""
    where = Where(**{name: FILTERS[name][0] for name in names}, since="2", until="3")
    for part in search.decisions(where, search.Stretch(0, SIZE, SIZE - 9)).parts:
        for step in itertools.chain.from_iterable(plan(tables, chosen) for chosen in statements(part, *DECISION.c)):
            assert step.startswith("SEARCH"), step
            assert "TEMP B-TREE" not in step


def marked(part: Part) -> Marked:
    """Take a part for one that listings lead to."""
    assert isinstance(part, Marked)
    return part


def statements(part: Part, *columns: Column) -> Iterator[sa.Select[Any]]:
    """Give the statements by which a part of a search is read, in either order, and counted."""
    for oldest in (False, True):
        if isinstance(part, Ranged):
            yield part.ordered(*columns, oldest_first=oldest, limit=101)
        else:
            yield from (looked(each, 0, SIZE, oldest_first=oldest, limit=4) for each in marked(part).filters)
            yield marked(part).ordered([3, 7, 511], *columns, oldest_first=oldest)
    yield part.counted() if isinstance(part, Ranged) else marked(part).select([3, 7, 511], sa.func.count())


def test_a_subject_leads(tables: sa.Connection) -> None:
    """The decisions of a subject are read along its index, whatever else is asked of them."""
    where = Where(**{name: FILTERS[name][0] for name in ("outcome", "policy", "subject")})
    (found,) = search.decisions(where, search.Stretch(0, SIZE, SIZE)).parts
    assert "decision_by_subject" in plan(tables, next(statements(found, *DECISION.c)))[0]


def test_what_nothing_leads_is_read_in_the_order_of_the_log(tables: sa.Connection) -> None:
    """All decisions there are, and those between two moments."""
    for where in (Where(), Where(since="2", until="3")):
        (found,) = search.decisions(where, search.Stretch(0, SIZE, SIZE)).parts
        assert "PRIMARY KEY" in plan(tables, next(statements(found, *DECISION.c)))[0]


def test_the_most_telling_filter_leads() -> None:
    """The blocks that a search looks at are those of its rarest filter."""
    where = Where(**{name: each[0] for name, each in FILTERS.items() if name != "subject"})
    (found,) = search.decisions(where, search.Stretch(0, SIZE, SIZE)).parts
    assert isinstance(found, Marked)
    assert [each.field for each in found.filters] == ["rules", "reasons", "outcome", "policy", "version", "owner"]


@pytest.mark.parametrize("kind", [None, "sealed_read", events.DECISION_MADE])
@pytest.mark.parametrize("actor", [None, "cli"])
def test_every_search_of_entries_reads_along_an_index(
    tables: sa.Connection, kind: str | None, actor: str | None
) -> None:
    """So it is with entries of other kinds."""
    for found, columns in search.entries(WhereEntry(kind, actor, "2", "3"), search.Stretch(0, SIZE, SIZE - 9)):
        chosen = itertools.chain.from_iterable(statements(part, *columns) for part in found.parts)
        for step in itertools.chain.from_iterable(plan(tables, each) for each in chosen):
            assert step.startswith("SEARCH"), step
