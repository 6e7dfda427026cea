"""Many decisions in one request: each by itself, whatever becomes of the others."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from httpx import Client, Response
from litestar import Litestar

from api.bulk import MOST
from api.roles import Role
from api.schemas import DecisionAnswer
from audit import QueueFull, Writer
from tests.api.conftest import GOOD, NewKey, application, as_role, ask, service_of


def item(key: str, **changes: Any) -> dict[str, Any]:
    """Write one item."""
    return {"key": key, "request": application(**changes)}


def send(client: Client, *items: dict[str, Any]) -> Response:
    """Send items together."""
    return client.post("/decisions/bulk", json={"items": items})


def test_every_item_is_answered_in_its_place(http: Client) -> None:
    """As many answers as items, in their order; each decision is recorded and served like any other."""
    answer = send(http, *(item(f"k{number}", subject=f"s{number}") for number in range(20)))
    items = answer.json()["items"]

    assert answer.status_code == 200
    assert [(each["key"], each["status"]) for each in items] == [(f"k{number}", 201) for number in range(20)]
    assert [each["decision"]["subject"] for each in items] == [f"s{number}" for number in range(20)]
    for each in items:
        assert http.get(f"/decisions/{each['decision']['id']}").json() == each["decision"]
    assert set(items[0]["decision"]) == {each for each in DecisionAnswer.__struct_fields__ if each != "review"}


BAD = {
    "unknown policy": (application(policy="opning"), 422, "policy"),
    "unknown fact": (application(facts={**GOOD, "scor": 1}), 422, "facts.scor"),
    "a member is missing": ({"policy": "tiny", "facts": {}}, 422, ""),
    "an empty subject": (application(subject=""), 422, "subject"),
    "a dry run": (application(dry_run=True), 422, "dry_run"),
    "before the first year": (application(as_of="0001-01-01T00:00:00+10:00"), 422, "as_of"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_that_is_refused_keeps_none_back(http: Client, case: str) -> None:
    """Its answer is the problem POST /decisions gives, with the path; the others are decided; its key stays free."""
    request, status, path = BAD[case]
    answer = send(http, item("a"), {"key": "bad", "request": request}, item("b", subject="other"))
    first, refused, last = answer.json()["items"]
    again = send(http, item("bad")).json()["items"][0]

    assert (answer.status_code, first["status"], last["status"]) == (200, 201, 201)
    assert (refused["status"], refused["problem"]["errors"][0]["path"]) == (status, path)
    assert "decision" not in refused
    assert (again["status"], again.get("replayed")) == (201, None)


def test_a_repetition_is_answered_with_the_same_bytes(http: Client) -> None:
    """Sent again as it is nothing is decided twice; a key is the same whether it comes alone or in a bulk."""
    alone = ask(http, key="alone")
    first = send(http, item("alone"), item("k1"), item("k2"))
    again = send(http, item("k2"), item("alone"), item("k1"))
    other = send(http, item("k1", subject="somebody else")).json()["items"][0]

    assert alone.content in first.content
    assert [each.get("replayed") for each in first.json()["items"]] == [True, None, None]
    assert {each["key"]: each["decision"] for each in again.json()["items"]} == {
        each["key"]: each["decision"] for each in first.json()["items"]
    }
    assert all(each["replayed"] for each in again.json()["items"])
    assert (other["status"], other["problem"]["type"]) == (422, "urn:problem-type:grounds:idempotency-key-reused")
    assert len(http.get("/decisions").json()["items"]) == 3


def test_the_same_key_twice_in_one_bulk_decides_once(http: Client) -> None:
    """Both get the one decision."""
    one, other = send(http, item("k"), item("k")).json()["items"]

    assert one["decision"] == other["decision"]
    assert len(http.get("/decisions").json()["items"]) == 1


def test_what_is_answered_is_durable(http: Client, app: Litestar) -> None:
    """Every decision of the answer stands in the log, under a checkpoint that was signed."""
    items = send(http, *(item(f"k{number}") for number in range(10))).json()["items"]
    signed = service_of(app).log.checkpoint().size

    assert all(each["decision"]["log"]["index"] < each["decision"]["log"]["size"] <= signed for each in items)


def test_when_the_writer_cannot_keep_up_each_item_says_so(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What found no room answers 503 by itself and is decided when it is sent again."""
    real, calls = Writer.ask, count(1)

    def sometimes(*arguments: Any) -> Any:
        if next(calls) == 2:
            raise QueueFull(4096)
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "ask", sometimes)
        items = send(http, item("a"), item("b"), item("c")).json()["items"]
    refused = [each["key"] for each in items if each["status"] == 503]

    assert sorted(each["status"] for each in items) == [201, 201, 503]
    assert send(http, item(refused[0])).json()["items"][0]["status"] == 201


@pytest.mark.parametrize(
    "body",
    [
        {"items": []},
        {"items": [item(str(number)) for number in range(MOST + 1)]},
        {"items": [{"key": "", "request": {}}]},
        {"items": [{"key": "  ", "request": {}}]},
        {"items": [{"key": "x" * 256, "request": {}}]},
        {"items": [{"request": {}}]},
        {"items": [{"key": "k", "request": []}]},
        {"items": [item("k")], "dry_run": True},
        [item("k")],
    ],
)
def test_what_is_no_bulk_is_refused_as_a_whole(http: Client, body: Any) -> None:
    """Without items, with too many, without keys: 422, and nothing is decided."""
    assert http.post("/decisions/bulk", json=body).status_code == 422
    assert http.get("/decisions").json()["items"] == []


def test_only_who_may_decide_may_decide_many(http: Client, new_key: NewKey) -> None:
    """A reviewer's key is refused."""
    answer = http.post("/decisions/bulk", json={"items": [item("k")]}, headers=as_role(http, new_key(Role.REVIEWER)))

    assert answer.status_code == 403
