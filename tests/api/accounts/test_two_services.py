"""Two services on one log, drawing on the same lines in any order: the sum of what is approved stays in the limit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from api.accounts.errors import LineRefuses
from api.accounts.repeating import settle
from api.recording import Recorded
from api.schemas import DecisionRequest
from api.service import Service
from api.settings import Settings
from tests.api.accounts.conftest import POLICIES

LIMIT = 100_000
NUMBERS = count()  #: every example has a subject and keys of its own


@pytest.fixture(params=["sqlite", "postgres"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Service, Service]]:
    """Open two services on one log, each with its own engine and writer."""
    url = SecretStr(request.getfixturevalue("empty_database")) if request.param == "postgres" else None
    chosen = Settings(data=tmp_path / "data", policies=POLICIES, url=url)
    first, second = Service.open(chosen), Service.open(chosen)
    yield first, second
    second.close()
    first.close()


STEPS = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 60_000)), min_size=2, max_size=8)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_sum_of_drawdowns_stays_in_the_limit(
    pair: tuple[Service, Service], steps: list[tuple[bool, bool, int]]
) -> None:
    """All are on their way before the first is answered; what is approved is drawn, and what is drawn was approved."""
    number = next(NUMBERS)
    subject = f"person-{number}"
    decided(pair[0], number, "opening", subject, income=LIMIT)
    decided(pair[1], number, "activation", subject)
    under_way = []
    for turn, (second, suspended, amount) in enumerate(steps):
        facts: dict[str, Any] = {"finding": "suspend"} if suspended and amount % 5 == 0 else {"drawdown_amount": amount}
        policy = "line_review" if "finding" in facts else "drawdown"
        begin = partial(
            pair[second].workflow.decide, DecisionRequest(policy, subject, facts), "tests", f"{number}-{turn}"
        )
        under_way.append((amount, begin, begin(None)))
    drawn = sum(amount for amount, begin, first in under_way if outcome(begin, first) == "drawn")
    with pair[0].log.engine.connect() as connection:
        account = pair[0].workflow.lines.current(connection, pair[0].log.vault.find_subject(connection, subject) or "")

    assert account is not None
    assert account.particulars.drawn_fen == drawn <= LIMIT


def decided(service: Service, number: int, policy: str, subject: str, **facts: object) -> None:
    """Decide one thing and wait for it."""
    begin = partial(service.workflow.decide, DecisionRequest(policy, subject, facts), "tests", f"{policy}-{number}")
    settle(begin)


def outcome(begin: Any, first: Any) -> str:
    """Wait for an answer: `drawn`, or what else it came to."""
    try:
        recorded: Recorded = settle(begin, first)
    except LineRefuses:
        return "refused"
    answer = msgspec.json.decode(recorded.answer or b"{}")
    return "drawn" if answer["outcome"] == "approve" else str(answer["outcome"])
