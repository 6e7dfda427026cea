"""Figures for operators: what was counted is what happened, no label is a caller's, and not everybody sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from httpx import Client, Response
from litestar import Litestar
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.admission import narrowed
from api.app import create_app
from api.errors import TrialFailed
from api.roles import Permission, Role
from api.settings import Settings
from engine.running import rete
from tests.api.conftest import Clock, NewKey, application, as_role, ask, service_of
from tests.api.test_containment import Broken

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


Scraper = Callable[[str], Response]


@pytest.fixture
def scraper(http: Client, app: Litestar) -> Scraper:
    """Read with a key that may read figures and do nothing else."""
    scope = narrowed(Role.ADMIN, [Permission.READ_METRICS])
    headers = as_role(http, service_of(app).keyring.create(Role.ADMIN, "cli", scope))
    return lambda path: http.get(path, headers=headers)


def figures(scraper: Scraper) -> Figures:
    """Read all figures as Prometheus would."""
    answer = scraper("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def one(found: Figures, name: str, **labels: str) -> float:
    """Give one figure; 0 if it was never counted."""
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


def test_what_happened_is_counted(http: Client, app: Litestar, scraper: Scraper) -> None:
    """Requests by template and class of status, decisions once each, refusals by kind, and how log and writer stand."""
    before = figures(scraper)
    ask(http, key="one")
    ask(http, key="one")
    ask(http, application(facts={"score": 400, "income": 2_000_000}))
    ask(http, application(dry_run=True))
    http.get("/decisions/somebody-4711")
    http.get("/nothing/here/at/all")
    http.get("/decisions", headers={"Authorization": "Bearer nonsense"})
    after = figures(scraper)

    def grown(name: str, **labels: str) -> float:
        return one(after, name, **labels) - one(before, name, **labels)

    assert grown("grounds_requests_total", method="POST", route="/decisions", status="2xx") == 4
    assert grown("grounds_requests_total", method="GET", route="/decisions/{decision_id}", status="4xx") == 1
    assert grown("grounds_requests_total", method="GET", route="unmatched", status="4xx") == 1
    assert grown("grounds_request_seconds_count", route="/decisions") == 5
    assert grown("grounds_decisions_total", outcome="approve", executor="durable-rules") == 1
    assert grown("grounds_decisions_total", outcome="reject", executor="durable-rules") == 1
    assert grown("grounds_refusals_total", why="Unauthenticated") == 1
    assert one(after, "grounds_log_entries") == service_of(app).log.size()
    assert one(after, "grounds_log_unsigned_entries") == 0
    assert one(after, "grounds_writer_waiting") == 0
    assert grown("grounds_writer_works_total") >= grown("grounds_writer_batches_total") >= 3
    assert one(after, "grounds_policy_version", policy="tiny") == 1
    assert {one(after, "grounds_ready", check=name) for name in ("database", "log", "policies")} == {1}
    assert one(after, "process_resident_memory_bytes") > 1_000_000


def test_time_since_the_last_checkpoint_is_told(http: Client, scraper: Scraper, clock: Clock) -> None:
    """An age in seconds, by the clock of the service."""
    ask(http)
    clock.now += dt.timedelta(seconds=90)
    assert one(figures(scraper), "grounds_checkpoint_age_seconds") == 90


def test_faults_and_reloads_are_counted(
    http: Client, app: Litestar, scraper: Scraper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decisions the reference evaluator took over, with its name; reloads that worked and that did not."""
    with monkeypatch.context() as patch:
        patch.setattr(rete, "_engine", Broken(vars(rete)["_engine"]))
        ask(http)
    monkeypatch.setattr("api.reloading.try_policies", lambda *_: {})
    with pytest.raises(TrialFailed):
        service_of(app).reloading.run("cli")
    found = figures(scraper)
    assert one(found, "grounds_engine_fallbacks_total") == 1
    assert one(found, "grounds_engine_disagreements_total") == 0
    assert one(found, "grounds_decisions_total", outcome="approve", executor="reference") == 1
    assert one(found, "grounds_policy_reloads_total", result="failed") == 1
    assert one(found, "grounds_policy_reloads_total", result="done") == 0


def test_no_label_comes_from_a_caller(http: Client, scraper: Scraper) -> None:
    """A thousand odd paths, methods and references add one series each kind, and none holds what was sent."""
    for number in range(1_000 // 4):
        http.get(f"/odd-{number}-110101199003070000")
        http.get(f"/decisions/110101199003070000-{number}")
        http.request(f"ODD{number}", "/decisions")
        http.get("/decisions", params={"subject": f"110101199003070000-{number}"})
    text = scraper("/metrics").text
    assert "110101199003070000" not in text
    assert "ODD" not in text
    requests = [line for line in text.splitlines() if line.startswith("grounds_requests_total")]
    assert len(requests) < 10


def test_figures_are_for_those_who_may(http: Client, new_key: NewKey, scraper: Scraper) -> None:
    """An integrator is refused; a key that was made for scraping can do nothing else."""
    assert http.get("/metrics").status_code == 403
    assert http.get("/metrics", headers=as_role(http, new_key(Role.ADMIN))).status_code == 200
    assert scraper("/keys").status_code == 403


def test_figures_can_be_made_public(settings: Settings, clock: Clock) -> None:
    """By a setting, where only operators reach the port; nothing else becomes public with them."""
    with TestClient(create_app(settings.model_copy(update={"metrics_public": True}), clock)) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/keys").status_code == 401
        assert client.get("/schema/openapi.json").json()["paths"]["/metrics"]["get"]["security"] == [{}]
