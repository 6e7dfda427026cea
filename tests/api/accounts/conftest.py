"""A service on small policies for the life of a line, and the steps of that life over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response
from litestar import Litestar
from litestar.testing import TestClient

from api.settings import Settings

POLICIES = Path(__file__).parent.parent / "line_policies"
LIMIT = 2_000_000  #: fen, what an income of 20,000 yuan opens


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Decide by policies for lines, in the test's own folder."""
    return Settings(data=tmp_path / "data", policies=POLICIES, key_memory_seconds=0)


@pytest.fixture
def http(app: Litestar, key: str) -> Iterator[Client]:
    """Speak to the application with the integrator's key."""
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


def decide(client: Client, policy: str, subject: str = "ann", key: str = "", **facts: Any) -> Response:
    """Ask for a decision about a subject."""
    body = {"policy": policy, "subject": subject, "facts": facts}
    return client.post("/decisions", json=body, headers={"Idempotency-Key": key or str(uuid.uuid4())})


def opened(client: Client, subject: str = "ann", limit: int = LIMIT) -> Response:
    """Open a line."""
    return outcome(decide(client, "opening", subject, income=limit), "approve")


def activated(client: Client, subject: str = "ann", limit: int = LIMIT) -> Response:
    """Open a line and activate it."""
    opened(client, subject, limit)
    return outcome(decide(client, "activation", subject), "approve")


def draw(client: Client, amount: int, subject: str = "ann", key: str = "", **facts: Any) -> Response:
    """Ask for a drawdown."""
    return decide(client, "drawdown", subject, key, drawdown_amount=amount, **facts)


def repay(client: Client, amount: int, subject: str = "ann", key: str = "") -> Response:
    """Report a repayment."""
    headers = {"Idempotency-Key": key or str(uuid.uuid4())}
    return client.post(f"/lines/{subject}/repayments", json={"amount_fen": amount}, headers=headers)


def line(client: Client, subject: str = "ann", **parameters: Any) -> Any:
    """Fetch a line."""
    answer = client.get(f"/lines/{subject}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def outcome(answer: Response, expected: str) -> Response:
    """Hold an answer to an outcome."""
    assert (answer.status_code, answer.json().get("outcome")) == (201, expected), answer.text
    return answer


def problem(answer: Response) -> tuple[int, str]:
    """Give the status and the kind of a refusal."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]
