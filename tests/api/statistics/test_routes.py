"""``/statistics`` and ``grounds stats``: who may look, what is refused, and that both tell the same."""

from __future__ import annotations

import json

import pytest
from httpx import Client

from api.cli import run
from api.roles import Role
from api.settings import Settings
from tests.api.conftest import NewKey, application, as_role, ask

ROUTES = ("overturns", "backlog", "conclusions", "reasons")
LOOKING = {Role.REVIEWER, Role.SUPERVISOR, Role.COMPLIANCE, Role.AUTHOR, Role.APPROVER, Role.ADMIN}


@pytest.mark.parametrize("role", Role)
def test_who_may_look(http: Client, new_key: NewKey, role: Role) -> None:
    """Staff see statistics; by people only those who lead or audit them; integrators and channels see none."""
    headers = as_role(http, new_key(role))
    leading = {Role.SUPERVISOR, Role.COMPLIANCE}

    for route in ROUTES:
        assert (http.get(f"/statistics/{route}", headers=headers).status_code == 200) == (role in LOOKING), route
    for by in ("reviewer", "decider"):
        answer = http.get("/statistics/overturns", params={"by": by}, headers=headers)
        assert (answer.status_code == 200) == (role in leading), by


def test_the_reason_mix_of_what_was_decided(http: Client, new_key: NewKey) -> None:
    """Decisions over HTTP are in the mix of their day at once, narrowed as asked."""
    ask(http)
    for _ in range(2):
        ask(http, application(facts={"score": 500, "income": 2_000_000}))
    headers = as_role(http, new_key(Role.AUTHOR))
    found = http.get("/statistics/reasons", headers=headers).json()
    rejected = http.get("/statistics/reasons", params={"outcome": "reject", "by": "month"}, headers=headers).json()

    (row,) = found["rows"]
    assert (row["period"], row["decisions"], row["outcomes"]) == ("2026-11-22", 3, {"approve": 1, "reject": 2})
    assert row["reasons"] == [{"code": "score_low", "share": {"count": 2, "of": 3, "rate_bp": None}}]
    assert [(each["period"], each["decisions"]) for each in rejected["rows"]] == [("2026-11", 2)]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("overturns?by=colour", "by"),
        ("overturns?since=yesterday", "since"),
        ("overturns?until=2026-11-22", "until"),
        ("reasons?by=hour", "by"),
        ("reasons?polcy=tiny", "polcy"),
        ("backlog?since=2026-11-22T00:00:00Z", "since"),
        ("conclusions?policy=a&policy=b", "policy"),
        ("overturns?policy=%00", "policy"),
    ],
)
def test_what_cannot_be_taken_is_named(http: Client, new_key: NewKey, path: str, parameter: str) -> None:
    """Words, instants and parameters nobody knows are a 400 that names the parameter."""
    answer = http.get(f"/statistics/{path}", headers=as_role(http, new_key(Role.ADMIN)))

    assert answer.status_code == 400, answer.text
    assert [mistake["path"] for mistake in answer.json()["errors"]] == [parameter]


def test_the_command_tells_the_same(
    http: Client, settings: Settings, new_key: NewKey, capsys: pytest.CaptureFixture[str]
) -> None:
    """`grounds stats ... --json` gives what the route gives, and lines for people without it."""
    for _ in range(3):
        ask(http, application(facts={"score": 500, "income": 2_000_000}))
    headers = as_role(http, new_key(Role.SUPERVISOR))
    places = ["--data", str(settings.data)]
    for route in ("overturns", "conclusions", "reasons"):
        served = http.get(f"/statistics/{route}", headers=headers).json()
        capsys.readouterr()
        assert run(["stats", route, "--json", *places]) == 0
        assert json.loads(capsys.readouterr().out) == served
    assert run(["stats", "reasons", "--by", "week", *places]) == 0
    told = capsys.readouterr()
    assert run(["stats", "backlog", *places]) == 0
    waiting = capsys.readouterr().out
    assert run(["stats", "overturns", "--by", "colour", *places]) == 2

    assert told.out.splitlines()[0].split() == ["2026-W47", "3", "decisions", "3", "reject"]
    assert "3 of 3 (no rate)  score_low" in told.out
    assert "fewer than 10" in told.err
    assert "0 not concluded, 0 overdue" in waiting
    assert "is none of rule, reason, policy, reviewer, decider" in capsys.readouterr().err
