"""Decisions recorded by a process of its own: the same as in the writer's thread, and safe when it dies."""

from __future__ import annotations

import json
import os
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from httpx import Client
from litestar import Litestar
from litestar.testing import TestClient

from api.app import create_app
from api.roles import Role
from api.settings import Settings
from tests.api.conftest import application, ask, service_of
from tests.api.recording.conftest import apart_of, kill, until
from tests.api.test_server import Load, Server, headers, serving, verified


def sealed(app: Litestar, index: int) -> bytes:
    """Open what lies beside an entry."""
    log = service_of(app).log
    with log.engine.connect() as connection:
        return log.vault.open(connection, index)


def leaf(app: Litestar, index: int) -> dict[str, object]:
    """Read an entry, without what is different each time."""
    entry: dict[str, object] = json.loads(service_of(app).log.entry(index))
    return {name: value for name, value in entry.items() if name not in {"id", "at", "as_of", "request", "sealed"}}


def test_it_records_and_the_answer_stands(http: Client, app: Litestar, settings: Settings) -> None:
    """The answer is the one that lies sealed, comes again byte for byte, has its receipt, and is counted once."""
    before = apart_of(app).works
    first = ask(http, key="k")
    again = ask(http, key="k")
    located = first.headers["location"]

    assert first.status_code == 201
    assert apart_of(app).works == before + 2
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert http.get(located).content == first.content
    assert "tlog-proof" in http.get(f"{located}/receipt").text
    kept = json.loads(sealed(app, first.json()["log"]["index"]))
    assert kept["answer"] == {name: value for name, value in first.json().items() if name != "log"}
    assert 'grounds_decisions_total{executor="durable-rules",outcome="approve"} 1.0' in metrics(http, app)


def metrics(http: Client, app: Litestar) -> str:
    """Read the figures as an operator does."""
    key = service_of(app).ledger.create_key(Role.ADMIN, "cli")
    return http.get("/metrics", headers={"Authorization": f"Bearer {key}"}).text


def test_both_ways_write_the_same_leaf(http: Client, app: Litestar) -> None:
    """Who recorded a decision cannot be told from what was recorded; a case is opened either way."""
    refer = application(facts={"score": 700})
    apart = [ask(http, body).json() for body in (application(), refer)]
    apart_of(app).up = False
    here = [ask(http, body).json() for body in (application(), refer)]

    for one, other in zip(apart, here, strict=True):
        assert leaf(app, one["log"]["index"]) == leaf(app, other["log"]["index"])
    assert len(http.get("/decisions").json()["items"]) == 4


def test_another_body_under_the_same_key_is_refused(http: Client) -> None:
    """Also when another process recorded the first."""
    assert ask(http, key="k").status_code == 201
    answer = ask(http, application(facts={"score": 500}), key="k")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem-type:grounds:idempotency-key-reused")


def test_who_refuses_automation_is_left_to_a_person(http: Client, app: Litestar) -> None:
    """The answer given is the referral that was recorded, and what the rules came to lies sealed beside it."""
    assert ask(http).json()["outcome"] == "approve"
    assert http.post("/subjects/customer-1/automation-refusal").status_code in {200, 201}
    answer = ask(http).json()

    assert (answer["outcome"], answer["trace"]) == ("refer", [])
    kept = json.loads(sealed(app, answer["log"]["index"]))
    assert kept["recommendation"]["outcome"] == "approve"
    assert kept["answer"]["outcome"] == "refer"


def test_one_key_at_once_on_both_ways_is_one_decision(app: Litestar, http: Client, key: str) -> None:
    """The process and the writer's thread take turns: 40 requests under one key are one decision."""
    apart = apart_of(app)

    def call(number: int) -> httpx.Response:
        apart.up = number % 2 == 0
        return ask(http, key="race")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(40)))
    apart.up = True
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(http.get("/decisions").json()["items"]) == 1


def test_a_full_queue_is_said_so(http: Client, app: Litestar, settings: Settings) -> None:
    """When the process cannot keep up the caller is told to come back."""
    apart = apart_of(app)
    apart._settings = settings.model_copy(update={"queue_bound": 0})
    answer = ask(http, key="k")
    apart._settings = settings
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["type"] == "urn:problem-type:grounds:busy"
    assert ask(http, key="k").status_code == 201


def test_killed_it_loses_nothing_and_comes_back(app: Litestar, http: Client, settings: Settings) -> None:
    """Killed under load: whoever waited is told that nobody knows, the thread goes on, and a new process takes over.

    Every key, asked again, has one decision; the log verifies.
    """
    answers: dict[str, httpx.Response] = {}

    def call(number: int) -> None:
        if number in {60, 140}:
            until(lambda: apart_of(app).up)
            kill(app)
        answers[str(number)] = ask(http, application(subject=f"s{number}"), key=str(number))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(call, range(200)))
    assert {answer.status_code for answer in answers.values()} <= {201, 503}
    assert {a.json()["type"] for a in answers.values() if a.status_code == 503} <= {
        "urn:problem-type:grounds:not-recorded"
    }
    until(lambda: apart_of(app).up)
    for number, first in answers.items():
        again = ask(http, application(subject=f"s{number}"), key=number)
        assert again.status_code == 201
        if first.status_code == 201:
            assert again.content == first.content
    page = http.get("/decisions", params={"limit": 100}).json()
    assert len(page["items"]) == 100
    assert verified(settings).sealed >= 200


def test_while_it_is_away_the_thread_records(app: Litestar, http: Client) -> None:
    """Readiness warns and stays ready; decisions are made and recorded as before."""
    apart = apart_of(app)
    kill(app)
    until(lambda: not apart.up)
    health = http.get("/health/ready")
    assert (health.status_code, health.json()["checks"]["recorder"]) == (200, "warn")
    works = apart.works
    assert ask(http).status_code == 201
    assert apart.works == works
    until(lambda: apart.up)
    assert http.get("/health/ready").json()["checks"]["recorder"] == "pass"
    assert ask(http).status_code == 201
    assert apart.works == works + 1


def test_one_that_cannot_start_is_tried_again_and_nobody_waits(
    settings: Settings, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that ends at once leaves a service that decides and records."""
    monkeypatch.setattr("api.recording.apart.sys.executable", "/bin/false")
    app = create_app(settings, apart=True)
    with TestClient(app) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        assert ask(client).status_code == 201
        assert not apart_of(app).up


def test_when_there_is_no_process_to_be_had_it_is_tried_again(
    app: Litestar, http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that refuses another process for a while leaves a service that records, and has one later."""
    apart, refused = apart_of(app), list[int]()

    def refuse(*_: object) -> None:
        refused.append(1)
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr("api.recording.apart._started", refuse)
        patch.setattr("api.recording.apart.LONGEST_PAUSE", 0.1)
        apart._pause = 0.1
        kill(app)
        until(lambda: len(refused) > 2)
        assert ask(http).status_code == 201
    until(lambda: apart.up)


def test_a_service_starts_and_stops_without_one(settings: Settings, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process to be had at the start is no reason not to serve, and none to wait for at the end."""

    def refuse(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("api.recording.apart._started", refuse)
    app = create_app(settings, apart=True)
    with TestClient(app) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        assert ask(client).status_code == 201
        assert apart_of(app).pid is None


def test_a_process_whose_service_is_killed_ends(settings: Settings, key: str, tmp_path: Path) -> None:
    """No process is left that nobody asks any more."""
    with serving(settings, tmp_path / "log") as server:
        child = _child(server)
        server.stop(signal.SIGKILL)
        until(lambda: not Path(f"/proc/{child}").exists(), 30)


def test_an_orderly_stop_leaves_no_process(settings: Settings, key: str, tmp_path: Path) -> None:
    """Told to stop under load, the service exits with 0 after its process, and all it acknowledged is in the log."""
    with serving(settings, tmp_path / "log") as server:
        child = _child(server)
        load = Load(server, key, 8)
        until(lambda: len(load.acknowledged) > 50)
        assert server.stop() == 0
        load.end()
        assert not Path(f"/proc/{child}").exists()
    assert verified(settings).sealed >= len(load.acknowledged)


def test_signals_of_a_terminal_do_not_end_it_first(settings: Settings, key: str, tmp_path: Path) -> None:
    """What Ctrl-C sends to all of them ends the service in order."""
    with serving(settings, tmp_path / "log") as server:
        child = _child(server)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(child, number)
        answer = httpx.post(f"{server.url}/decisions", json=application(), headers=headers(key, str(uuid.uuid4())))
        assert answer.status_code == 201
        assert Path(f"/proc/{child}").exists()
        assert server.stop() == 0


def _child(server: Server) -> int:
    """Wait until the process that records takes drafts, and give its number."""
    until(lambda: httpx.get(f"{server.url}/health/ready").json()["checks"].get("recorder") == "pass")
    tasks = Path(f"/proc/{server.process.pid}/task").iterdir()
    children = [each for task in tasks for each in (task / "children").read_text().split()]
    return next(int(each) for each in children if "api.recording" in Path(f"/proc/{each}/cmdline").read_text())
