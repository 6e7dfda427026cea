"""Clocks that go back: times are kept as they were told, the order stays, and an entry says what happened."""

from __future__ import annotations

import datetime as dt
import json

from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from api.roles import Role
from api.settings import Settings
from api.timekeeping import Step, Timekeeper
from tests.api.conftest import START, Clock, NewKey, ask, service_of

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
