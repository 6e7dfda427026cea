"""From the log to deliveries: nothing is passed over, whatever is recorded meanwhile and whoever else looks."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from httpx import Client
from litestar import Litestar

from api.roles import Role
from api.service import Service
from api.webhooks.spreading import Spreading
from api.webhooks.tables import DELIVERY, WEBHOOK
from audit.checkpoint import Checkpoint
from tests.api.conftest import NewKey, as_role, ask, service_of
from tests.api.webhooks.conftest import refer, subscribe


@pytest.fixture
def service(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Give the service, with nobody delivering."""
    monkeypatch.setattr("api.webhooks.delivering.Delivery._round", lambda _: False)
    return service_of(app)


def written(service: Service) -> list[str]:
    """Give the decisions that are to be told, in the order of the log."""
    with service.log.engine.connect() as connection:
        return list(connection.execute(sa.select(DELIVERY.c.about).order_by(DELIVERY.c.log_index)).scalars())


def test_what_is_decided_while_the_log_is_read_is_not_passed_over(
    http: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decision that is signed between two reads of one look is told by the next look at the latest."""
    subscribe(http, "http://127.0.0.1:9/")
    decided = [ask(http).json()["id"]]
    newest = service.log.checkpoint

    def deciding() -> Checkpoint:
        decided.append(ask(http).json()["id"])
        return newest()

    with monkeypatch.context() as patch:
        patch.setattr(service.log, "checkpoint", deciding)
        spreading = Spreading(service.ledger)
        for _ in range(4):
            spreading.run()
    spreading.run()

    assert written(service) == decided


def test_two_that_look_at_once_write_each_event_once(http: Client, service: Service) -> None:
    """What a second process found too is not written again."""
    subscribe(http, "http://127.0.0.1:9/")
    decided = [ask(http).json()["id"] for _ in range(3)]
    one, other = Spreading(service.ledger), Spreading(service.ledger)
    with service.log.engine.connect() as connection:
        found = list(one._stretches(connection, service.log.checkpoint().size))
    other.run()
    service.ledger.writer.submit(lambda connection: one._write(connection, found)).result()

    assert written(service) == decided


def test_a_long_log_is_read_stretch_by_stretch(
    http: Client, service: Service, new_key: NewKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More events than are taken in one go come in several, in order, between those of others and of other kinds."""
    monkeypatch.setattr("api.webhooks.spreading._AT_ONCE", 3)
    other = as_role(http, new_key(Role.INTEGRATOR))
    subscribe(http, "http://127.0.0.1:9/")
    expected = []
    for _ in range(5):
        mine = refer(http)["id"]
        refer(_with(http, other))
        expected += [mine, mine]
    spreading = Spreading(service.ledger)
    rounds = 0
    while spreading.run():
        rounds += 1

    assert written(service) == expected
    assert rounds >= 4


def test_a_log_that_concerns_nobody_is_not_written_down_each_time(http: Client, service: Service) -> None:
    """Looking again costs a read; only after a thousand entries is it worth a transaction to remember the place."""
    made = subscribe(http, "http://127.0.0.1:9/", types=["grounds.review.opened"])
    ask(http)
    place = sa.select(WEBHOOK.c.next_index).where(WEBHOOK.c.id == made["id"])
    with service.log.engine.connect() as connection:
        before = connection.execute(place).scalar()
    moved = Spreading(service.ledger).run()
    with service.log.engine.connect() as connection:
        after = connection.execute(place).scalar()

    assert (moved, after) == (False, before)


def _with(client: Client, headers: dict[str, str]) -> Client:
    """Give a client with another key on the same application."""
    from litestar.testing import TestClient

    assert isinstance(client, TestClient)
    made = TestClient(client.app)
    made.headers.update(headers)
    return made
