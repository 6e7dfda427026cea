"""A tiny policy, a service on it, its keys and a client: real engine, real log, in a folder of the test's own."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

from api.app import create_app
from api.ledger import Ledger
from api.roles import Role
from api.service import Service
from api.settings import Settings

TINY = Path(__file__).parent / "tiny_policies"
GOOD: dict[str, Any] = {"score": 700, "income": 2_000_000}
START = dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC)


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Stand at a fixed moment."""
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Put everything into the test's own folder."""
    return Settings(data=tmp_path / "data", policies=TINY, port=0, key_memory_seconds=0)


NewKey = Callable[[Role], str]


@pytest.fixture
def new_key(settings: Settings, clock: Clock) -> NewKey:
    """Make keys as the command line does: through a log of its own on the same folder."""

    def make(role: Role) -> str:
        ledger = Ledger.open(settings, clock)
        try:
            return ledger.create_key(role, "cli")
        finally:
            ledger.close()

    return make


@pytest.fixture
def key(new_key: NewKey) -> str:
    """Hold a key of an integrator."""
    return new_key(Role.INTEGRATOR)


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Litestar:
    """Build the application on a fixed clock."""
    return create_app(settings, clock)


@pytest.fixture
def http(app: Litestar, key: str) -> Iterator[Client]:
    """Speak to the application with the integrator's key; an error inside it becomes the answer a caller would see."""
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Serve all tests of a module from one application, for those that do not mind each other."""
    chosen = Settings(data=tmp_path_factory.mktemp("shared") / "data", policies=TINY)
    ledger = Ledger.open(chosen)
    key = ledger.create_key(Role.INTEGRATOR, "tests")
    ledger.close()
    with TestClient(create_app(chosen), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


def application(**changes: Any) -> dict[str, Any]:
    """Write a request that is approved, with changes."""
    return {"policy": "tiny", "subject": "customer-1", "facts": GOOD, **changes}


def ask(client: Client, body: dict[str, Any] | None = None, key: str | None = None) -> Response:
    """Ask for a decision under a fresh idempotency key, or the one given."""
    return client.post("/decisions", json=body or application(), headers={"Idempotency-Key": key or str(uuid.uuid4())})


def as_role(client: Client, key: str) -> dict[str, str]:
    """Give the headers that replace the client's own key."""
    return {"Authorization": f"Bearer {key}"}


def service_of(app: Litestar) -> Service:
    """Give the service an application runs on."""
    provide = app.dependencies["service"]
    assert isinstance(provide, Provide)
    service = provide.dependency()
    assert isinstance(service, Service)
    return service


def told(leaf: str) -> str:
    """Give what an entry says without ids, hashes and moments: in those any number may stand by chance."""
    return re.sub(r"[0-9a-f-]{12,}|[0-9-]{10}T[0-9:.]+Z", "", leaf)
