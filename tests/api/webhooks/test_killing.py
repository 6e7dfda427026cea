"""Faults in earnest: the service killed while it delivers, the receiver down and back; every event, in order."""

from __future__ import annotations

import signal
import time
from collections import defaultdict
from pathlib import Path

import httpx
import pytest

from api.settings import Settings
from tests.api.conftest import application
from tests.api.test_server import Server, headers, serving, verified
from tests.api.webhooks.conftest import REFERRED
from tests.api.webhooks.receiver import Received, Receiver

QUICK = {"PRIVATE": "true", "TIMEOUT_SECONDS": "0.5", "FIRST_PAUSE_SECONDS": "0.05", "POLL_SECONDS": "0.01"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let leases run out and tries come soon, for services that are started as processes."""
    for name, value in QUICK.items():
        monkeypatch.setenv(f"GROUNDS_WEBHOOK_{name}", value)


class Caller:
    """Asks for decisions that are referred to people, and remembers what was acknowledged."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.events: set[str] = set()

    def ask(self, server: Server, times: int) -> None:
        """Make decisions, each with one more entry about it: the case."""
        with httpx.Client(base_url=server.url, timeout=20) as client:
            for _ in range(times):
                number = len(self.events)
                body = application(subject=f"s{number}", facts=REFERRED)
                made = client.post("/decisions", json=body, headers=headers(self._key, f"k{number}"))
                assert made.status_code == 201, made.text
                self.events.add(made.json()["id"])


@pytest.mark.timeout(300)
def test_killed_and_down_every_event_comes_in_order(
    settings: Settings, key: str, receiver: Receiver, tmp_path: Path
) -> None:
    """kill -9 in the middle of deliveries, a receiver that is away while decisions go on, and both back again.

    Every event of every acknowledged decision arrives, once or more; those about one decision never out of order.
    """
    caller, log = Caller(key), tmp_path / "serve.log"
    receiver.decide = _slowly
    with serving(settings, log) as server:
        url = {"url": receiver.url}
        assert httpx.post(f"{server.url}/webhooks", json=url, headers=headers(key, "")).status_code == 201
        caller.ask(server, 30)
        receiver.wait_for(lambda received: len(received) >= 10)
        server.stop(signal.SIGKILL)
    receiver.go_down()
    with serving(settings, log) as server:
        caller.ask(server, 15)
        server.stop(signal.SIGKILL)
    receiver.come_back()
    with serving(settings, log) as server:
        caller.ask(server, 5)
        told = receiver.wait_for(lambda received: _all(received, caller.events), seconds=90)
        assert server.stop() == 0
    verified(settings)

    order: dict[str, list[int]] = defaultdict(list)
    for each in told:
        order[each.event["subject"]].append(each.event["data"]["index"])
    assert set(order) == caller.events
    for indexes in order.values():
        assert indexes == sorted(indexes)
        assert len(set(indexes)) == 2


@pytest.mark.timeout(300)
def test_an_orderly_stop_sends_nothing_twice(settings: Settings, key: str, receiver: Receiver, tmp_path: Path) -> None:
    """Told to stop while it delivers and started again, the service goes on where it was: each event once."""
    receiver.decide = _slowly
    caller, log = Caller(key), tmp_path / "serve.log"
    with serving(settings, log) as server:
        url = {"url": receiver.url}
        assert httpx.post(f"{server.url}/webhooks", json=url, headers=headers(key, "")).status_code == 201
        with httpx.Client(base_url=server.url) as client:
            for number in range(30):
                made = client.post("/decisions", json=application(), headers=headers(key, f"k{number}"))
                caller.events.add(made.json()["id"])
        receiver.wait_for(lambda received: len(received) >= 5)
        assert server.stop() == 0
    with serving(settings, log) as server:
        told = receiver.wait_for_ids(caller.events)
        assert server.stop() == 0

    assert len(told) == 30


def _slowly(_: Received) -> int:
    time.sleep(0.03)
    return 200


def _all(received: list[Received], decisions: set[str]) -> bool:
    ids = {each.headers["webhook-id"] for each in received}
    return decisions <= ids and len(ids) == 2 * len(decisions)
