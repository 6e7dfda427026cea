"""Drawdowns at the same moment: what is drawn never exceeds the limit, and every answer is final."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from litestar import Litestar
from pydantic import SecretStr

from api.ledger import Ledger
from api.roles import Role
from api.settings import Settings
from tests.api.accounts.conftest import activated, draw, line, repay
from tests.api.test_server import serving, verified

CALLERS = 32
LIMIT = 1_000_000  #: fen; ten drawdowns of AMOUNT
AMOUNT = 100_000


@pytest.fixture(params=["sqlite", "two processes on postgres"])
def services(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Settings, list[str]]]:
    """Serve in processes of their own; give their addresses."""
    with ExitStack() as stack:
        count = 1
        if request.param != "sqlite":
            url = request.getfixturevalue("empty_database")
            monkeypatch.setenv("GROUNDS_DATABASE", url)
            settings, count = settings.model_copy(update={"url": SecretStr(url)}), 2
        servers = [stack.enter_context(serving(settings, tmp_path / f"log{number}")) for number in range(count)]
        yield settings, [server.url for server in servers]


def test_32_drawdowns_at_once_never_exceed_the_limit(services: tuple[Settings, list[str]]) -> None:
    """Of 32 real requests for a tenth of the limit ten are approved, and 22 refused by decisions with reasons."""
    settings, urls = services
    ledger = Ledger.open(settings)
    key = ledger.create_key(Role.INTEGRATOR, "tests")
    ledger.close()
    headers = {"Authorization": f"Bearer {key}"}
    with ExitStack() as stack:
        clients = [stack.enter_context(httpx.Client(base_url=url, headers=headers, timeout=60)) for url in urls]
        activated(clients[0], limit=LIMIT)
        answers = at_once(lambda number: draw(clients[number % len(clients)], AMOUNT, key=str(number)))
        again = at_once(lambda number: draw(clients[(number + 1) % len(clients)], AMOUNT, key=str(number)))
        found = line(clients[-1])

    assert Counter(answer.status_code for answer in answers) == {201: CALLERS}
    assert Counter(answer.json()["outcome"] for answer in answers) == {"approve": 10, "reject": CALLERS - 10}
    assert {code for answer in answers for code in codes(answer)} == {"over_available"}
    assert [answer.content for answer in again] == [answer.content for answer in answers]
    assert found["amounts"]["drawn_fen"] == LIMIT
    assert Counter(each["change"] for each in found["changes"]) == {"opened": 1, "activated": 1, "drawn": 10}
    verified(settings)


def codes(answer: httpx.Response) -> list[str]:
    """Give the reason codes of a decision."""
    return [reason["code"] for reason in answer.json()["reasons"]]


def at_once(ask: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """Ask from all callers at the same moment."""
    together = Barrier(CALLERS)

    def call(number: int) -> httpx.Response:
        together.wait()
        return ask(number)

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(call, range(CALLERS)))


def test_32_on_one_event_loop(app: Litestar, http: httpx.Client, key: str) -> None:
    """All in flight on one loop: ten are approved, each decision is recorded once, and nobody is told to wait."""
    activated(http, limit=LIMIT)
    answers = asyncio.run(_on_one_loop(app, key))

    assert Counter(answer.json().get("outcome") for answer in answers) == {"approve": 10, "reject": CALLERS - 10}
    assert line(http)["amounts"]["drawn_fen"] == LIMIT
    assert len(http.get("/decisions").json()["items"]) == CALLERS + 2


async def _on_one_loop(app: Litestar, key: str) -> list[httpx.Response]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]  # httpx names fewer messages
    body = {"policy": "drawdown", "subject": "ann", "facts": {"drawdown_amount": AMOUNT}}
    headers = [{"Authorization": f"Bearer {key}", "Idempotency-Key": str(number)} for number in range(CALLERS)]
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return await asyncio.gather(*(client.post("/decisions", json=body, headers=each) for each in headers))


def test_drawdowns_and_repayments_at_once_add_up(http: httpx.Client) -> None:
    """Whatever the order, the balance is what was approved less what came back, and no step lies outside the limit."""
    activated(http, limit=LIMIT)
    draw(http, 5 * AMOUNT)

    def step(number: int) -> httpx.Response:
        return draw(http, AMOUNT, key=str(number)) if number % 2 else repay(http, AMOUNT // 2, key=str(number))

    answers = at_once(step)
    drawn = sum(answer.json().get("outcome") == "approve" for answer in answers) * AMOUNT
    back = sum(answer.json().get("change") == "repaid" for answer in answers) * (AMOUNT // 2)
    found = line(http)

    assert found["amounts"]["drawn_fen"] == 5 * AMOUNT + drawn - back
    assert all(0 <= each["after"]["drawn_fen"] <= LIMIT for each in found["changes"])
    assert {answer.status_code for answer in answers} <= {201, 409}
