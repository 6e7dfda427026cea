"""The shipped policies on an account: the samples lead through the life of a line, the account says the rest."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.accounts.repeating import settle
from api.schemas import DecisionRequest
from api.service import Service
from api.settings import Settings
from tests.repository import ROOT


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Decide by the shipped policies."""
    return Settings(data=tmp_path / "data")


def test_the_samples_lead_through_the_life_of_a_line(settings: Settings) -> None:
    """Approved, activated, drawn twice; the third of a day asks for a face, since the account remembers the others."""
    service = Service.open(settings)
    try:
        approved = decided(service, "opening", "approval")
        active = decided(service, "activation", "activation")
        drawn = [decided(service, "drawdown", "drawdown") for _ in range(3)]
        account = service.workflow.lines.current
        with service.log.engine.connect() as connection:
            found = account(connection, service.log.vault.find_subject(connection, "x") or "")
    finally:
        service.close()

    assert (approved["outcome"], active["outcome"]) == ("approve", "approve")
    assert active["offer"]["limit_fen"] == approved["offer"]["limit_fen"]
    assert [each["outcome"] for each in drawn] == ["approve", "approve", "verify"]
    assert [reason["code"] for reason in drawn[2]["reasons"]] == ["rapid_drawdown_check"]
    assert found is not None
    assert found.particulars.drawn_fen == 2 * 500_000


def decided(service: Service, policy: str, sample: str) -> dict[str, Any]:
    """Decide on a sample, about one subject."""
    facts = msgspec.json.decode((ROOT / f"api/samples/{sample}.json").read_bytes())
    begin = partial(service.workflow.decide, DecisionRequest(policy, "x", facts), "cli", f"key-{service.log.size()}")
    answer: dict[str, Any] = msgspec.json.decode(settle(begin).answer or b"")
    return answer
