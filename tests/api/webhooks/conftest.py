"""A service that may send to this machine, and a receiver there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from api.settings import Settings
from tests.api.conftest import TINY, application, ask
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


REFERRED = {"score": 700, "income": 50_000}


def refer(client: Client) -> dict[str, Any]:
    """Ask for a decision that a person has to take: two entries about it, the decision and the case."""
    decided = ask(client, application(facts=REFERRED)).json()
    assert decided["outcome"] == "refer"
    assert isinstance(decided, dict)
    return decided


def conclude(client: Client, case: str, reviewer: dict[str, str]) -> None:
    """Claim a case and decide it: one more entry about the decision, and a new decision."""
    claimed = client.post(f"/cases/{case}/claim", headers={**reviewer, "If-Match": '"1"'})
    assert claimed.status_code == 200, claimed.text
    body = {
        "result": "decide",
        "because": ["judgement"],
        "grounds": "everything was looked at",
        "answer": {"zh": "经复核，申请未获通过。", "en": "After a review the application is not approved."},
        "decision": {"outcome": "reject", "reasons": ["score_low"]},
    }
    done = client.post(f"/cases/{case}/conclude", json=body, headers={**reviewer, "If-Match": claimed.headers["etag"]})
    assert done.status_code == 200, done.text
