"""Filters meet in the bits of blocks as sets meet, in either order, however many blocks are looked at in one go."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from api import blocks, readmodels
from api.blocks import Filter, meeting
from api.listings import indexes, packed
from api.marked import Marked
from api.tables import LISTING

SIZE, BLOCK = 70 * 8, 8
FILTERS = (Filter("rules", "rare"), Filter("reasons", "some"), Filter("outcome", "common"))
SHARES = (0.02, 0.3, 0.9)


@pytest.fixture(params=[(1, 1), (2, 5), (32, 512)], ids=str)
def tables(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Connection]:
    """Give tables with no rows yet, of which a few are looked at in one go, or more and more, or all."""
    monkeypatch.setattr(blocks, "_FEW", request.param[0])
    monkeypatch.setattr(blocks, "_MANY", request.param[1])
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'tables.db'}")
    with engine.begin() as connection:
        readmodels.create(connection, 0)
        yield connection
    engine.dispose()


def listed(connection: sa.Connection, chance: random.Random) -> dict[Filter, set[int]]:
    """List decisions at random; give which ones a filter is true of."""
    found = {
        each: {index for index in range(SIZE) if chance.random() < share}
        for each, share in zip(FILTERS, SHARES, strict=True)
    }
    for each, held in found.items():
        for last in range(BLOCK - 1, SIZE, BLOCK):
            if bits := sum(1 << last - index for index in held if last - BLOCK < index <= last):
                row = {"field": each.field, "code": each.code, "log_index": last, "bits": packed(bits)}
                connection.execute(LISTING.insert(), row)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_what_meets_is_what_all_filters_are_true_of(tables: sa.Connection, seed: int) -> None:
    """Blocks come in order and hold what is meant, from one to another; a stretch takes what lies inside of it."""
    chance = random.Random(seed)
    found = listed(tables, chance)
    for _ in range(20):
        filters = chance.sample(FILTERS, chance.randint(1, 3))
        meant = sorted(set.intersection(*(found[each] for each in filters)))
        oldest = chance.random() < 0.5
        given = [*meeting(tables, filters, 0, SIZE, oldest_first=oldest)]
        lasts = [block.last for block in given]
        assert lasts == sorted(lasts, reverse=not oldest)
        assert sorted(index for block in given for index in indexes(*block)) == meant

        first, end = sorted(chance.sample(range(SIZE + 1), 2))
        inside = Marked(filters, first, end, BLOCK)
        expected = [index for index in meant if first <= index < end]
        assert inside.count(tables) == len(expected)
        limit = chance.choice((1, 7, SIZE))
        pages = [*inside._indexes(tables, oldest_first=oldest, at_once=limit)]
        assert [index for page in pages for index in page] == (expected if oldest else expected[::-1])
        assert all(len(page) == limit for page in pages[:-1])


def test_blocks_that_the_leading_filter_lacks_are_passed_by(tables: sa.Connection) -> None:
    """Of the others only the blocks between are looked at, and none if the leading one has none."""
    listed(tables, random.Random(1))
    seen = list[str]()
    sa.event.listen(tables, "before_cursor_execute", lambda *told: seen.append(str(told[3])))
    assert [*meeting(tables, [Filter("rules", "nobody's"), *FILTERS], 0, SIZE, oldest_first=True)] == []
    assert len(seen) == 1
