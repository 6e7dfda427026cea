"""An application whose decisions a process of its own records."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from httpx import Client
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from api.recording import Apart
from api.settings import Settings
from tests.api.conftest import service_of


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
