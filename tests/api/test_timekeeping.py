"""Clocks that go back: times are kept as they were told, the order stays, and an entry says what happened."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from api import events
from api.app import create_app
from api.keys import NewKey as NewRandomKey
from api.ledger import Ledger
from api.roles import UNNARROWED, Role
from api.settings import Settings
from api.timekeeping import Step, Timekeeper
from audit.database import driver_of
from tests.api.conftest import START, Clock, NewKey, ask, service_of
from tests.audit.test_writer import busy

HOUR = dt.timedelta(hours=1)


def told(app: Litestar) -> list[tuple[str, str]]:
    """Give kind and moment of every entry, in order."""
    log = service_of(app).log
    entries = [json.loads(log.entry(index)) for index in range(log.size())]
    return [(entry["kind"], entry["at"]) for entry in entries]


def test_a_clock_that_went_back_is_told_once(settings: Settings, clock: Clock, new_key: NewKey) -> None:
    """A `clock` entry stands before the first one dated earlier; every time is the one the clock gave."""
    key, app = new_key(Role.INTEGRATOR), create_app(settings, clock)
    with TestClient(app) as http:
        http.headers["Authorization"] = f"Bearer {key}"
        for moment in (START + HOUR, START, START, START + 2 * HOUR):
            clock.now = moment
            ask(http)
        log = service_of(app).log
        entry = json.loads(log.entry(3))
        decided = [(kind, at[11:16]) for kind, at in told(app)[2:]]

    assert decided == [
        ("decision_made", "09:00"),
        ("clock", "08:00"),
        ("decision_made", "08:00"),
        ("decision_made", "08:00"),
        ("decision_made", "10:00"),
    ]
    assert (entry["before"], entry["back_ms"], entry["actor"]) == ("2026-11-22T09:00:00.000Z", 3_600_000, "service")


def test_a_clock_that_went_back_between_two_starts_is_told(settings: Settings, clock: Clock) -> None:
    """The newest entry is remembered by the log itself, so a restart hides nothing."""
    with TestClient(create_app(settings, clock)):
        pass
    clock.now = START - HOUR
    app = create_app(settings.model_copy(update={"jurisdiction": "EU"}), clock)
    with TestClient(app):
        service_of(app).ledger.create_key(Role.ADMIN, "cli")
        assert told(app)[-2:] == [("clock", "2026-11-22T07:00:00.000Z"), ("key_created", "2026-11-22T07:00:00.000Z")]


def test_what_overtakes_in_the_queue_is_no_step() -> None:
    """Up to a second back is the order of the queue; beyond it is a step, from which the clock counts on."""
    keeper = Timekeeper("2026-11-22T08:00:00.000Z")

    assert keeper.see("2026-11-22T07:59:59.000Z") is None
    assert keeper.see("2026-11-22T07:59:58.999Z") == Step("2026-11-22T08:00:00.000Z", 1_001)
    assert keeper.see("2026-11-22T07:59:58.999Z") is None
    assert keeper.see("2026-11-22T08:00:00.000Z") is None
    assert Timekeeper("").see("0001-01-01T00:00:00.000Z") is None


class TestTakenBack:
    """What a work told is lost with it, and told again by whoever comes next; what it never told is no step."""

    @pytest.fixture
    def ledger(self, settings: Settings, clock: Clock) -> Iterator[Ledger]:
        """Open a log whose newest entry is dated an hour after the start."""
        clock.now = START + HOUR
        ledger = Ledger.open(settings, clock)
        try:
            ledger.create_key(Role.ADMIN, "cli")
            yield ledger
        finally:
            ledger.close()

    def test_a_step_that_was_undone_is_told_by_the_next(self, ledger: Ledger, clock: Clock) -> None:
        """The work that met it failed, and its `clock` entry with it."""
        clock.now = START
        with pytest.raises(ZeroDivisionError):
            ledger.writer.submit(lambda connection: recording(ledger, connection) // 0).result(30)
        ledger.create_key(Role.ADMIN, "cli")

        assert kinds(ledger) == ["key_created", "clock", "key_created"]

    def test_a_step_met_in_a_batch_that_is_done_anew_is_told(self, ledger: Ledger, clock: Clock) -> None:
        """A row of another work is refused when all are sent: the batch is undone, and done one by one."""
        ledger.writer.submit(
            lambda connection: connection.exec_driver_sql("CREATE TABLE other (a PRIMARY KEY)")
        ).result()
        clock.now = START
        with busy(ledger.writer):
            first = ledger.writer.submit(lambda connection: recording(ledger, connection))
            others = [ledger.writer.submit(leaving_a_row) for _ in range(2)]

        assert first.result(30) == 2
        assert isinstance(others[1].exception(30), sqlite3.IntegrityError)
        assert kinds(ledger) == ["key_created", "clock", "key_created"]

    def test_what_is_not_in_the_log_dates_nothing(self, ledger: Ledger, clock: Clock) -> None:
        """An entry far ahead was taken back: what is dated before it, and after all others, goes back nowhere."""
        clock.now = START + 3 * HOUR
        with pytest.raises(ZeroDivisionError):
            ledger.writer.submit(lambda connection: recording(ledger, connection) // 0).result(30)
        clock.now = START + 2 * HOUR
        ledger.create_key(Role.ADMIN, "cli")

        assert kinds(ledger) == ["key_created", "key_created"]


def recording(ledger: Ledger, connection: sa.Connection) -> int:
    """Record something dated now."""
    key = NewRandomKey.random()
    entry = events.key_created(ledger.origin("cli"), key.id, Role.ADMIN, key.secret_sha256, UNNARROWED, None)
    return ledger.record(connection, entry)


def leaving_a_row(connection: sa.Connection) -> None:
    """Leave a row to be sent with those of others, the same each time."""
    driver_of(connection).executemany("INSERT INTO other (a) VALUES (:a)", [{"a": 1}])


def kinds(ledger: Ledger) -> list[str]:
    """Give the kind of every entry, in order."""
    return [json.loads(ledger.log.entry(index))["kind"] for index in range(ledger.log.size())]
