"""Delivery to a real receiver: signed, in order, once or more; down and back."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import Client
from litestar import Litestar

from api.roles import Role
from tests.api.conftest import Clock, NewKey, application, as_role, ask, service_of
from tests.api.webhooks.conftest import conclude, refer, subscribe
from tests.api.webhooks.receiver import Received, Receiver

DAY = dt.timedelta(days=1)


def until(holds: Callable[[], bool], clock: Clock | None = None) -> None:
    """Wait until something holds, turning a clock meanwhile if one is given; fail the test if it never does."""
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail("waited for 60 s")
        if clock is not None:
            clock.now += dt.timedelta(minutes=1)
        time.sleep(0.01)


def deliveries(client: Client, webhook: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """List what became of events."""
    answer = client.get(f"/webhooks/{webhook['id']}/deliveries", params=more)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert isinstance(items, list)
    return items


def firsts(received: list[Received]) -> list[Received]:
    """Leave out what came again."""
    first: dict[str, Received] = {}
    for each in received:
        first.setdefault(each.headers["webhook-id"], each)
    return list(first.values())


def decide(client: Client, times: int) -> set[str]:
    """Decide so often and give the ids."""
    return {ask(client).json()["id"] for _ in range(times)}


def test_a_decision_is_told(http: Client, receiver: Receiver) -> None:
    """One signed CloudEvent with ids and links; each link is one the API serves, and nothing in it is about anybody."""
    made = subscribe(http, receiver.url)
    decided = ask(http).json()
    told = receiver.wait_for_ids({decided["id"]})[0]
    event = told.verified(made["secret"])

    assert told.headers["content-type"] == "application/cloudevents+json"
    assert {name: event[name] for name in ("specversion", "id", "type", "subject", "datacontenttype")} == {
        "specversion": "1.0",
        "id": decided["id"],
        "type": "grounds.decision.made",
        "subject": decided["id"],
        "datacontenttype": "application/json",
    }
    assert event["data"]["index"] == decided["log"]["index"]
    assert all(http.get(link).status_code == 200 for link in event["data"]["links"].values())
    assert b"customer-1" not in told.body
    assert decided["outcome"] not in told.body.decode()
    until(lambda: [each["state"] for each in deliveries(http, made)] == ["delivered"])


def test_nobody_is_told_of_the_decisions_of_others(http: Client, receiver: Receiver, new_key: NewKey) -> None:
    """An integrator's receiver gets what that integrator asked for, and not what another did."""
    other = as_role(http, new_key(Role.INTEGRATOR))
    subscribe(http, receiver.url)
    http.post(
        "/decisions", json={"policy": "tiny", "subject": "s", "facts": {}}, headers={**other, "Idempotency-Key": "k"}
    )
    mine = decide(http, 1)

    assert {each.headers["webhook-id"] for each in receiver.wait_for_ids(mine)} == mine


def test_what_was_decided_before_is_not_told_until_asked_for(http: Client, receiver: Receiver) -> None:
    """A subscription begins with now; a replay from the first entry brings what was before, and all since again."""
    before = decide(http, 3)
    made = subscribe(http, receiver.url)
    after = decide(http, 2)
    first = {each.headers["webhook-id"] for each in receiver.wait_for_ids(after)}
    answer = http.post(f"/webhooks/{made['id']}/replay", json={"index": 0})
    receiver.wait_for_ids(before | after)
    again = receiver.wait_for(lambda received: len(received) >= 7)

    assert first == after
    assert (answer.status_code, answer.json()) == (202, {"index": 0})
    bodies = {each.headers["webhook-id"]: set[bytes]() for each in again}
    for each in again:
        bodies[each.headers["webhook-id"]].add(each.body)
    assert all(len(same) == 1 for same in bodies.values())  # the same bytes every time


def test_a_receiver_that_was_down_gets_everything_when_it_is_back(
    http: Client, receiver: Receiver, clock: Clock
) -> None:
    """While nobody listens decisions go on being answered; afterwards every event comes."""
    made = subscribe(http, receiver.url)
    receiver.go_down()
    missed = decide(http, 20)
    until(lambda: all(each["attempts"] for each in deliveries(http, made)[-4:]))
    failed = deliveries(http, made)[-1]
    receiver.come_back()
    until(lambda: missed <= {each.headers["webhook-id"] for each in receiver.received}, clock)

    assert (failed["state"], failed["problem"], failed["status"]) == ("waiting", "unreachable", None)
    assert failed["next_attempt_at"] > "2026-11-22T08:00:02"


def test_after_the_last_try_an_event_is_dead_and_can_be_sent_again(
    http: Client, app: Litestar, receiver: Receiver, clock: Clock
) -> None:
    """Refused as often as there are tries it is given up; others are sent meanwhile; a replay revives it."""
    made = subscribe(http, receiver.url)
    poison = ask(http).json()
    receiver.decide = lambda each: 500 if each.headers["webhook-id"] == poison["id"] else 204
    others = decide(http, 3)
    receiver.wait_for_ids(others)
    tries = service_of(app).settings.webhook_tries
    receiver.wait_for_ids(others)
    for number in range(1, tries + 1):
        until(lambda number=number: deliveries(http, made)[-1]["attempts"] == number)  # type: ignore[misc]
        clock.now += DAY
    dead = deliveries(http, made, only="dead")
    receiver.decide = lambda _: 200
    http.post(f"/webhooks/{made['id']}/replay", json={"index": poison["log"]["index"]})

    assert [(each["decision"], each["attempts"], each["status"], each["problem"]) for each in dead] == [
        (poison["id"], tries, 500, "refused")
    ]
    assert dead[0]["next_attempt_at"] is None
    receiver.wait_for_ids({poison["id"]})


def test_retry_after_is_kept_to(http: Client, receiver: Receiver) -> None:
    """A receiver that asks for two minutes gets two minutes."""
    made = subscribe(http, receiver.url)
    receiver.decide = lambda _: 429
    ask(http)
    until(lambda: any(each["attempts"] for each in deliveries(http, made)))

    assert deliveries(http, made)[0]["next_attempt_at"] == "2026-11-22T08:02:00.000Z"


def test_a_redirect_is_not_followed(http: Client, receiver: Receiver) -> None:
    """A receiver that points elsewhere has refused."""
    made = subscribe(http, receiver.url)
    asked: list[Received] = []
    receiver.decide = lambda each: asked.append(each) or 307  # type: ignore[func-returns-value,redundant-expr]
    ask(http)
    until(lambda: any(each["attempts"] for each in deliveries(http, made)))

    assert (deliveries(http, made)[0]["status"], len(asked)) == (307, 1)


def test_a_receiver_that_is_gone_is_sent_nothing_more(http: Client, receiver: Receiver) -> None:
    """410 pauses the subscription, as Standard Webhooks asks; made active again it gets what it missed."""
    made = subscribe(http, receiver.url)
    receiver.decide = lambda _: 410
    ask(http)
    path = f"/webhooks/{made['id']}"
    until(lambda: not http.get(path).json()["active"])
    receiver.decide = lambda _: 200
    missed = decide(http, 2)
    assert receiver.received == []
    http.patch(path, json={"active": True}, headers={"If-Match": http.get(path).headers["etag"]})

    receiver.wait_for_ids(missed)


def test_events_about_one_decision_come_in_the_order_of_the_log(
    http: Client, app: Litestar, receiver: Receiver, new_key: NewKey, clock: Clock
) -> None:
    """While the first is refused the later ones wait for it; then they come one after the other.

    Decided, referred to a person, concluded by one: what happened inside the case in between is told to nobody.
    """
    made = subscribe(http, receiver.url)
    reviewer = as_role(http, new_key(Role.REVIEWER))
    refusing = [True]
    receiver.decide = lambda _: 503 if refusing[0] else 200
    decided = refer(http)["id"]
    until(lambda: len(deliveries(http, made)) == 2)
    with service_of(app).log.engine.connect() as connection:
        case = connection.execute(sa.text("SELECT id FROM casework")).scalar_one()
    conclude(http, case, reviewer)
    until(lambda: len(deliveries(http, made)) == 4 and bool(deliveries(http, made)[-1]["attempts"]))
    about = [each for each in deliveries(http, made) if each["decision"] == decided]
    refusing[0] = False
    until(lambda: len({each.headers["webhook-id"] for each in receiver.received}) == 4, clock)
    told = firsts(receiver.received)
    events = [each.event for each in told if each.event["subject"] == decided]

    assert [each["attempts"] for each in about] == [0, 0, 1]
    assert [each["type"] for each in events] == [
        "grounds.decision.made",
        "grounds.review.opened",
        "grounds.review.concluded",
    ]
    assert [each["data"]["index"] for each in events] == sorted(each["data"]["index"] for each in events)
    assert {each["data"].get("case") for each in events} == {None, case}
    assert events[-1]["data"]["new_decision"] == next(
        each.event["subject"] for each in told if each.event["subject"] != decided
    )


def test_a_new_secret_signs_beside_the_former_one_for_a_day(http: Client, receiver: Receiver, clock: Clock) -> None:
    """Either secret verifies what comes within a day; after it only the new one does."""
    former = subscribe(http, receiver.url)
    renewed = http.post(f"/webhooks/{former['id']}/secret").json()
    between = receiver.wait_for_ids(decide(http, 1))[-1]
    clock.now += DAY
    later = receiver.wait_for_ids(decide(http, 1))[-1]

    for secret in (former["secret"], renewed["secret"]):
        between.verified(secret)
    later.verified(renewed["secret"])
    with pytest.raises(AssertionError):
        later.verified(former["secret"])


def test_only_the_types_asked_for_come(http: Client, receiver: Receiver) -> None:
    """A subscription to one type gets no other."""
    subscribe(http, receiver.url, types=["grounds.review.opened"])
    ask(http)
    refer(http)

    assert [each.event["type"] for each in receiver.wait_for(bool)] == ["grounds.review.opened"]


def test_a_stop_waits_for_what_is_under_way(http: Client, app: Litestar, receiver: Receiver) -> None:
    """Stopped while a receiver is answering, the service writes down that it was taken; nothing is sent twice."""
    made = subscribe(http, receiver.url)
    service = service_of(app)
    delivery = service.webhooks.start()  # a second thread on the same tables: leases keep them apart
    receiver.decide = lambda _: time.sleep(0.3) or 200  # type: ignore[func-returns-value,redundant-expr]
    decided = decide(http, 6)
    until(lambda: bool(deliveries(http, made)))
    delivery.close()
    receiver.wait_for_ids(decided)
    until(lambda: [each["state"] for each in deliveries(http, made)] == ["delivered"] * 6)

    assert len(receiver.received) == 6


def test_a_revoked_key_is_told_nothing_more(http: Client, receiver: Receiver, new_key: NewKey, clock: Clock) -> None:
    """Whoever lost the right to ask has lost the right to be told what is still on its way; others go on."""
    subscribe(http, receiver.url)
    lost, admin = new_key(Role.INTEGRATOR), as_role(http, new_key(Role.ADMIN))
    theirs = as_role(http, lost)
    asked: list[str] = []
    receiver.decide = lambda each: asked.append(each.headers["webhook-id"]) or 503  # type: ignore[func-returns-value,redundant-expr]
    assert http.post("/webhooks", json={"url": receiver.url}, headers=theirs).status_code == 201
    sent = {**theirs, "Idempotency-Key": "k"}
    withheld = http.post("/decisions", json=application(), headers=sent).json()["id"]
    until(lambda: withheld in asked)
    revoked = http.post(f"/keys/{lost.split('_')[1]}/revoke", json={"because": "lost"}, headers=admin)
    assert revoked.status_code == 200, revoked.text
    receiver.decide = lambda _: 200
    mine = decide(http, 3)
    until(lambda: mine <= {each.headers["webhook-id"] for each in receiver.received}, clock)

    assert withheld not in {each.headers["webhook-id"] for each in receiver.received}


def test_pages_of_deliveries(http: Client, receiver: Receiver) -> None:
    """Newest first, page by page, each once; a cursor of another search is refused."""
    made = subscribe(http, receiver.url)
    decided = decide(http, 5)
    receiver.wait_for_ids(decided)
    path, found, cursor = f"/webhooks/{made['id']}/deliveries", [], None
    while True:
        page = http.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        found += [each["decision"] for each in page["items"]]
        if (following := page["next"]) is None:
            break
        cursor = following

    assert (set(found), len(found)) == (decided, 5)
    assert http.get(path, params={"cursor": cursor, "only": "dead"}).status_code == 400
