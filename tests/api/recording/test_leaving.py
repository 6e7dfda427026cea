"""A caller who leaves before the answer withdraws nothing, whoever records."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from litestar import Litestar

from api.app import create_app
from api.recording import Apart
from api.schemas import DecisionRequest
from api.settings import Settings
from tests.api.conftest import application, service_of
from tests.api.recording.conftest import until

ACTOR, KEY = "key:one", "k"


@pytest.fixture
def app(settings: Settings) -> Iterator[Litestar]:
    """Build the application without a process beside it: the tests begin their own."""
    app = create_app(settings)
    yield app
    service_of(app).ledger.close()


def leave(app: Litestar) -> None:
    """Ask for a decision and go."""
    body = application()
    request = DecisionRequest(body["policy"], body["subject"], body["facts"])
    service_of(app).workflow.ask(request, ACTOR, KEY).cancel()


def recorded(app: Litestar) -> int | None:
    """Find what the request led to."""
    service = service_of(app)
    return service.workflow.recorded(service.ledger.fingerprints.of(ACTOR, KEY))


def test_the_writers_thread_records_it(app: Litestar) -> None:
    """Although it had not begun with it."""
    writer, go_on = service_of(app).ledger.writer, threading.Event()

    async def ask() -> None:
        writer.submit(lambda _connection: go_on.wait(60))
        leave(app)

    asyncio.run(ask())
    go_on.set()
    writer.submit(lambda _connection: None).result(60)
    assert recorded(app) is not None


def test_the_process_that_records_does(app: Litestar, settings: Settings) -> None:
    """Its answer finds nobody, and does no harm."""

    async def ask() -> None:
        apart = service_of(app).workflow.apart = Apart(settings)
        await apart.begin()
        await asyncio.to_thread(until, lambda: apart.up)
        leave(app)
        await apart.close()
        assert apart.works == 1

    asyncio.run(ask())
    assert recorded(app) is not None
