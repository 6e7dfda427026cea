"""What recording a batch in one go stands on does for many what it does for one: clocks, tables, and what is known."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from api import events, readmodels
from api.automation.tables import ALLOWED, AUTOMATION, REFUSED
from api.derived import DERIVED
from api.foresight import Hint
from api.keys import NewKey
from api.ledger import Ledger
from api.recording.process import Batches
from api.roles import UNNARROWED, Role
from api.settings import Settings
from api.tables import LISTING, SPAN
from api.timekeeping import Timekeeper
from tests.api.conftest import START, TINY, Clock
from tests.api.logbook import Logbook, logbook, recorded
from tests.api.recording.drafts import answered, drafted, entries, sound

LONG_AGO = "0001-01-01T00:00:00.000Z"

Entries = Sequence[tuple[events.Entry, Any]]


def moment(halves: float) -> dt.datetime:
    """Give the moment so many half seconds after the start."""
    return START + halves * dt.timedelta(milliseconds=500)


@given(st.integers(-4, 4), st.lists(st.integers(-4, 4), max_size=5))
def test_moments_in_order_are_noted_and_others_not_at_all(newest: int, halves: list[int]) -> None:
    """In order is what no step comes of even of a millisecond; else the next one is told as if nothing had come."""
    at, moments = events.instant(moment(newest)), [events.instant(moment(each)) for each in halves]
    keeper, other = Timekeeper(at), Timekeeper(at)
    steady = keeper.steady(moments)

    assert steady is ([newest, *halves] == sorted([newest, *halves]))
    if steady:
        assert [other.see(each) for each in moments] == [None] * len(moments)
    assert keeper.see(LONG_AGO) == other.see(LONG_AGO)


@given(st.integers(-4, 4), st.integers(-4, 4), st.lists(st.integers(-4, 4), max_size=5))
def test_within_a_batch_only_what_lies_before_it_is_no_order(newest: int, begun: int, halves: list[int]) -> None:
    """Moments before the newest, and after all there was when the batch began, are noted as they are one by one."""
    at, moments = events.instant(moment(newest)), [events.instant(moment(each)) for each in halves]
    keeper, other = Timekeeper(at), Timekeeper(at)
    keeper._before = other._before = events.instant(moment(begun))
    steady = keeper.steady(moments)

    assert steady is all(each >= min(begun, max([newest, *halves[:place]])) for place, each in enumerate(halves))
    if steady:
        assert [other.see(each) for each in moments] == [None] * len(moments)
    assert vars(keeper) == vars(other)


def test_what_follows_from_a_batch_is_steady(ledger: Ledger) -> None:
    """Dated before the newest of its batch it went back nowhere; without a batch it would have to be looked at."""
    latest, earlier = events.instant(moment(200)), events.instant(moment(100))
    with ledger.log.engine.connect() as connection:
        assert ledger.timekeeper.steady([latest])
        assert not ledger.timekeeper.steady([earlier])
        ledger.timekeeper._latest = ""
        ledger.timekeeper.gather()
        ledger.timekeeper.follow(connection, ledger.log)
        assert ledger.timekeeper.steady([latest])
        assert ledger.timekeeper.steady([earlier])


@pytest.fixture
def alone(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    """Open another log, for entries that are recorded one by one."""
    ledger = Ledger.open(Settings(data=tmp_path / "other", policies=TINY), clock)
    yield ledger
    ledger.close()


#: Half seconds after the newest entry of a log, and how many `clock` entries come of them.
ORDERS: dict[str, tuple[list[float], int]] = {
    "in order": ([0, 0, 1, 100, 100], 0),
    "nothing": ([], 0),
    "back by what is tolerated": ([4, 2, 3, 4, 2], 0),
    "back by a little more": ([4, 1.998, 3], 1),
    "before the newest": ([-3, -3, 0], 1),
    "back and forth": ([10, 0, 10, 0, 20], 2),
    "back at the end": ([0, 10, 20, 0], 1),
}


@pytest.mark.parametrize("case", ORDERS)
def test_entries_get_the_clock_entries_they_get_one_by_one(
    ledger: Ledger, alone: Ledger, stored: Settings, clock: Clock, case: str
) -> None:
    """The same before each, none where no clock went back; and so does whatever comes after them."""
    halves, steps = ORDERS[case]
    for each in (ledger, alone):
        each.create_key(Role.ADMIN, "cli")
    made = [(key_created(moment(each)), None) for each in halves]
    indexes = ledger.writer.submit(lambda connection: ledger.record_all(connection, made)).result(30)
    one_by_one = [alone.writer.submit(recording(alone, entry)).result(30) for entry, _ in made]
    clock.now = moment(1)
    for each in (ledger, alone):
        each.create_key(Role.ADMIN, "cli")

    assert indexes == one_by_one
    assert [entries(ledger)[index]["id"] for index in indexes] == [entry["id"] for entry, _ in made]
    assert clocks(ledger) == clocks(alone)
    assert len([index for index, *_ in clocks(ledger) if index < 1 + len(made) + steps]) == steps
    assert sound(ledger, stored)


def test_what_was_taken_back_dates_nothing(ledger: Ledger, clock: Clock) -> None:
    """Entries in order, far ahead, of a work that failed: what comes after them went back nowhere."""
    made = [(key_created(moment(each)), None) for each in (100, 200)]
    with pytest.raises(ZeroDivisionError):
        ledger.writer.submit(lambda connection: ledger.record_all(connection, made)[0] // 0).result(30)
    assert ledger.writer.submit(lambda connection: ledger.record_all(connection, made[:1])).result(30) == [0]
    assert clocks(ledger) == []


def test_a_step_that_was_taken_back_is_told_by_the_next(ledger: Ledger, clock: Clock) -> None:
    """A clock went back, and the work that met it failed: entries in order after that are told with the step."""
    ledger.writer.submit(recording(ledger, key_created(moment(100)))).result(30)
    made = [(key_created(moment(each)), None) for each in (0, 1, 2)]
    with pytest.raises(ZeroDivisionError):
        ledger.writer.submit(lambda connection: ledger.record_all(connection, made[:1])[0] // 0).result(30)
    assert ledger.writer.submit(lambda connection: ledger.record_all(connection, made[1:])).result(30) == [2, 3]
    assert [index for index, *_ in clocks(ledger)] == [1]


def key_created(at: dt.datetime) -> events.Entry:
    """Make an entry of a moment."""
    key = NewKey.random()
    origin = drafted("anybody", at=at).origin
    return events.key_created(origin, key.id, Role.ADMIN, key.secret_sha256, UNNARROWED, None)


def recording(ledger: Ledger, entry: events.Entry) -> Callable[[sa.Connection], int]:
    """Record an entry by itself."""
    return lambda connection: ledger.record(connection, entry)


def clocks(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Give all that says that a clock went back: where, when, since when, and by how much."""
    found = [(index, entry) for index, entry in enumerate(entries(ledger)) if entry["kind"] == "clock"]
    return [(index, entry["at"], entry["before"], entry["back_ms"]) for index, entry in found]


@pytest.mark.parametrize(
    ("stored", "seed"), [*(("sqlite", seed) for seed in range(4)), ("postgres", 0)], indirect=["stored"]
)
def test_tables_follow_many_entries_as_they_follow_each(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """However the entries are cut: within a block, over its end, over several ends."""
    monkeypatch.setattr(readmodels, "BLOCK", 4)
    made, chance, done = some_entries(seed), random.Random(seed), 0
    with ledger.log.write_engine.begin() as connection, recorded(tmp_path, made) as one_by_one:
        while done < len(made):
            some = made[done : done + chance.randint(1, 11)]
            readmodels.apply_all(connection, enumerate(some, done))
            done += len(some)
        found, wanted = content(connection), content(one_by_one)

    assert found == wanted
    assert len(found[SPAN.name]) == len(made) // 4
    assert all(found[table.name] for table in (AUTOMATION, LISTING))


def some_entries(seed: int) -> Logbook:
    """Write entries of a log, every fifth of which says of somebody whether they refuse automation."""
    made, chance = logbook(62, seed), random.Random(seed)
    for entry in made[::5]:
        head = {name: entry[name] for name in ("v", "id", "at", "actor")}
        entry.clear()
        entry.update(head, kind=chance.choice((REFUSED, ALLOWED)), subject=chance.choice("ab"))
    return made


def content(connection: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Read every row of the tables that follow from the log."""
    return {
        table.name: sorted(tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)))
        for table in DERIVED
    }


def test_unheard_of_is_what_was_looked_up_not_found_and_not_recorded_since(ledger: Ledger, batches: Batches) -> None:
    """Of all others nothing is known until the database was asked: also of what another look had found."""
    known, foresight = drafted("known"), ledger.foresight
    new, newer, other = (f"{number:064x}" for number in range(3))
    answered(batches, [known])
    batches.close()
    with ledger.log.write_engine.begin() as connection:
        foresight.look(connection, [known.hint, Hint(new, "a"), Hint(newer, "b")])
        assert not foresight.unheard_of(known.fingerprint)
        assert foresight.unheard_of(new)
        assert not foresight.unheard_of("somebody else's")

        foresight.recorded(new, 0)
        assert not foresight.unheard_of(new)
        assert foresight.unheard_of(newer)

        foresight.look(connection, [Hint(other, "b")])
        assert foresight.unheard_of(other)
        assert not foresight.unheard_of(newer)

        foresight.forget()
        assert not foresight.unheard_of(other)
