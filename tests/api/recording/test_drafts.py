"""A draft says what its decision says, in fewer words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from api.accounts.decided import Decided
from api.recording import Draft, Made
from api.schemas import DecisionRequest
from api.service import Service
from api.settings import Settings
from tests.api.accounts.conftest import POLICIES
from tests.api.conftest import START, Clock

EARLIER = START - dt.timedelta(days=3, microseconds=1)
LINE = {
    "line_activated": True,
    "line_status": "active",
    "line_apr": 1_200,
    "current_limit": 2_000_000,
    "outstanding_principal": 0,
}
DECISIONS: list[tuple[str, dict[str, Any], str]] = [
    ("opening", {"income": 2_000_000}, "approve"),
    ("opening", {"income": 50_000}, "reject"),
    ("opening", {}, "incomplete"),
    ("activation", {"line_activated": False, "approved_limit": 2_000_000, "line_apr": 1_200}, "approve"),
    ("drawdown", {**LINE, "drawdown_amount": 700_000}, "approve"),
    ("drawdown", {**LINE, "drawdown_amount": 2_000_001}, "reject"),
    ("drawdown", {**LINE, "line_activated": False, "drawdown_amount": 5}, "refer"),
    ("limit_increase", {"current_limit": 2_000_000, "income": 3_000_000}, "approve"),
    ("line_review", {"current_limit": 2_000_000, "finding": "suspend"}, "suspend"),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Open a service that decides about lines, at a fixed moment."""
    data = tmp_path_factory.mktemp("drafts") / "data"
    service = Service.open(Settings(data=data, policies=POLICIES, executor="index"), Clock())
    yield service
    service.close()


@pytest.mark.parametrize("as_of", [None, EARLIER], ids=["now", "as of a moment"])
@pytest.mark.parametrize(("policy", "facts", "outcome"), DECISIONS)
def test_what_a_draft_means_to_a_line_is_what_its_decision_means(
    service: Service, policy: str, facts: dict[str, Any], outcome: str, as_of: dt.datetime | None
) -> None:
    """With the offer, the moment it stands for and the amount that is drawn; also when it has gone to the process."""
    request = DecisionRequest(policy, "ann", facts, msgspec.UNSET if as_of is None else as_of)
    made = service.workflow._decided(request, "key:one", "k", None)
    assert isinstance(made, Made)
    draft = made.draft()
    decision = service.engine.decide(policy, facts, as_of or START)

    assert str(decision.outcome) == outcome
    assert draft.decided == Decided.of(decision, "key:one", facts)
    assert draft.decided.amount_fen == facts.get("drawdown_amount")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(draft), type=Draft).decided == draft.decided
