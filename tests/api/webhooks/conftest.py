"""A service that may send to this machine, and a receiver there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from api.settings import Settings
from tests.api.conftest import TINY
from tests.api.webhooks.receiver import Receiver, receiving


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Send to this machine, and look at the log often."""
    return Settings(
        data=tmp_path / "data",
        policies=TINY,
        port=0,
        key_memory_seconds=0,
        webhook_private=True,
        webhook_poll_seconds=0.01,
        webhook_timeout_seconds=2,
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Receive."""
    with receiving() as made:
        yield made


def subscribe(client: Client, url: str, **more: Any) -> dict[str, Any]:
    """Subscribe and give the answer."""
    answer = client.post("/webhooks", json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert isinstance(told, dict)
    return told
