"""Notices over HTTP and on the command line: what is served to whom, what is recorded, and which clock it ends."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from httpx import Client
from litestar import Litestar

from api.cli import run
from api.letters.rendering import content_policy
from api.rebuild import rebuild
from api.reconcile import differing
from api.roles import Role
from api.service import Service
from tests.api.casework.conftest import Office
from tests.api.conftest import Clock, NewKey, application, as_role, ask, service_of

REJECTED = application(facts={"score": 400, "income": 2_000_000})
ISSUED = {"language": "zh", "channel": "email"}


@pytest.fixture
def service(app: Litestar, http: Client) -> Service:
    """Give the service behind the client."""
    return service_of(app)


@pytest.fixture
def rejected(http: Client) -> str:
    """Have somebody rejected; give the decision's id."""
    return str(ask(http, REJECTED).json()["id"])


def leaves(service: Service, kind: str) -> list[dict[str, Any]]:
    """Read the entries of a kind."""
    entries = [msgspec.json.decode(service.log.entry(index)) for index in range(service.log.size())]
    return [entry for entry in entries if entry["kind"] == kind]


def test_the_notice_is_a_page_in_the_language_asked_for(http: Client, rejected: str) -> None:
    """Chinese unless asked otherwise; always the same bytes; with a content policy that lets its style in."""
    zh, again = http.get(f"/decisions/{rejected}/notice"), http.get(f"/decisions/{rejected}/notice")
    en = http.get(f"/decisions/{rejected}/notice", params={"language": "en"})

    assert zh.content == again.content
    assert zh.headers["content-type"] == "text/html; charset=utf-8"
    assert zh.headers["content-security-policy"] == content_policy()
    assert (zh.headers["content-language"], en.headers["content-language"]) == ("zh-Hans", "en")
    assert zh.headers["cache-control"] == "no-store"
    assert "您的信用分低于最低要求。" in zh.text
    assert "Your score is below the minimum." in en.text
    assert "customer-1" in en.text


@pytest.mark.parametrize(
    ("accept", "params", "status", "kind"),
    [
        ("text/html", {}, 200, "text/html"),
        ("application/pdf", {}, 200, "application/pdf"),
        ("application/pdf;q=0.5, text/html", {}, 200, "text/html"),
        ("*/*", {}, 200, "text/html"),
        ("text/html", {"format": "pdf"}, 200, "application/pdf"),
        ("application/json", {}, 406, "application/problem+json"),
        ("application/json", {"format": "html"}, 200, "text/html"),
        ("*/*", {"format": "docx"}, 400, "application/problem+json"),
        ("*/*", {"language": "fr"}, 400, "application/problem+json"),
    ],
)
def test_the_form_is_negotiated(
    http: Client, rejected: str, accept: str, params: dict[str, str], status: int, kind: str
) -> None:
    """By the Accept header or by name; what is not there is refused, with what there is."""
    answer = http.get(f"/decisions/{rejected}/notice", params=params, headers={"Accept": accept})

    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (status, kind)
    if status == 406:
        assert "text/html or application/pdf" in answer.json()["errors"][0]["remedy"]
    if kind == "application/pdf":
        assert answer.content.startswith(b"%PDF-")
        assert answer.headers["content-disposition"] == f'inline; filename="notice-{rejected}-zh.pdf"'


def test_a_pdf_that_cannot_be_made_is_a_problem(http: Client, rejected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """501 with what to install, and never an empty file."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    answer = http.get(f"/decisions/{rejected}/notice", params={"format": "pdf"})

    assert (answer.status_code, answer.headers["content-type"]) == (501, "application/problem+json")
    assert "pip install 'grounds[pdf]'" in answer.json()["errors"][0]["remedy"]


def test_reading_a_notice_is_an_entry(http: Client, service: Service, rejected: str) -> None:
    """One sealed read for each, for the purpose of a letter; nothing personal in it."""
    http.get(f"/decisions/{rejected}/notice")
    reads = leaves(service, "sealed_read")

    assert [(read["purpose"], read["count"]) for read in reads] == [("letter", 1)]
    assert "customer-1" not in str(reads)


def test_a_notice_is_for_whom_it_concerns(http: Client, new_key: NewKey, rejected: str) -> None:
    """The integrator that asked, the applicants' channel, and staff; another integrator finds nothing."""
    path = f"/decisions/{rejected}/notice"
    statuses = {
        role: http.get(path, headers=as_role(http, new_key(role))).status_code
        for role in (Role.CHANNEL, Role.REVIEWER, Role.SUPERVISOR, Role.COMPLIANCE, Role.INTEGRATOR, Role.AUTHOR)
    }

    assert http.get(path).status_code == 200
    assert [statuses[role] for role in (Role.CHANNEL, Role.REVIEWER, Role.SUPERVISOR, Role.COMPLIANCE)] == [200] * 4
    assert (statuses[Role.INTEGRATOR], statuses[Role.AUTHOR]) == (404, 403)
    stranger = as_role(http, new_key(Role.INTEGRATOR))
    assert http.post(path, json=ISSUED, headers=stranger).status_code == 404
    assert http.get(f"/decisions/{rejected}/clocks", headers=stranger).status_code == 404


def test_a_notice_of_somebody_erased_is_gone(http: Client, service: Service, clock: Clock) -> None:
    """410, as for the decision itself; that one was issued can still be recorded and seen."""
    decision = ask(http, REJECTED).json()["id"]
    clock.now += dt.timedelta(days=365 * 4)
    assert service.subjects.erase("customer-1", "file 7", "tests").state == "erased"

    assert http.get(f"/decisions/{decision}/notice").status_code == 410
    assert http.post(f"/decisions/{decision}/notice", json=ISSUED).status_code == 201
    assert http.get(f"/decisions/{decision}/clocks").json()["items"][0]["state"] == "met_late"


def test_a_clock_runs_until_the_notice_is_issued(http: Client, service: Service, clock: Clock, rejected: str) -> None:
    """Running, then met by the entry that says when and how; what is due and on what it rests stands beside it."""
    path = f"/decisions/{rejected}"
    before = http.get(f"{path}/clocks").json()
    clock.now += dt.timedelta(days=3)
    issued = http.post(f"{path}/notice", json={**ISSUED, "issued_on": "2026-11-24"})
    after = http.get(f"{path}/clocks").json()

    assert (before["jurisdiction"], before["zone"]) == ("CN", "Asia/Shanghai")
    assert [(each["due"]["kind"], each["due"]["day"], each["state"]) for each in before["items"]] == [
        ("adverse_action_notice", "2026-12-07", "running")
    ]
    assert before["items"][0]["due"]["statutory"] is False
    assert issued.status_code == 201
    assert (after["items"][0]["state"], after["items"][0]["met_on"]) == ("met", "2026-11-24")
    entry = leaves(service, "notice_issued")[0]
    assert after["items"][0]["index"] == issued.json()["index"]
    assert {name: entry[name] for name in ("decision", "language", "channel", "issued_on")} == {
        "decision": rejected,
        **ISSUED,
        "issued_on": "2026-11-24",
    }


def test_a_clock_that_was_not_met_is_overdue_then_met_late(http: Client, clock: Clock, rejected: str) -> None:
    """The last day counts whole, in Beijing; a notice on the day after is late."""
    path = f"/decisions/{rejected}"
    clock.now = dt.datetime(2026, 12, 7, 15, 59, 59, tzinfo=dt.UTC)
    assert http.get(f"{path}/clocks").json()["items"][0]["state"] == "running"
    clock.now += dt.timedelta(seconds=1)
    assert http.get(f"{path}/clocks").json()["items"][0]["state"] == "overdue"

    http.post(f"{path}/notice", json=ISSUED)
    item = http.get(f"{path}/clocks").json()["items"][0]

    assert (item["state"], item["met_on"]) == ("met_late", "2026-12-08")


def test_the_first_notice_counts_and_a_repetition_is_the_same_entry(
    http: Client, service: Service, clock: Clock, rejected: str
) -> None:
    """Once for language, channel and day; another channel later is another entry and changes no clock."""
    path = f"/decisions/{rejected}/notice"
    first, again = http.post(path, json=ISSUED).json(), http.post(path, json=ISSUED).json()
    clock.now += dt.timedelta(days=40)
    other = http.post(path, json={**ISSUED, "channel": "post"}).json()

    assert first == again
    assert other["index"] > first["index"]
    assert len(leaves(service, "notice_issued")) == 2
    assert http.get(f"/decisions/{rejected}/clocks").json()["items"][0]["state"] == "met"


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        ({**ISSUED, "issued_on": "2026-11-21"}, 422, "issued_on"),  # the day before it was decided
        ({**ISSUED, "issued_on": "2026-11-23"}, 422, "issued_on"),  # tomorrow
        ({**ISSUED, "channel": "pigeon"}, 422, "channel"),
        ({**ISSUED, "language": "fr"}, 422, "language"),
        ({**ISSUED, "note": "x"}, 422, ""),
        ({"language": "zh"}, 422, ""),
    ],
)
def test_what_cannot_be_is_refused(http: Client, rejected: str, body: dict[str, str], status: int, path: str) -> None:
    """With the place and what to do; nothing is recorded."""
    answer = http.post(f"/decisions/{rejected}/notice", json=body)

    assert answer.status_code == status
    assert path in answer.json()["errors"][0]["path"]


def test_good_news_begins_no_clock(http: Client) -> None:
    """An approval has none, and its letter sets out the offer."""
    approved = ask(http).json()["id"]

    assert http.get(f"/decisions/{approved}/clocks").json()["items"] == []
    assert "CNY 50,000.00" in http.get(f"/decisions/{approved}/notice", params={"language": "en"}).text


def test_a_referral_is_due_when_its_case_is(office: Office) -> None:
    """The clock of a person's decision is the case's deadline; its conclusion ends it."""
    decision, case = office.refer()
    clock = office.get("integrator", f"/decisions/{decision['id']}/clocks").json()["items"][0]

    assert (clock["due"]["kind"], clock["state"]) == ("review_answer", "running")
    assert clock["due"]["day"] == office.case(case)["case"]["due_on"]


def test_the_tables_follow_from_the_log(http: Client, service: Service, rejected: str) -> None:
    """Notices rebuilt from the log are the same."""
    http.post(f"/decisions/{rejected}/notice", json=ISSUED)
    with service.log.engine.connect() as connection:
        assert list(differing(connection)) == []
    assert rebuild(service.log).differing == 0
    assert http.get(f"/decisions/{rejected}/clocks").json()["items"][0]["state"] == "met"


def test_clocks_that_run_are_listed(
    http: Client, clock: Clock, app: Litestar, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several decisions those that nothing answered, the first to end first; overdue ones alone if asked."""
    service = service_of(app)
    early = ask(http, REJECTED).json()["id"]
    told = ask(http, {**REJECTED, "subject": "b"}).json()["id"]
    http.post(f"/decisions/{told}/notice", json=ISSUED)
    clock.now += dt.timedelta(days=10)
    late = ask(http, {**REJECTED, "subject": "c", "facts": {"income": 2_000_000}}).json()["id"]
    ask(http, application(subject="d"))
    clock.now += dt.timedelta(days=8)

    everything, overdue = service.deadlines.running(10), service.deadlines.running(10, overdue=True)

    assert [(each.decision, each.overdue) for each in everything] == [(early, True), (late, False)]
    assert [each.decision for each in overdue] == [early]
    assert len(service.deadlines.running(1)) == 1


def test_the_command_line_writes_and_lists(
    http: Client, rejected: str, settings: Any, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """`grounds notice` writes the very page; `grounds clocks` lists; an unknown decision is named."""
    page = http.get(f"/decisions/{rejected}/notice", params={"language": "en"}).content
    where = ("--data", str(settings.data))
    file = tmp_path / "notice.html"

    assert run(("notice", rejected, "--language", "en", "--output", str(file), *where)) == 0
    assert file.read_bytes() == page
    assert run(("notice", rejected, "--format", "pdf", "--output", str(tmp_path / "notice.pdf"), *where)) == 0
    assert (tmp_path / "notice.pdf").read_bytes().startswith(b"%PDF-")
    assert run(("notice", "nothing", "--output", str(file), *where)) == 2
    capsysbinary.readouterr()
    assert run(("notice", rejected, "--language", "en", "--output", "-", *where)) == 0
    assert capsysbinary.readouterr().out == page
    assert run(("clocks", *where)) == 0
    listed = capsysbinary.readouterr().out.decode()
    assert "2026-12-07  adverse_action_notice" in listed
    assert rejected in listed
    assert "our choice" in listed
    assert run(("clocks", "--json", *where)) == 0
    assert json.loads(capsysbinary.readouterr().out)["due"]["kind"] == "adverse_action_notice"
