"""Deciding again: the same bytes under the same policy, and a verdict that says what changed under anything else."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from httpx import Client
from litestar import Litestar

from api.cli import run
from api.errors import InvalidBody, NotFound
from api.personal import Purpose
from api.reads import Reading
from api.replay import Ask, Replayed, Replays
from api.roles import Role
from api.schemas import DecisionRequest
from api.service import Service, opened
from api.settings import Settings
from audit import Erased
from audit.entry import decode
from engine import Decision, FactsError, Outcome
from tests.api.conftest import NewKey, application, as_role, ask, service_of

FACTS: dict[str, Any] = {"score": 620, "income": 2_000_000}
READING = Reading("tests", Purpose.REPLAY)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """Give policies of the test's own."""
    return Path(shutil.copytree(settings.policies, tmp_path / "policies"))


@pytest.fixture
def chosen(settings: Settings, folder: Path) -> Settings:
    """Begin a log that knows two versions: the first refuses below 600, the second below 650."""
    chosen = settings.model_copy(update={"policies": folder})
    text = (folder / "tiny.yaml").read_text(encoding="utf-8")
    stricter = text.replace("version: 1", "version: 2").replace("score < 600", "score < 650")
    (folder / "tiny.yaml").write_text(stricter, encoding="utf-8")
    Service.open(chosen).close()
    (folder / "tiny.yaml").write_text(text, encoding="utf-8")
    return chosen


@pytest.fixture
def service(chosen: Settings) -> Iterator[Service]:
    """Run on it, under the first."""
    with opened(chosen) as service:
        yield service


def replayed(service: Service, facts: dict[str, Any], version: int | None = None, **corrected: Any) -> Replayed:
    """Decide, and decide again."""
    recorded = service.workflow.decide(DecisionRequest("tiny", "a", facts), "tests", str(facts)).result()
    entry: Any = decode(service.log.entry(recorded.index))
    return Replays(service.ledger).of(entry["id"], recorded.index, Ask(version, corrected), READING)


@pytest.mark.parametrize(
    "facts",
    [FACTS, {"score": 400}, {}, {"score": 700, "income": 200_000, "loans": [{"overdue_days": 1, "balance": 1}]}],
)
def test_its_own_policy_gives_the_recorded_bytes(service: Service, facts: dict[str, Any]) -> None:
    """Approved, rejected, incomplete or capped: the same bytes, from what the log holds and nothing else."""
    verdict = replayed(service, facts)
    assert (verdict.verdict, verdict.because, verdict.identical) == ("same", (), True)
    assert verdict.now == verdict.then


def test_another_executor_or_vocabulary_today_changes_nothing(chosen: Settings, folder: Path) -> None:
    """What decided then decides again, though the service now runs another executor on facts of another range."""
    with opened(chosen) as before:
        recorded = before.workflow.decide(DecisionRequest("tiny", "a", FACTS), "tests", "1").result()
        entry: Any = decode(before.log.entry(recorded.index))
    facts = (folder / "facts.yaml").read_text(encoding="utf-8")
    (folder / "facts.yaml").write_text(facts.replace("range: [350, 950]", "range: [650, 950]"), encoding="utf-8")
    policy = (folder / "tiny.yaml").read_text(encoding="utf-8")
    for test in ("score <", "score >="):
        policy = policy.replace(f"{test} 600", f"{test} 700")
    (folder / "tiny.yaml").write_text(policy, encoding="utf-8")
    with opened(chosen.model_copy(update={"executor": "index"})) as later:
        verdict = Replays(later.ledger).of(entry["id"], recorded.index, Ask(), READING)
    assert (verdict.verdict, verdict.identical) == ("same", True)


def test_the_verdict_says_what_changed(service: Service) -> None:
    """Another version changes by rule, other facts by data; what changes nothing is the same, under whatever policy."""
    by_rule = replayed(service, FACTS, version=2)
    assert (by_rule.verdict, by_rule.because, by_rule.identical) == ("changed", ("rule",), True)
    assert (by_rule.then.outcome, by_rule.now.outcome, by_rule.now.policy.version) == ("approve", "reject", 2)
    by_data = replayed(service, FACTS, score=500)
    assert (by_data.verdict, by_data.because, by_data.now.reasons) == ("changed", ("data",), ("score_low",))
    both = replayed(service, FACTS, version=2, score=500)
    assert (both.verdict, both.because) == ("changed", ("rule", "data"))
    neither = replayed(service, {**FACTS, "score": 700}, version=2)
    assert (neither.verdict, neither.because, neither.now.policy.version) == ("same", (), 2)


def test_what_no_longer_comes_out_is_the_engines_doing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision that today's engine does not reproduce under the same policy and facts is told as such."""
    decide = service.engine.decide

    def otherwise(*arguments: Any) -> Decision:
        return msgspec.structs.replace(decide(*arguments), outcome=Outcome.REFER)

    monkeypatch.setattr(service.engine, "decide", otherwise)
    verdict = replayed(service, FACTS)
    assert (verdict.verdict, verdict.because, verdict.identical) == ("changed", ("engine",), False)


def test_a_replay_is_an_entry_without_anything_personal(service: Service) -> None:
    """Who, which decision, under what, which facts were put right, and the verdict; the read is one before it."""
    verdict = replayed(service, FACTS, version=2, score=593)
    entry: Any = decode(service.log.entry(verdict.index))
    assert {name: entry[name] for name in ("kind", "actor", "decision", "verdict", "because", "corrected")} == {
        "kind": "decision_replayed",
        "actor": "tests",
        "decision": verdict.decision,
        "verdict": "changed",
        "because": ["rule", "data"],
        "corrected": ["score"],
    }
    assert entry["policy"]["version"] == 2
    assert b"593" not in service.log.entry(verdict.index)
    before: Any = decode(service.log.entry(verdict.index - 1))
    assert (before["kind"], before["purpose"]) == ("sealed_read", "replay")


def test_what_cannot_be_decided_again_is_refused(service: Service) -> None:
    """A version nobody published, an unknown fact, a value out of range: named, and no verdict is recorded."""
    for wanted, error in (({"version": 9}, NotFound), ({"colour": 1}, InvalidBody), ({"score": 5_000}, FactsError)):
        with pytest.raises(error, match=r"9|colour|score"):
            replayed(service, FACTS, **wanted)
    kinds = [str(decode(service.log.entry(index))["kind"]) for index in range(service.log.size())]
    assert "decision_replayed" not in kinds


def test_who_is_erased_cannot_be_decided_again(chosen: Settings) -> None:
    """Without the facts there is nothing to decide on: the error says so, and no verdict is recorded."""
    with opened(chosen) as service:
        verdict = replayed(service, FACTS)
    later = Service.open(chosen, lambda: dt.datetime(2090, 1, 1, tzinfo=dt.UTC))
    later.subjects.erase("a", "case 7", "tests")
    size = later.log.size()
    with pytest.raises(Erased):
        Replays(later.ledger).of(verdict.decision, 2, Ask(), READING)
    assert later.log.size() == size
    later.close()


@pytest.mark.parametrize("role", Role)
def test_who_may_replay(http: Client, new_key: NewKey, role: Role) -> None:
    """Those who review and audit; who asked for a decision and who writes policies may not."""
    headers = as_role(http, new_key(role))
    answer = http.post(f"/decisions/{ask(http).json()['id']}/replay", json={}, headers=headers)
    allowed = role in {Role.REVIEWER, Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMIN}
    assert answer.status_code == (201 if allowed else 403)


def test_a_replay_over_http(http: Client, new_key: NewKey, app: Litestar) -> None:
    """The verdict with both answers; a decision that is not there is 404, a wrong correction 422."""
    headers = as_role(http, new_key(Role.REVIEWER))
    made = ask(http, application(facts=FACTS)).json()
    answer = http.post(f"/decisions/{made['id']}/replay", json={"facts": {"score": 400}}, headers=headers)
    verdict = msgspec.json.decode(answer.content, type=Replayed)
    assert (verdict.verdict, verdict.because, verdict.identical) == ("changed", ("data",), True)
    assert json.loads(service_of(app).log.entry(verdict.index))["kind"] == "decision_replayed"
    assert http.post("/decisions/x/replay", json={}, headers=headers).status_code == 404
    wrong = http.post(f"/decisions/{made['id']}/replay", json={"facts": {"score": "x"}}, headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "facts.score")


def test_a_replay_from_the_command_line(chosen: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words or as JSON; an id that is not there is wrong use."""
    with opened(chosen) as service:
        verdict = replayed(service, FACTS)
    words = ["--data", str(chosen.data)]
    assert run(["replay", verdict.decision, *words]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "same"
    (tmp_path / "facts.json").write_text('{"score": 400}')
    assert (
        run(["replay", verdict.decision, "--policy-version", "2", "--facts", str(tmp_path / "facts.json"), *words]) == 0
    )
    out = capsys.readouterr().out
    assert out.startswith("changed by rule and data\nthen approve")
    assert "now  reject (score_low) under tiny v2" in out
    assert run(["replay", verdict.decision, "--json", *words]) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=Replayed).identical
    assert run(["replay", "x", *words]) == 2
