"""Explanations of recorded decisions: reasons as recorded, the graph, and recourse under the policy that decided."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from httpx import Client
from litestar.testing import TestClient

from api.app import create_app
from api.cli import run
from api.roles import Role
from api.schemas import DecisionExplanation
from api.settings import Settings
from tests.api.conftest import TINY, NewKey, application, as_role, ask

LOW = {"score": 590, "income": 2_000_000, "loans": [{"overdue_days": 3, "balance": 100}]}


def test_an_explanation_holds_the_recorded_grounds_the_graph_and_recourse(http: Client) -> None:
    """What was answered is repeated; the path leads from facts to the outcome; recourse says whether anything helps."""
    answer = ask(http, application(facts=LOW)).json()
    found = http.get(f"/decisions/{answer['id']}/explanation")

    assert found.status_code == 200
    explanation = msgspec.json.decode(found.content, type=DecisionExplanation)
    repeated = found.json()
    assert {name: repeated[name] for name in repeated if name in answer} == {
        name: answer[name] for name in answer if name not in ("subject", "engine", "log")
    }
    path = {node.id for node in explanation.graph.nodes if node.decided}
    assert {"fact:score", "rule:low-score", "rule:overdue", "step:overdue_loans", "outcome:reject"} <= path
    assert (explanation.recourse.alternatives, explanation.recourse.complete) == ((), True)
    assert http.get(f"/decisions/{answer['id']}/explanation").content == found.content


def test_an_explanation_stands_on_the_policy_that_decided(settings: Settings, new_key: NewKey, tmp_path: Path) -> None:
    """After the policy has changed, an earlier decision is explained under the bundle kept beside the log."""
    folder = tmp_path / "policies"
    shutil.copytree(TINY, folder)
    chosen = settings.model_copy(update={"policies": folder})
    headers = {"Authorization": f"Bearer {new_key(Role.INTEGRATOR)}"}
    with TestClient(create_app(chosen)) as client:
        client.headers.update(headers)
        answer = ask(client, application(facts={"score": 700, "income": 400_000, "verified": True})).json()
        before = client.get(f"/decisions/{answer['id']}/explanation").json()

    policy = folder / "tiny.yaml"
    policy.write_text(policy.read_text().replace("version: 1", "version: 2").replace("income * 5", "income * 4"))
    facts = folder / "facts.yaml"
    facts.write_text(facts.read_text().replace("job:", "work:"))
    with TestClient(create_app(chosen)) as client:
        client.headers.update(headers)
        after = client.get(f"/decisions/{answer['id']}/explanation").json()

    assert answer["policy"]["version"] == 1
    assert after == before
    assert (after["binding"], after["recourse"]["bound_by"]) == ({"limit_fen": "income-cap"}, "income-cap")


def test_an_explanation_is_for_those_who_may_read_the_decision(http: Client, new_key: NewKey) -> None:
    """Another integrator sees nothing, a reviewer sees it, and that it was read is an entry of the log."""
    path = f"/decisions/{ask(http).json()['id']}/explanation"

    assert http.get(path, headers=as_role(http, new_key(Role.INTEGRATOR))).status_code == 404
    assert http.get(path, headers=as_role(http, new_key(Role.AUTHOR))).status_code == 403
    reviewer = as_role(http, new_key(Role.REVIEWER))
    assert http.get(path, headers=reviewer, params={"purpose": "review"}).status_code == 200
    size = int(http.get("/log/checkpoint", headers=reviewer).text.splitlines()[1])
    entry = http.get(f"/log/entries/{size - 1}", headers=reviewer).json()
    assert (entry["kind"], entry["purpose"]) == ("sealed_read", "review")
    assert http.get("/decisions/nobody/explanation").status_code == 404


def test_the_command_line_explains_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`grounds decide --explain` prints the path and recourse after the decision, and as two members with --json."""
    facts = tmp_path / "facts.json"
    facts.write_bytes(msgspec.json.encode({"score": 700, "income": 400_000}))
    words = ["decide", "tiny", str(facts), "--policies", str(TINY), "--as-of", "2026-11-22T00:00:00Z", "--explain"]

    assert run(words) == 0
    printed = capsys.readouterr().out
    assert "income-cap → limit_fen = 20,000.00 ← income = 4,000.00" in printed
    assert "出路 recourse" in printed
    assert run([*words, "--json"]) == 0
    document = msgspec.json.decode(capsys.readouterr().out)
    assert document["graph"]["v"] == 1
    assert document["recourse"]["goal"] == "limit"
    assert document["outcome"] == "approve"
