"""The life of a line over HTTP: what each decision does to it, what explains it, and who may see it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from httpx import Client
from litestar import Litestar

from api.cli import run
from api.ledger import Ledger
from api.reconcile import differences
from api.roles import Role
from api.settings import Settings
from api.tables import OTHER
from audit import Keys
from audit.verify import verify_database
from tests.api.accounts.conftest import LIMIT, activated, decide, draw, line, opened, outcome, problem, repay
from tests.api.conftest import Clock, NewKey, as_role, service_of


def test_an_approval_opens_a_line_that_waits(http: Client) -> None:
    """An approved opening makes a line with limit and price; nothing can be drawn before it is activated."""
    opened(http)
    found = line(http)

    assert (found["status"], found["label"]["en"]) == ("pending", "waiting for activation")
    assert found["amounts"] == {"limit_fen": LIMIT, "apr_bp": 1200, "drawn_fen": 0, "available_fen": LIMIT}
    outcome(draw(http, 100), "refer")  # the policy does not know the status of a line that waits
    assert len(line(http)["changes"]) == 1


def test_every_change_is_explained(http: Client) -> None:
    """Each change names its decision, rules and reasons, the amounts before and after, when, and who."""
    activated(http)
    draw(http, 500_000)
    repay(http, 200_000)
    outcome(decide(http, "limit_increase", income=3_000_000), "approve")
    lowering = outcome(decide(http, "line_review", finding="decrease"), "decrease").json()
    for finding in ("suspend", "restore", "close"):
        outcome(decide(http, "line_review", finding=finding), finding)
    found = line(http)
    changes = {each["change"]: each for each in found["changes"]}

    assert [each["change"] for each in reversed(found["changes"])] == [
        *("opened", "activated", "drawn", "repaid", "raised"),
        *("lowered", "suspended", "restored", "closed"),
    ]
    assert [each["sequence"] for each in found["changes"]] == list(range(9, 0, -1))
    assert changes["lowered"]["decision"] == {
        "id": lowering["id"],
        "policy": "line_review",
        "version": 1,
        "outcome": "decrease",
        "reasons": ["reviewed"],
        "rules": ["decrease"],
    }
    assert changes["lowered"]["before"]["limit_fen"] == 3_000_000
    assert changes["lowered"]["after"] == {
        "limit_fen": 2_400_000,
        "apr_bp": 1200,
        "drawn_fen": 300_000,
        "available_fen": 2_100_000,
    }
    assert changes["lowered"]["statement"] == {
        "zh": "额度由 30,000.00 元下调至 24,000.00 元。",
        "en": "The limit was lowered from 30,000.00 to 24,000.00 yuan.",
    }
    assert changes["lowered"]["actor"].startswith("key:")
    assert changes["repaid"]["decision"] is None
    assert (changes["drawn"]["amount_fen"], changes["repaid"]["amount_fen"]) == (500_000, 200_000)
    assert (changes["opened"]["before"], found["status"]) == (None, "closed")
    assert http.get(f"/log/entries/{changes['lowered']['index']}").status_code == 404  # the leaf is not a decision's


@pytest.mark.parametrize(
    ("policy", "facts"),
    [
        ("opening", {"income": 50_000}),
        ("drawdown", {"drawdown_amount": LIMIT + 1}),
        ("line_review", {"finding": "keep"}),
        ("limit_increase", {"income": 100}),
    ],
)
def test_other_outcomes_change_no_line(http: Client, policy: str, facts: dict[str, Any]) -> None:
    """A refusal, a referral and a review that keeps things as they are leave no change behind."""
    activated(http)
    assert decide(http, policy, **facts).status_code == 201
    assert len(line(http)["changes"]) == 2


def test_who_has_no_account_is_decided_as_ever(http: Client) -> None:
    """A line that is kept elsewhere is judged on the caller's facts, and no account is invented."""
    facts: dict[str, Any] = {"line_activated": True, "line_status": "active", "line_apr": 1200, "current_limit": LIMIT}
    outcome(draw(http, 100, "elsewhere", outstanding_principal=0, **facts), "approve")
    outcome(decide(http, "line_review", "elsewhere", current_limit=LIMIT, finding="decrease"), "decrease")

    assert problem(http.get("/lines/elsewhere")) == (404, "not-found")
    assert problem(http.get("/lines/nobody")) == (404, "not-found")


def test_the_account_fills_in_what_the_caller_leaves_out(http: Client) -> None:
    """The decision is made on the account's limit, balance, price and status, and its trace shows them."""
    activated(http)
    draw(http, 500_000)
    answer = draw(http, LIMIT)

    outcome(answer, "reject")
    assert [reason["code"] for reason in answer.json()["reasons"]] == ["over_available"]
    derived = next(step for step in answer.json()["trace"] if step["name"] == "available")
    assert derived["facts"] == {"current_limit": LIMIT, "outstanding_principal": 500_000}


@pytest.mark.parametrize(
    ("fact", "given", "said"),
    [
        ("current_limit", LIMIT * 2, str(LIMIT)),
        ("outstanding_principal", 0, "500000"),
        ("line_status", "suspended", "active"),
        ("line_activated", False, "true"),
        ("line_apr", 100, "1200"),
        ("approved_limit", 1, str(LIMIT)),
    ],
)
def test_facts_that_contradict_the_account_decide_nothing(http: Client, fact: str, given: Any, said: str) -> None:
    """The refusal names the fact, what was given and what the account says; nothing is recorded."""
    activated(http)
    draw(http, 500_000)
    facts: dict[str, Any] = {fact: given}
    answer = draw(http, 100, **facts)

    assert problem(answer) == (409, "line-contradicted")
    (mistake,) = answer.json()["errors"]
    assert mistake["path"] == f"facts.{fact}"
    assert f"`{str(given).lower()}`" in mistake["message"]
    assert f"`{said}`" in mistake["message"]
    assert len(http.get("/decisions").json()["items"]) == 3


def test_facts_that_agree_with_the_account_are_welcome(http: Client) -> None:
    """Who knows the line may say so."""
    activated(http)
    outcome(draw(http, 500_000, current_limit=LIMIT, outstanding_principal=0, line_status="active"), "approve")
    outcome(draw(http, 1, outstanding_principal=500_000), "approve")


def test_a_decision_on_an_account_replays_to_the_same_bytes(http: Client, new_key: NewKey) -> None:
    """What the account filled in is kept with the decision: its replay, explanation and export rest on it."""
    activated(http)
    made = draw(http, LIMIT - 1).json()
    draw(http, 1)
    reviewer = as_role(http, new_key(Role.REVIEWER))
    replayed = http.post(f"/decisions/{made['id']}/replay", headers=reviewer, json={}).json()
    explained = http.get(f"/decisions/{made['id']}/explanation")

    assert (replayed["verdict"], replayed["identical"]) == ("same", True)
    assert explained.status_code == 200
    assert explained.json()["outcome"] == "approve"


def test_a_repetition_gets_the_first_answer_and_draws_once(http: Client) -> None:
    """The same key draws once, although the line has changed since and would refuse it now."""
    activated(http)
    first = draw(http, LIMIT, key="k")
    again = draw(http, LIMIT, key="k")

    assert again.content == first.content
    assert line(http)["amounts"]["drawn_fen"] == LIMIT


def test_what_the_line_does_not_allow_is_not_answered_as_approved(http: Client) -> None:
    """A policy that approves what the line cannot do is refused with the line's status, and nothing is recorded."""
    activated(http)
    again = opened_again = decide(http, "opening", income=LIMIT)
    decide(http, "line_review", finding="close")
    raised = decide(http, "limit_increase", income=LIMIT * 2)
    closed_again = decide(http, "line_review", finding="close")

    assert problem(again) == (409, "line-refuses")
    assert opened_again.json()["errors"][0]["message"] == "the line is `active` and cannot be opened"
    assert problem(raised) == (409, "line-refuses")
    outcome(closed_again, "close")  # confirms what is so
    assert [each["change"] for each in line(http)["changes"]] == ["closed", "activated", "opened"]
    assert len(http.get("/decisions").json()["items"]) == 4


def test_a_line_that_waits_can_be_approved_anew_and_one_that_is_closed_opened_again(http: Client) -> None:
    """The newest approval gives the terms; what is owed stays owed."""
    opened(http, limit=900_000)
    activated(http)
    draw(http, 700_000)
    decide(http, "line_review", finding="close")
    opened(http, limit=500_000)
    found = line(http)

    assert found["status"] == "pending"
    assert found["amounts"] == {"limit_fen": 500_000, "apr_bp": 1200, "drawn_fen": 700_000, "available_fen": 0}
    assert [each["change"] for each in found["changes"]][::-1] == [
        *("opened", "opened", "activated", "drawn", "closed", "opened")
    ]


def test_a_dry_run_looks_at_no_account(http: Client) -> None:
    """A dry run weighs what is given and nothing else, so that nobody reads a balance without an entry."""
    activated(http)
    body = {"policy": "drawdown", "subject": "ann", "facts": {"drawdown_amount": 1}, "dry_run": True}
    answer = http.post("/decisions", json=body)

    assert (answer.status_code, answer.json()["outcome"]) == (200, "refer")


def test_a_line_is_seen_and_changed_with_its_own_key_only(http: Client, new_key: NewKey) -> None:
    """Another integrator sees no line, repays none, draws on none; staff may look and not touch."""
    activated(http)
    other, reviewer = (as_role(http, new_key(role)) for role in (Role.INTEGRATOR, Role.REVIEWER))
    body = {"policy": "drawdown", "subject": "ann", "facts": {"drawdown_amount": 1}}
    known = {"line_activated": True, "line_status": "active", "line_apr": 1200, "current_limit": LIMIT}
    drawing = {"policy": "drawdown", "subject": "ann", "facts": {**body["facts"], **known, "outstanding_principal": 0}}  # type: ignore[dict-item]  # a literal of mixed values

    def of(kind: dict[str, str], method: str, path: str, sent: object = None) -> tuple[int, str]:
        answer = http.request(method, path, json=sent, headers={**kind, "Idempotency-Key": path})
        return problem(answer) if answer.status_code >= 400 else (answer.status_code, "")

    assert of(other, "GET", "/lines/ann") == (404, "not-found")
    assert of(other, "POST", "/lines/ann/repayments", {"amount_fen": 1}) == (404, "not-found")
    assert of(other, "POST", "/decisions", drawing) == (403, "forbidden")
    assert of({**other}, "GET", "/decisions") == (200, "")
    assert of(reviewer, "GET", "/lines/ann") == (200, "")
    assert of(reviewer, "POST", "/lines/ann/repayments", {"amount_fen": 1}) == (403, "forbidden")
    assert len(line(http)["changes"]) == 2


def test_the_account_tells_a_stranger_nothing(http: Client, new_key: NewKey) -> None:
    """A decision with another key that changes no line is made on that caller's facts alone."""
    activated(http)
    other = as_role(http, new_key(Role.INTEGRATOR))
    body = {"policy": "drawdown", "subject": "ann", "facts": {"drawdown_amount": 1}}
    answer = http.post("/decisions", json=body, headers={**other, "Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["outcome"]) == (201, "refer")
    assert str(LIMIT) not in answer.text


def test_reading_a_line_is_an_entry(http: Client, app: Litestar) -> None:
    """Whoever looks at amounts leaves an entry that names how many parts were read; deciding on them leaves none."""
    activated(http)
    draw(http, 1)
    ledger = service_of(app).ledger
    assert kinds(ledger).count("sealed_read") == 0
    line(http, purpose="complaint")
    entry = json.loads(ledger.log.entry(ledger.log.size() - 1))

    assert (entry["kind"], entry["purpose"], entry["count"]) == ("sealed_read", "complaint", 3)


def kinds(ledger: Ledger) -> list[str]:
    """Give the kinds of all entries."""
    return [json.loads(ledger.log.entry(index))["kind"] for index in range(ledger.log.size())]


def test_a_leaf_tells_nothing_personal(http: Client, app: Litestar) -> None:
    """The leaf of a change names subject, decision, change, status and sequence; amounts are not in it."""
    activated(http)
    made = draw(http, 765_400).json()
    ledger = service_of(app).ledger
    text = ledger.log.entry(ledger.log.size() - 1)
    entry = json.loads(text)

    assert {name: entry.pop(name) for name in ("kind", "decision", "change", "status", "sequence")} == {
        "kind": "line_changed",
        "decision": made["id"],
        "change": "drawn",
        "status": "active",
        "sequence": 3,
    }
    assert set(entry) == {"v", "id", "at", "actor", "subject", "owner", "sealed"}
    assert entry["actor"] == entry["owner"]
    assert b"ann" not in text


def test_pages_of_changes(http: Client) -> None:
    """Changes come a page at a time, the newest first, each once; the amounts are today's on every page."""
    activated(http)
    for _ in range(5):
        draw(http, 100)
    first = line(http, limit=3)
    second = line(http, limit=3, before=first["next"])
    third = line(http, limit=3, before=second["next"])

    assert [each["sequence"] for each in (*first["changes"], *second["changes"], *third["changes"])] == [
        *range(7, 0, -1)
    ]
    assert third["next"] is None
    assert third["amounts"] == first["amounts"]


def test_rows_follow_from_the_log(http: Client, app: Litestar, settings: Settings) -> None:
    """The log verifies, and the table of lines says exactly what the leaves say."""
    activated(http)
    draw(http, 100)
    repay(http, 50, key="k")
    service_of(app).close()
    report = verify_database(settings.database, Keys.load(settings.data))

    assert report.ok, str(report)
    assert list(differences(settings.database)) == []


def test_an_access_request_shows_the_line(http: Client, new_key: NewKey) -> None:
    """All changes of the line are in the answer, with amounts and receipts."""
    activated(http)
    draw(http, 123_400)
    compliance = as_role(http, new_key(Role.COMPLIANCE))
    document = http.get("/subjects/ann", headers=compliance).json()

    assert [each["change"] for each in document["line"]] == ["opened", "activated", "drawn"]
    assert document["line"][2]["content"]["after"]["drawn_fen"] == 123_400
    assert all(each["receipt"].startswith("c2sp.org/tlog-proof") for each in document["line"])
    assert document["other_sealed"] == []


def test_erasure_takes_the_amounts_away(http: Client, app: Litestar, new_key: NewKey, clock: Clock) -> None:
    """Once the duty to keep is over and the subject erased, no amount is left and the reference is nobody's."""
    activated(http)
    draw(http, 123_400)
    compliance = as_role(http, new_key(Role.COMPLIANCE))
    decide(http, "line_review", finding="close")
    clock.now += dt.timedelta(days=365 * 4)
    erased = http.post("/subjects/ann/erase", headers=compliance, json={"reason": "file 7"}).json()
    service = service_of(app)
    with service.log.engine.connect() as connection:
        left = connection.exec_driver_sql("select count(*) from audit_sealed").scalar()
        rows = connection.exec_driver_sql("select count(*) from line_change").scalar()

    assert erased["state"] == "erased"
    assert (left, rows) == (0, 4)
    assert problem(http.get("/lines/ann")) == (404, "not-found")
    opened(http)
    assert len(line(http)["changes"]) == 1


def test_the_sweep_leaves_a_line_in_use_alone(http: Client, app: Litestar, clock: Clock) -> None:
    """Old changes go when their time is over, but not what a line that is in use stands on."""
    activated(http)
    draw(http, 123_400)
    clock.now += dt.timedelta(days=365 * 6)
    service = service_of(app)
    from api.sweep import Sweep

    Sweep(service.ledger, service.schedule).run(clock.now.date(), "cli")
    found = line(http)

    assert found["amounts"]["drawn_fen"] == 123_400
    assert [each["after"] is None for each in found["changes"]] == [False, True, True]
    assert found["changes"][1]["statement"]["en"] == "The line was activated."
    outcome(draw(http, 100), "approve")


def test_other_entries_name_the_change(http: Client, app: Litestar) -> None:
    """A change can be searched for like every entry."""
    activated(http)
    service = service_of(app)
    with service.log.engine.connect() as connection:
        found = [row.kind for row in connection.execute(OTHER.select()) if row.kind == "line_changed"]

    assert len(found) == 2


def test_lines_may_be_kept_elsewhere(settings: Settings, clock: Clock, key: str) -> None:
    """With GROUNDS_LINES=elsewhere decisions open and follow no line."""
    from litestar.testing import TestClient

    from api.app import create_app

    with TestClient(create_app(settings.model_copy(update={"lines": "elsewhere"}), clock)) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        opened(client)
        assert client.get("/lines/ann").status_code == 404


def test_the_command_shows_a_line(
    http: Client, settings: Settings, new_key: NewKey, capsys: pytest.CaptureFixture[str]
) -> None:
    """`grounds line show` tells how the line stands and why, newest first, and records that it was read."""
    activated(http)
    made = draw(http, 500_000).json()
    capsys.readouterr()
    assert run(["line", "show", "ann", "--limit", "1", "--data", str(settings.data)]) == 0
    shown = capsys.readouterr()
    assert run(["line", "show", "nobody", "--data", str(settings.data)]) != 0
    missing = capsys.readouterr().err
    assert run(["line", "show", "ann", "--json", "--data", str(settings.data)]) == 0
    document = json.loads(capsys.readouterr().out)

    first, second, why = shown.out.splitlines()
    assert first == "active: limit 20,000.00 at 12.00 %, drawn 5,000.00, available 15,000.00 yuan"
    assert "5,000.00 yuan were drawn; 15,000.00 yuan are left." in second
    assert why.strip() == f"drawdown v1 approve, rules draw: {made['id']}"
    assert "--before 3" in shown.err
    assert "no line of this subject" in missing
    assert document == {**line(http), "changes": document["changes"]}
