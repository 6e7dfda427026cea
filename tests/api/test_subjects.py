"""Erasure, holds and retention over HTTP and in the log: what goes, what stays, and what is said about it."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from api.reconcile import differences
from api.roles import Role
from api.service import Service
from api.settings import Settings
from api.sweep import Sweep
from audit import Keys
from audit.receipt import Receipt
from audit.verify import verify_database
from tests.api.conftest import Clock, NewKey, application, as_role, ask, service_of

CASE = {"reason": "case 2026-17"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Serve where no duty to keep is in force yet."""
    return settings.model_copy(update={"jurisdiction": "EU"})


@pytest.fixture
def compliance(http: Client, new_key: NewKey) -> dict[str, str]:
    """Hold a key of the compliance role."""
    return as_role(http, new_key(Role.COMPLIANCE))


def entries(app: Litestar, kind: str) -> list[dict[str, Any]]:
    """Give the entries of a kind."""
    log = service_of(app).log
    found = [json.loads(log.entry(index)) for index in range(log.size())]
    return [entry for entry in found if entry["kind"] == kind]


def files(settings: Settings) -> bytes:
    """Give everything the data directory holds, but for keys."""
    paths = [path for path in settings.data.rglob("*") if path.is_file() and path.parent.name != "keys"]
    return b"".join(path.read_bytes() for path in paths)


def test_who_is_erased_is_gone_and_every_proof_holds(
    app: Litestar, http: Client, compliance: dict[str, str], settings: Settings
) -> None:
    """The decision is 410, the person unknown, the receipt the same bytes; somebody else is untouched."""
    mine, other = ask(http).json(), ask(http, application(subject="customer-2")).json()
    receipt = http.get(f"/decisions/{mine['id']}/receipt").text
    leaf = http.get(f"/log/entries/{mine['log']['index']}").content
    done = http.post("/subjects/customer-1/erase", json=CASE, headers=compliance).json()

    assert (done["state"], done["parts"]) == ("erased", 1)
    assert http.get(f"/decisions/{mine['id']}").status_code == 410
    assert http.get(f"/decisions/{other['id']}").status_code == 200
    assert http.get(f"/decisions/{mine['id']}/receipt").text == receipt
    Receipt.parse(receipt).check(leaf, service_of(app).log.vkey)
    assert http.get("/subjects/customer-1", headers=compliance).status_code == 404
    assert http.get("/decisions", params={"subject": "customer-1"}).json()["items"] == []
    (entry,) = entries(app, "subject_erased")
    assert (entry["reason"], entry["parts"], entry["subject"]) == ("case 2026-17", 1, json.loads(leaf)["subject"])
    report = verify_database(settings.database, Keys.load(settings.data))
    assert (report.ok, report.erased) == (True, 1)
    assert list(differences(settings.database)) == []


def test_nothing_of_the_erased_is_left_in_any_file(settings: Settings, clock: Clock, new_key: NewKey) -> None:
    """Neither the sealed bytes nor the wrapped key nor the lookup of the person is left on disk; others' are."""
    key, compliance = new_key(Role.INTEGRATOR), new_key(Role.COMPLIANCE)
    with TestClient(create_app(settings, clock)) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        for name in ("customer-1", "customer-2"):
            ask(client, application(subject=name))
        traces = {name: _traces(client, settings, name) for name in ("customer-1", "customer-2")}
        assert all(trace in files(settings) for each in traces.values() for trace in each)
        client.post("/subjects/customer-1/erase", json=CASE, headers=as_role(client, compliance))
        left = files(settings)

        assert [trace for trace in traces["customer-1"] if trace in left] == []
        assert all(trace in left for trace in traces["customer-2"])
    assert b"customer-1" not in files(settings)


def test_erasing_twice_or_a_stranger_is_no_error(http: Client, compliance: dict[str, str], app: Litestar) -> None:
    """The second time, and for somebody never seen, the answer is `unknown`, and the log says nothing new."""
    ask(http)
    http.post("/subjects/customer-1/erase", json=CASE, headers=compliance)
    size = service_of(app).log.size()
    for name in ("customer-1", "never-seen"):
        answer = http.post(f"/subjects/{name}/erase", json=CASE, headers=compliance)
        assert (answer.status_code, answer.json()) == (200, {"state": "unknown"})
    assert service_of(app).log.size() == size


def test_a_hold_forbids_and_says_so(http: Client, compliance: dict[str, str], app: Litestar, clock: Clock) -> None:
    """Under a hold an erasure waits until its day; asked again it is the same entry; released, it can be done."""
    ask(http)
    held = http.post("/subjects/customer-1/hold", json={**CASE, "until": "2027-03-01"}, headers=compliance).json()
    first, second = (http.post("/subjects/customer-1/erase", json=CASE, headers=compliance).json() for _ in "12")

    assert first == second
    assert (first["state"], first["not_before"], first["because"]) == (
        "waiting",
        "2027-03-01",
        [f"hold {held['index']}"],
    )
    assert len(entries(app, "erasure_requested")) == 1
    standing = http.get("/subjects/customer-1/retention", headers=compliance).json()
    assert standing["holds"] == [{"index": held["index"], "reason": "case 2026-17", "until": "2027-03-01"}]
    released = http.request("DELETE", "/subjects/customer-1/hold", json=CASE, headers=compliance).json()
    assert released["holds"] == [held["index"]]
    assert http.request("DELETE", "/subjects/customer-1/hold", json=CASE, headers=compliance).json()["holds"] == []
    done = http.post("/subjects/customer-1/erase", json=CASE, headers=compliance).json()
    assert (done["state"], done["parts"]) == ("erased", 1)


def test_a_hold_ends_by_itself(http: Client, compliance: dict[str, str], clock: Clock) -> None:
    """From its day on a hold forbids nothing; of two the later one counts until then."""
    ask(http)
    for until in ("2026-12-01", "2027-01-01"):
        http.post("/subjects/customer-1/hold", json={**CASE, "until": until}, headers=compliance)
    seen = []
    for day in (dt.date(2026, 11, 30), dt.date(2026, 12, 1), dt.date(2027, 1, 1)):
        clock.now = dt.datetime.combine(day, dt.time(9), dt.UTC)
        seen.append(len(http.get("/subjects/customer-1/retention", headers=compliance).json()["holds"]))

    assert seen == [2, 1, 0]


REASONS = {
    "empty": "",
    "blank": "   ",
    "too long": "x" * 201,
    "the reference itself": "request of CUSTOMER-1",
    "a control character": "a\x00b",
}


@pytest.mark.parametrize("case", REASONS)
def test_a_reason_that_must_not_stand_in_the_log_is_refused(
    http: Client, compliance: dict[str, str], app: Litestar, case: str
) -> None:
    """An entry stands for ever: a reason names a matter, is short, and is never the person's own reference."""
    ask(http)
    size = service_of(app).log.size()
    answer = http.post("/subjects/customer-1/erase", json={"reason": REASONS[case]}, headers=compliance)

    assert answer.status_code in (400, 422)
    assert answer.json()["errors"]
    assert service_of(app).log.size() == size


@pytest.mark.parametrize("until", ["2026-11-22", "2020-01-01", "soon", 5])
def test_a_hold_needs_a_day_to_come(http: Client, compliance: dict[str, str], until: object) -> None:
    """A day gone by, today, or something else is refused with the remedy."""
    ask(http)
    answer = http.post("/subjects/customer-1/hold", json={**CASE, "until": until}, headers=compliance)

    assert answer.status_code in (400, 422)


def test_a_stranger_cannot_be_held(http: Client, compliance: dict[str, str]) -> None:
    """Who is not known has nothing that could be held."""
    answer = http.post("/subjects/nobody/hold", json={**CASE, "until": "2027-03-01"}, headers=compliance)

    assert answer.status_code == 404


@pytest.mark.parametrize("role", sorted({*Role} - {Role.COMPLIANCE}))
def test_only_compliance_may(http: Client, new_key: NewKey, role: Role) -> None:
    """Every other role is refused at every door of `/subjects`, the administrator too."""
    ask(http)
    headers = as_role(http, new_key(role))
    for method, path in (
        ("GET", ""),
        ("GET", "/retention"),
        ("POST", "/erase"),
        ("POST", "/hold"),
        ("DELETE", "/hold"),
    ):
        answer = http.request(method, f"/subjects/customer-1{path}", json=CASE, headers=headers)
        assert answer.status_code == 403, (role, method, path)


@pytest.fixture
def service(settings: Settings, clock: Clock) -> Iterator[Service]:
    """Give a service where three years are to be kept, on a clock that tests turn."""
    made = Service.open(settings.model_copy(update={"jurisdiction": "CN"}), clock)
    yield made
    made.close()


def decide(service: Service, subject: str) -> int:
    """Decide about somebody now; give the entry."""
    from tests.api.test_reads import request_of

    return service.workflow.decide(request_of(subject), "cli", secrets.token_hex(8)).result(30).index


def test_a_duty_to_keep_outranks_an_erasure_until_it_ends(service: Service, clock: Clock) -> None:
    """Asked too early it is recorded with its earliest date; the sweep of that day erases, and not one day before."""
    index = decide(service, "one")
    asked = service.subjects.erase("one", "case 1", "cli")
    sweep = Sweep(service.ledger, service.schedule)

    assert (asked.state, asked.not_before, asked.because) == ("waiting", dt.date(2029, 11, 22), ("cn-personal",))
    clock.now = dt.datetime(2029, 11, 21, 12, tzinfo=dt.UTC)
    assert sweep.run(clock.now.date(), "cli").parts == 0
    clock.now = dt.datetime(2029, 11, 22, 12, tzinfo=dt.UTC)
    assert sweep.look(clock.now.date()).subjects == 1
    done = sweep.run(clock.now.date(), "cli")
    assert (done.subjects, done.parts) == (1, 1)
    entry = json.loads(service.log.entry(service.log.size() - 1))
    assert (entry["kind"], entry["reason"]) == ("subject_erased", "case 1")
    assert service.log.receipt(index)


def test_a_sweep_takes_what_is_over_and_leaves_the_rest(service: Service, clock: Clock) -> None:
    """The old part of one person goes and the new one stays; who has only old ones is erased; who is held is not."""
    old = {name: decide(service, name) for name in ("both", "old", "held")}
    service.subjects.hold("held", "lawsuit 3", dt.date(2040, 1, 1), "cli")
    clock.now = dt.datetime(2030, 6, 1, tzinfo=dt.UTC)
    new = decide(service, "both")
    clock.now = dt.datetime(2031, 11, 22, tzinfo=dt.UTC)
    sweep = Sweep(service.ledger, service.schedule)
    expected, done = sweep.look(clock.now.date()), sweep.run(clock.now.date(), "cli")

    assert expected == done
    assert (done.subjects, done.parts, done.held) == (1, 2, 1)
    assert [each.index for each in service.subjects.standing("both").kept] == [new]
    assert [each.index for each in service.subjects.standing("held").kept] == [old["held"]]
    kinds = [json.loads(service.log.entry(index))["kind"] for index in range(new + 1, service.log.size())]
    assert sorted(kinds) == ["parts_removed", "subject_erased"]
    assert sweep.run(clock.now.date(), "cli").parts == 0
    document = service.access.document("both", "compliance")
    assert ["removed" in each for each in document["decisions"]] == [True, False]


def test_a_sweep_after_many_years_leaves_a_log_that_verifies(
    service: Service, clock: Clock, settings: Settings
) -> None:
    """Ten people, one held, all swept: the log is whole, the tables agree, each removal is borne out by an entry."""
    for number in range(10):
        decide(service, f"person-{number % 5}")
    service.subjects.hold("person-0", "lawsuit 3", dt.date(2090, 1, 1), "cli")
    clock.now = dt.datetime(2080, 1, 1, tzinfo=dt.UTC)
    done = Sweep(service.ledger, service.schedule).run(clock.now.date(), "cli")

    assert (done.subjects, done.parts, done.held) == (4, 8, 1)
    report = verify_database(settings.database, Keys.load(settings.data))
    assert (report.findings, report.erased, report.sealed) == ((), 8, 2)
    assert list(differences(settings.database)) == []


def test_who_comes_back_with_a_backup_is_erased_again(settings: Settings, clock: Clock) -> None:
    """Rows of an erased person that a restored backup brought back are noticed by the entry at start, and go again."""
    service = Service.open(settings, clock)
    decide(service, "one")
    decide(service, "two")
    service.close()
    with closing(sqlite3.connect(settings.data / "grounds.db")) as driver:
        saved = {table: driver.execute(f"SELECT * FROM {table}").fetchall() for table in _PERSONAL}
    service = Service.open(settings, clock)
    service.subjects.erase("one", "case 1", "cli")
    service.close()
    _bring_back(settings.data / "grounds.db", saved)
    assert not verify_database(settings.database, Keys.load(settings.data)).ok

    service = Service.open(settings, clock)
    entry = json.loads(service.log.entry(service.log.size() - 1))
    service.close()
    assert (entry["kind"], entry["reason"], entry["actor"]) == (
        "subject_erased",
        "came back with a restored backup",
        "service",
    )
    report = verify_database(settings.database, Keys.load(settings.data))
    assert (report.findings, report.sealed, report.erased) == ((), 1, 1)
    again = Service.open(settings, clock)
    assert again.log.size() == 5
    again.close()


def test_parts_that_come_back_with_a_backup_go_again(settings: Settings, clock: Clock) -> None:
    """A single part whose time was over, brought back, is removed once more; the newer one of the same person stays."""
    old = Service.open(settings, clock)
    decide(old, "one")
    clock.now = dt.datetime(2029, 1, 1, tzinfo=dt.UTC)
    kept = decide(old, "one")
    old.close()
    database = settings.data / "grounds.db"
    with closing(sqlite3.connect(database)) as driver:
        saved = {"audit_sealed": driver.execute("SELECT * FROM audit_sealed").fetchall()}
    clock.now = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    service = Service.open(settings, clock)
    assert Sweep(service.ledger, service.schedule).run(clock.now.date(), "cli").parts == 1
    service.close()
    _bring_back(database, saved)

    again = Service.open(settings, clock)
    entry = json.loads(again.log.entry(again.log.size() - 1))
    assert (entry["kind"], entry["reason"]) == ("parts_removed", "came back with a restored backup")
    assert [each.index for each in again.subjects.standing("one").kept] == [kept]
    again.close()
    assert verify_database(database, Keys.load(settings.data)).findings == ()


def test_readers_and_an_erasure_do_not_disturb_each_other(
    app: Litestar, http: Client, compliance: dict[str, str]
) -> None:
    """Sixty-four reads around an erasure each see the decision whole, or 410; none fails in any other way."""
    mine = ask(http).json()
    seen: list[tuple[int, bytes]] = []

    def read() -> None:
        for _ in range(8):
            answer = http.get(f"/decisions/{mine['id']}")
            seen.append((answer.status_code, answer.content))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    done = http.post("/subjects/customer-1/erase", json=CASE, headers=compliance).json()
    for thread in threads:
        thread.join()

    assert done["state"] == "erased"
    assert {status for status, _ in seen} <= {200, 410}
    assert len({content for status, content in seen if status == 200}) <= 1
    assert http.get(f"/decisions/{mine['id']}").status_code == 410
    reads = sum(1 for status, _ in seen if status == 200)
    assert len(entries(app, "sealed_read")) == reads


_PERSONAL = ("audit_sealed", "audit_subject_key", "audit_subject")


def _bring_back(database: Path, saved: dict[str, list[tuple[Any, ...]]]) -> None:
    """Put rows back as a careless restore does: with the guards out of the way."""
    with closing(sqlite3.connect(database, isolation_level=None)) as driver:
        triggers = driver.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            driver.execute(f"DROP TRIGGER {name}")
        for table, rows in saved.items():
            for row in rows:
                driver.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        for _, sql in triggers:
            driver.execute(sql)


def _traces(client: Client, settings: Settings, subject: str) -> list[bytes]:
    app = client.app  # type: ignore[attr-defined]  # a test client has its application
    vault, log = service_of(app).log.vault, service_of(app).log
    with log.engine.connect() as connection:
        known = vault.find_subject(connection, subject)
    with closing(sqlite3.connect(settings.data / "grounds.db")) as driver:
        key_id, wrapped = driver.execute(
            "SELECT key_id, wrapped FROM audit_subject_key WHERE subject = ?", (known,)
        ).fetchone()
        lookup, reference = driver.execute(
            "SELECT lookup, ciphertext FROM audit_subject WHERE subject = ?", (known,)
        ).fetchone()
        parts = driver.execute("SELECT ciphertext FROM audit_sealed WHERE key_id = ?", (key_id,)).fetchall()
    return [wrapped, lookup, reference, *(part[:100] for (part,) in parts)]
