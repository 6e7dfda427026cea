"""An application whose decisions a process of its own records."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
import sqlalchemy as sa
from httpx import Client
from litestar import Litestar
from litestar.testing import TestClient
from pydantic import SecretStr

from api.app import create_app
from api.ledger import Ledger
from api.recording import Apart, Draft
from api.recording.draft import Kept
from api.recording.process import Batches
from api.settings import Settings
from tests.api.conftest import Clock, service_of
from tests.api.recording.drafts import ids


@pytest.fixture
def app(settings: Settings) -> Litestar:
    """Build the application, with a process beside it."""
    return create_app(settings, apart=True)


@pytest.fixture
def http(app: Litestar, key: str) -> Iterator[Client]:
    """Speak to the application once its process takes drafts."""
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        until(lambda: apart_of(app).up)
        yield client


@pytest.fixture
def stored(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Keep the log in a file, or in PostgreSQL for a test that says so."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return settings
    return settings.model_copy(update={"url": SecretStr(request.getfixturevalue("empty_database"))})


@pytest.fixture
def ledger(stored: Settings, clock: Clock) -> Iterator[Ledger]:
    """Open a log that nothing is in."""
    ledger = Ledger.open(stored, clock)
    yield ledger
    ledger.close()


@pytest.fixture
def batches(stored: Settings, ledger: Ledger) -> Iterator[Batches]:
    """Record in it as the process does."""
    batches = Batches(stored, ledger)
    yield batches
    batches.close()


@pytest.fixture
def runs(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Note which events are one work, each time it is done."""
    noted, record = list[list[str]](), batches._record

    def noting(connection: sa.Connection, drafts: Sequence[Draft]) -> list[Kept]:
        noted.append(ids(drafts))
        return record(connection, drafts)

    monkeypatch.setattr(batches, "_record", noting)
    return noted


def apart_of(app: Litestar) -> Apart:
    """Give what the service knows of the process."""
    apart = service_of(app).workflow.apart
    assert apart is not None
    return apart


def until(met: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def kill(app: Litestar, how: signal.Signals = signal.SIGKILL) -> None:
    """Signal the process that records."""
    pid = apart_of(app).pid
    assert pid is not None
    os.kill(pid, how)
