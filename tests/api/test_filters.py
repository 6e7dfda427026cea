"""Searches over HTTP: every filter, what is refused, and whose decisions one finds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from api.cli import run
from api.console.finding import _whole
from api.errors import InvalidParameter
from api.roles import Role
from tests.api.conftest import START, Clock, NewKey, application, as_role, ask

REFUSED: dict[str, Any] = {"facts": {"score": 400, "income": 1_000}}


def found(client: Client, headers: dict[str, str] | None = None, **filters: Any) -> list[str]:
    """Give the ids a search finds."""
    answer = client.get("/decisions", params=filters, headers=headers or {})
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_every_filter_narrows(http: Client, clock: Clock) -> None:
    """Subject, outcome, reason, rule, policy, version, actor and moments, alone and together."""
    good = ask(http, application(subject="a")).json()
    clock.now = START + dt.timedelta(hours=1)
    bad = ask(http, application(subject="b", **REFUSED)).json()
    both, later = [bad["id"], good["id"]], "2026-11-22T09:00:00Z"
    actor = http.get("/decisions").json()["items"][0]["actor"]
    assert found(http) == both
    assert found(http, order="oldest") == both[::-1]
    assert found(http, policy="tiny", version=1, actor=actor) == both
    for name, value in {"subject": "b", "outcome": "reject", "reason": "score_low", "rule": "low-score"}.items():
        filters: dict[str, Any] = {name: value}
        assert found(http, **filters) == found(http, **filters, since=later, limit=1) == [bad["id"]]
        assert found(http, **filters, until=later) == []
    assert found(http, until="2026-11-22T17:00:00+08:00") == [good["id"]]
    absent: dict[str, Any] = {"subject": "c", "version": 2, "actor": "cli", "policy": "x", "rule": "nothing"}
    for name, nothing in absent.items():
        assert found(http, **{name: nothing}) == []
    assert found(http, rule="open", reason="score_low") == []


def test_a_page_says_how_many_there_are_under_which_signed_head(http: Client) -> None:
    """The count goes with a size, and that size is one the log has signed."""
    for _ in range(3):
        ask(http)
    page = http.get("/decisions", params={"limit": 2, "count": "true"}).json()
    assert (page["count"], len(page["items"])) == (3, 2)
    assert str(page["size"]) == http.get("/log/checkpoint").text.splitlines()[1]
    assert http.get("/decisions").json()["count"] is None


WRONG: dict[str, tuple[Any, str, str]] = {
    "unknown": ({"outcom": "reject"}, "outcom", "is not a parameter here"),
    "twice": ([("outcome", "reject"), ("outcome", "approve")], "outcome", "is given 2 times"),
    "no offset": ({"since": "2026-11-22T00:00:00"}, "since", "is not an instant"),
    "no moment": ({"until": "yesterday"}, "until", "is not an instant"),
    "a number": ({"until": "0.5"}, "until", "is not an instant"),
    "before all years": ({"since": "0001-01-01T00:00:00+14:00"}, "since", "is not an instant"),
    "an outcome": ({"outcome": "rejected"}, "outcome", "rejected"),
    "an order": ({"order": "best"}, "order", ""),
    "no items": ({"limit": "0"}, "limit", ""),
    "half a version": ({"version": "1.5"}, "version", ""),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_taken_is_refused_by_name(shared: Client, case: str) -> None:
    """A parameter that is unknown, repeated or malformed is 400 with its name; it never quietly changes nothing."""
    params, name, problem = WRONG[case]
    answer = shared.get("/decisions", params=params)
    assert answer.status_code == 400
    mistake = answer.json()["errors"][0]
    assert mistake["path"] == name
    assert problem in mistake["message"]


@pytest.mark.parametrize("version", ["0", "1000001", "9" * 20, f"{1:09}{'9' * 20}"])
def test_a_version_no_policy_can_have_is_refused(
    shared: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    """By the API, on the command line and in the console: no database is asked for a number it cannot hold."""
    assert shared.get("/decisions", params={"version": version}).status_code == 400
    for command in (["decisions", "find", "--version"], ["replay", "x", "--policy-version"]):
        assert run([*command, version, "--data", str(tmp_path)]) == 2
        assert f"invalid value for '{command[-1]}'" in capsys.readouterr().err
    with pytest.raises(InvalidParameter):
        _whole("version", version)


def test_entries_are_found_by_kind_and_actor(http: Client, new_key: NewKey) -> None:
    """Whoever may read the log finds keys, policies and decisions in one order; each can be fetched as it stands."""
    decision = ask(http).json()
    headers = as_role(http, new_key(Role.COMPLIANCE))
    items = http.get("/log/entries", headers=headers, params={"order": "oldest"}).json()["items"]
    assert [item["index"] for item in items] == list(range(len(items)))
    assert [item["kind"] for item in items] == ["policy_published", "key_created", "decision_made", "key_created"]
    keys = http.get("/log/entries", headers=headers, params={"kind": "key_created", "actor": "cli", "count": "true"})
    assert (keys.json()["count"], [item["index"] for item in keys.json()["items"]]) == (2, [3, 1])
    assert items[2]["id"] == decision["id"]
    assert http.get(f"/log/entries/{items[2]['index']}", headers=headers).json()["actor"] == items[2]["actor"]


def test_nobody_searches_in_decisions_of_others(http: Client, new_key: NewKey) -> None:
    """An integrator that names another's key as the actor finds nothing; a reviewer finds what it names."""
    ask(http)
    actor = http.get("/decisions").json()["items"][0]["actor"]
    other = as_role(http, new_key(Role.INTEGRATOR))
    assert found(http, other, actor=actor) == found(http, other) == []
    assert len(found(http, as_role(http, new_key(Role.REVIEWER)), actor=actor)) == 1
    assert http.get("/log/entries", headers=other).status_code == 403
