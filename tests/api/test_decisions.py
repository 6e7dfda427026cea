"""Conversations about decisions: asking, finding, fetching, and what each answer holds."""

from __future__ import annotations

import datetime as dt
import json

import msgspec
import pytest
from httpx import Client
from litestar import Litestar

from api.schemas import DecisionAnswer, DecisionPage, DecisionPreview
from audit.receipt import Receipt
from tests.api.conftest import START, Clock, application, ask, service_of, told


def test_a_decision_is_answered_with_its_grounds_and_its_place_in_the_log(http: Client) -> None:
    """The answer is 201, names where the decision can be fetched from, and holds exactly what the schema says."""
    answer = ask(http)
    assert answer.status_code == 201
    found = msgspec.json.decode(answer.content, type=DecisionAnswer)
    assert (found.outcome, found.subject, found.offer and found.offer.limit_fen) == ("approve", "customer-1", 5_000_000)
    assert answer.headers["location"] == f"/decisions/{found.id}"
    assert found.log.index < found.log.size
    assert list(json.loads(answer.content))[:4] == ["id", "subject", "outcome", "offer"]


def test_a_decision_is_fetched_with_the_bytes_it_was_answered_with(http: Client) -> None:
    """A fetch, however often and however much later, gives the same bytes."""
    first = ask(http)
    for _ in range(3):
        ask(http)
        again = http.get(first.headers["location"])
        assert (again.status_code, again.content) == (200, first.content)


def test_a_missing_fact_is_no_error(http: Client) -> None:
    """An application that lacks a fact is decided `incomplete`, and says what to ask for."""
    answer = ask(http, application(facts={"score": 700})).json()
    assert (answer["outcome"], answer["missing"]) == ("incomplete", ["income"])


def test_as_of_is_the_clocks_unless_it_is_given(http: Client, clock: Clock) -> None:
    """Without `as_of` a decision stands for the moment it was asked; a given offset is turned into UTC."""
    clock.now = START + dt.timedelta(hours=1)
    assert ask(http).json()["as_of"] == "2026-11-22T09:00:00Z"
    assert ask(http, application(as_of="2026-01-01T08:00:00+08:00")).json()["as_of"] == "2026-01-01T00:00:00Z"


def test_a_dry_run_answers_and_records_nothing(http: Client) -> None:
    """A dry run needs no idempotency key, has neither id nor place in the log, and leaves the log as it was."""
    before = http.get("/log/checkpoint").text
    answer = http.post("/decisions", json=application(dry_run=True))
    assert answer.status_code == 200
    preview = msgspec.json.decode(answer.content, type=DecisionPreview)
    assert preview.outcome == "approve"
    recorded = ask(http).json()
    assert {name: value for name, value in recorded.items() if name not in ("id", "log")} == answer.json()
    assert http.get("/decisions").json()["items"][0]["id"] == recorded["id"]
    assert before.splitlines()[1] == str(recorded["log"]["index"])


def test_a_receipt_proves_the_leaf_of_the_decision(http: Client) -> None:
    """The receipt and the leaf that `/log` serves verify together under the log's key, without the service."""
    answer = ask(http).json()
    text = http.get(f"/decisions/{answer['id']}/receipt")
    assert text.headers["content-type"].startswith("text/plain")
    receipt = Receipt.parse(text.text)
    assert receipt.index == answer["log"]["index"]
    leaf = http.get(f"/log/entries/{receipt.index}")
    assert leaf.json()["id"] == answer["id"]


def test_a_leaf_holds_nothing_personal(http: Client) -> None:
    """Neither the reference, nor a fact, nor the offer, nor a statement stands in the log in clear."""
    body = application(subject="id-110101199003070000", facts={"score": 593, "income": 1_234_500})
    answer = ask(http, body).json()
    leaf = http.get(f"/log/entries/{answer['log']['index']}").text
    for word in ("110101199003070000", "593", "1234500", 'income"', "offer", "statement"):
        assert word not in told(leaf)
    assert json.loads(leaf)["reasons"] == ["score_low", "income_limits"][: len(json.loads(leaf)["reasons"])]


def test_decisions_are_found_by_subject_outcome_and_policy(http: Client) -> None:
    """Each filter narrows the list, filters add up, and what is not there gives an empty page."""
    kept = ask(http, application(subject="a")).json()["id"]
    ask(http, application(subject="b"))
    refused = ask(http, application(subject="a", facts={"score": 400, "income": 1})).json()["id"]
    assert _ids(http, subject="a") == [refused, kept]
    assert _ids(http, subject="a", outcome="approve", policy="tiny") == [kept]
    assert _ids(http, outcome="reject") == [refused]
    assert _ids(http, subject="nobody") == _ids(http, policy="other") == []


def test_pages_neither_repeat_nor_skip_while_the_log_grows(http: Client) -> None:
    """Decisions made between two pages change nothing about the pages that follow."""
    made = [ask(http).json()["id"] for _ in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        page = msgspec.json.decode(http.get("/decisions", params=_params(cursor)).content, type=DecisionPage)
        seen += [item.id for item in page.items]
        ask(http)
        cursor = page.next
        if cursor is None:
            break
    assert seen == made[::-1]


def _params(cursor: str | None) -> dict[str, str]:
    return {"limit": "2"} | ({"cursor": cursor} if cursor else {})


def _ids(client: Client, **filters: str) -> list[str]:
    return [item["id"] for item in client.get("/decisions", params=filters).json()["items"]]


def test_an_address_with_a_nul_is_refused_by_name(http: Client) -> None:
    """No id and no filter holds the character NUL: 400 that says where it stands, on every database."""
    asked = ("/decisions/%00", "/decisions?policy=a%00b&outcome=approve", "/decisions?outcome=approve&%00=1")
    answers = [http.get(each) for each in asked]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert [[each["path"] for each in answer.json()["errors"]] for answer in answers] == [
        ["path"],
        ["policy"],
        ["query"],
    ]


@pytest.mark.parametrize("path", ["/decisions/{}", "/decisions/{}/receipt"])
@pytest.mark.parametrize("unknown", ["01a20172-2ab4-75f4-895e-e17193d80af0", "x", "é" * 50])
def test_what_is_not_there_is_not_found(http: Client, path: str, unknown: str) -> None:
    """An id that nobody has gives 404, whatever it looks like, and says where to look."""
    answer = http.get(path.format(unknown))
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["remedy"]


def test_policies_and_facts_are_described(http: Client) -> None:
    """An integrator learns which policies there are, what they read, and in which unit facts go over the wire."""
    policy = http.get("/policies").json()["items"][0]
    assert (policy["name"], policy["version"]) == ("tiny", 1)
    assert {"income", "score", "loans"} <= set(policy["facts"])
    assert http.get("/policies/tiny").json()["bundle"]["policy"]["policy"] == "tiny"
    facts = {fact["name"]: fact for fact in http.get("/facts").json()["items"]}
    assert (facts["income"]["type"], facts["income"]["unit"], facts["income"]["highest"]) == (
        "money",
        "fen",
        100_000_000,
    )
    assert (facts["burden"]["unit"], facts["job"]["values"]) == ("basis points", ["employee", "self_employed"])
    assert [field["name"] for field in facts["loans"]["fields"]] == ["overdue_days", "balance"]


def test_a_service_whose_writer_is_gone_is_not_ready(http: Client, app: Litestar) -> None:
    """When nothing can be recorded any more the service says so to who balances its load."""
    service_of(app).ledger.writer.close()
    ready = http.get("/health/ready")

    assert ready.status_code == 503
    assert ready.json()["checks"] == {"database": "pass", "log": "fail", "policies": "pass"}


def test_health_needs_no_key(http: Client) -> None:
    """Whoever runs the service can ask whether it lives and whether it is ready."""
    http.headers.pop("Authorization")
    assert http.get("/health/live").json()["status"] == "pass"
    assert http.get("/health/ready").json() == {
        "status": "pass",
        "checks": {"database": "pass", "log": "pass", "policies": "pass"},
    }
