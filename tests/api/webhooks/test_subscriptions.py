"""Subscriptions over HTTP: whose they are, what they may point to, and what is told of their secret."""

from __future__ import annotations

import json

import pytest
from httpx import Client
from litestar import Litestar

from api.roles import Role
from api.settings import Settings
from api.webhooks.subscriptions import MOST
from api.webhooks.tables import WEBHOOK
from tests.api.conftest import NewKey, as_role, ask, service_of
from tests.api.webhooks.conftest import subscribe

HERE = "http://127.0.0.1:9/events"


def test_a_subscription_is_made_read_changed_and_removed(http: Client) -> None:
    """What was asked for is what is read back; each change raises the version; removed, it is not there."""
    made = subscribe(http, HERE, types=["grounds.decision.made"])
    path = f"/webhooks/{made['id']}"
    paused = http.patch(path, json={"active": False}, headers={"If-Match": '"1"'})

    assert made["secret"].startswith("whsec_")
    assert http.get(path).json() == {name: value for name, value in made.items() if name != "secret"} | {
        "version": 2,
        "active": False,
    }
    assert (paused.status_code, paused.json()["version"]) == (200, 2)
    assert [each["id"] for each in http.get("/webhooks").json()["items"]] == [made["id"]]
    assert http.delete(path, headers={"If-Match": paused.headers["etag"]}).status_code == 204
    assert http.get(path).status_code == 404


def test_a_change_is_made_to_what_was_read(http: Client) -> None:
    """Without the version it is asked for, with an old one it is refused, and nothing changes."""
    path = f"/webhooks/{subscribe(http, HERE)['id']}"
    first = http.get(path).headers["etag"]
    assert http.patch(path, json={"active": False}, headers={"If-Match": first}).status_code == 200

    assert http.patch(path, json={"active": True}).status_code == 428
    assert http.patch(path, json={"active": True}, headers={"If-Match": first}).status_code == 412
    assert http.delete(path, headers={"If-Match": first}).status_code == 412
    assert http.get(path).json()["active"] is False


def test_the_secret_is_told_once_and_kept_nowhere(http: Client, app: Litestar, settings: Settings) -> None:
    """Neither a later answer nor the database nor a leaf holds it, and a new one is another."""
    made = subscribe(http, HERE)
    renewed = http.post(f"/webhooks/{made['id']}/secret").json()
    with service_of(app).log.engine.connect() as connection:
        rows = str(connection.execute(WEBHOOK.select()).all())
    leaves = [service_of(app).log.entry(index) for index in range(service_of(app).log.size())]

    assert renewed["secret"] != made["secret"]
    for secret in (made["secret"], renewed["secret"]):
        assert secret not in http.get(f"/webhooks/{made['id']}").text
        assert secret not in rows
        assert all(secret.encode() not in leaf for leaf in leaves)
    assert [json.loads(leaf)["change"] for leaf in leaves if b"webhook_changed" in leaf] == ["added", "secret-renewed"]
    assert all(HERE.encode() not in leaf for leaf in leaves)


def test_a_repetition_makes_no_second_subscription(http: Client, new_key: NewKey) -> None:
    """Under the same key the first answer comes again, secret and all; another body is refused."""
    again = {"Idempotency-Key": "k"}
    first = http.post("/webhooks", json={"url": HERE}, headers=again)
    path = first.headers["location"]
    http.patch(path, json={"url": f"{HERE}/moved"}, headers={"If-Match": first.headers["etag"]})
    http.post(f"{path}/secret")
    second = http.post("/webhooks", json={"url": HERE}, headers=again)
    other = http.post("/webhooks", json={"url": HERE}, headers={**again, **as_role(http, new_key(Role.INTEGRATOR))})

    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["idempotent-replayed"] == "true"
    assert other.json()["id"] != first.json()["id"]
    assert http.post("/webhooks", json={"url": f"{HERE}/else"}, headers=again).status_code == 422
    assert len(http.get("/webhooks").json()["items"]) == 1


def test_each_sees_its_own(http: Client, new_key: NewKey) -> None:
    """Another integrator's subscription is not there, whatever is asked about it; other roles may not ask at all."""
    path = f"/webhooks/{subscribe(http, HERE)['id']}"
    other, reviewer = (as_role(http, new_key(role)) for role in (Role.INTEGRATOR, Role.REVIEWER))

    assert http.get("/webhooks", headers=other).json() == {"items": []}
    match = {"If-Match": '"1"'}
    for method, place, body in (
        ("GET", path, None),
        ("PATCH", path, {"active": False}),
        ("DELETE", path, None),
        ("POST", f"{path}/secret", None),
        ("POST", f"{path}/replay", {"index": 0}),
        ("GET", f"{path}/deliveries", None),
    ):
        assert http.request(method, place, json=body, headers={**other, **match}).status_code == 404
        assert http.request(method, place, json=body, headers={**reviewer, **match}).status_code == 403
    assert http.get(path).json()["version"] == 1


def test_there_is_a_most(http: Client) -> None:
    """Beyond ten subscriptions a caller is told to delete one."""
    for _ in range(MOST):
        subscribe(http, HERE)
    refused = http.post("/webhooks", json={"url": HERE})

    assert refused.status_code == 409
    assert "delete" in refused.json()["errors"][0]["remedy"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "https://me:secret@example.com/"}, "url"),
        ({"url": "https://example.com/#part"}, "url"),
        ({"url": "http://8.8.8.8/"}, "url"),
        ({"url": HERE, "types": []}, "types"),
        ({"url": HERE, "types": ["grounds.everything"]}, "types[0]"),
        ({"url": HERE, "secret": "mine"}, ""),
    ],
)
def test_what_cannot_be_taken_is_named(http: Client, body: dict[str, object], path: str) -> None:
    """422 with the path; nothing is made."""
    refused = http.post("/webhooks", json=body)

    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, path)
    assert http.get("/webhooks").json() == {"items": []}


@pytest.mark.parametrize("body", [{}, {"index": 0, "since": "2026-01-01T00:00:00Z"}, {"index": -1}, {"since": "now"}])
def test_a_replay_begins_somewhere(http: Client, body: dict[str, object]) -> None:
    """One of entry and moment is needed, and it has to be one."""
    made = subscribe(http, HERE)

    assert http.post(f"/webhooks/{made['id']}/replay", json=body).status_code == 422


def test_a_replay_from_a_moment_begins_not_after_it(http: Client) -> None:
    """The entry named in the answer is one at that moment or before."""
    made, decided = subscribe(http, HERE), ask(http).json()
    answer = http.post(f"/webhooks/{made['id']}/replay", json={"since": "2026-11-22T08:00:00Z"})

    assert answer.status_code == 202
    assert answer.json()["index"] <= decided["log"]["index"]
