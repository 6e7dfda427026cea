"""Webhooks on PostgreSQL: two processes on one database share the work, and each event is leased by one of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar.testing import TestClient
from pydantic import SecretStr

from api.app import create_app
from api.ledger import Ledger
from api.roles import Role
from api.settings import Settings
from tests.api.conftest import TINY
from tests.api.webhooks.conftest import refer, subscribe
from tests.api.webhooks.receiver import Receiver
from tests.api.webhooks.test_delivery import deliveries, until


@pytest.fixture
def settings(empty_database: str, settings: Settings) -> Settings:
    """Keep the log in PostgreSQL."""
    return settings.model_copy(update={"url": SecretStr(empty_database)})


@pytest.mark.timeout(300)
def test_two_processes_deliver_each_event_once(settings: Settings, receiver: Receiver, tmp_path: Path) -> None:
    """Decisions of either are told; nothing is sent twice; events about one decision come in order."""
    ledger = Ledger.open(settings)
    key = ledger.create_key(Role.INTEGRATOR, "tests")
    ledger.close()
    assert settings.policies == TINY
    with (
        TestClient(create_app(settings), raise_server_exceptions=False) as one,
        TestClient(create_app(settings), raise_server_exceptions=False) as other,
    ):
        for client in (one, other):
            client.headers["Authorization"] = f"Bearer {key}"
        made = subscribe(one, receiver.url)
        decided = {refer(client)["id"] for client in (one, other) * 6}
        told = receiver.wait_for(lambda received: len(received) >= 24, seconds=120)
        until(lambda: {each["state"] for each in deliveries(other, made)} == {"delivered"})

    assert len(receiver.received) == 24
    assert {each.event["subject"] for each in told} == decided
    for decision in decided:
        types = [each.event["type"] for each in told if each.event["subject"] == decision]
        assert types == ["grounds.decision.made", "grounds.review.opened"]
