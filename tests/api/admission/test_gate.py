"""The gate over HTTP: guesses are slowed down, quotas told and kept, and nobody stands in anybody's way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from httpx import Client
from litestar.testing import TestClient

from api.app import create_app
from api.roles import Role
from api.settings import Settings
from tests.api.admission.test_throttle import Hand
from tests.api.conftest import Clock, NewKey, application, as_role, ask

WRONG = {"Authorization": "Bearer gk_0123456789ab_" + "A" * 43}


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    """Turn the monotonic clock of the gate by hand."""
    turned = Hand()
    monkeypatch.setattr("api.app.time.monotonic", turned)
    return turned


@contextmanager
def served(settings: Settings, clock: Clock, **changes: Any) -> Iterator[Client]:
    """Serve with changed settings."""
    app = create_app(settings.model_copy(update=changes), clock)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_guessing_is_answered_429_and_not_looked_at(settings: Settings, clock: Clock, hand: Hand, key: str) -> None:
    """After ten wrong ones the eleventh waits, whatever it is; a problem says how long."""
    with served(settings, clock) as http:
        for number in range(10):
            wrong = {"Authorization": f"Bearer gk_{number:012x}_{'A' * 43}"}
            assert http.get("/decisions", headers=wrong).status_code == 401
        for attempt in (WRONG, as_role(http, key), {"Authorization": "Bearer nonsense"}):
            answer = http.get("/decisions", headers=attempt)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "6")
            assert answer.json()["type"] == "urn:problem-type:grounds:too-many-failures"
        assert http.get("/health/live").status_code == 200
        hand.at = 6.0
        assert http.get("/decisions", headers=as_role(http, key)).status_code == 200


def test_sending_nothing_is_no_guess(settings: Settings, clock: Clock, hand: Hand, key: str) -> None:
    """A caller who forgot its key is told so a hundred times, and let in when it has found it."""
    with served(settings, clock) as http:
        assert {http.get("/decisions").status_code for _ in range(100)} == {401}
        assert http.get("/decisions", headers=as_role(http, key)).status_code == 200


def test_a_known_key_is_not_shut_out_by_those_who_guess_at_it(
    settings: Settings, clock: Clock, hand: Hand, key: str
) -> None:
    """From where it was good it goes on, though its id is guessed at from everywhere."""
    known = key.rsplit("_", 1)[0] if key.count("_") == 2 else "_".join(key.split("_")[:2])
    guess = {"Authorization": f"Bearer {known}_{'A' * 43}"}
    with served(settings, clock, proxies=("127.0.0.0/8",)) as http:
        assert http.get("/decisions", headers=as_role(http, key)).status_code == 200
        seen = [http.get("/decisions", headers=guess).status_code for _ in range(11)]
        assert seen == [401] * 10 + [429], "guesses from there are slowed down all the same"
    with served(settings, clock) as http:
        assert http.get("/decisions", headers=as_role(http, key)).status_code == 200


def test_a_quota_is_told_in_every_answer_and_kept(
    settings: Settings, clock: Clock, hand: Hand, key: str, new_key: NewKey
) -> None:
    """Per key, in refusals too; 429 with Retry-After once it is used up; another key has its own; then all is back."""
    other = new_key(Role.REVIEWER)
    with served(settings, clock, rate_limit=3, rate_window_seconds=60) as http:
        mine = as_role(http, key)
        answers = [http.get(path, headers=mine) for path in ("/decisions", "/decisions/none", "/keys", "/decisions")]
        assert [answer.status_code for answer in answers] == [200, 404, 403, 429]
        assert [answer.headers["ratelimit"] for answer in answers] == [
            '"default";r=2;t=20',
            '"default";r=1;t=40',
            '"default";r=0;t=60',
            '"default";r=0;t=60',
        ]
        assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"default";q=3;w=60'}
        assert answers[-1].headers["retry-after"] == "20"
        assert answers[-1].json()["type"] == "urn:problem-type:grounds:rate-limited"
        assert ask(http).status_code == 401
        assert http.get("/decisions", headers=as_role(http, other)).headers["ratelimit"] == '"default";r=2;t=20'
        assert "ratelimit" not in http.get("/health/live").headers
        hand.at = 20.0
        assert http.get("/decisions", headers=mine).status_code == 200


def test_many_in_one_request_count_as_many(settings: Settings, clock: Clock, hand: Hand, key: str) -> None:
    """A bulk is answered whole if it was let in, and paid off before the next request is."""
    items = [{"key": str(number), "request": application()} for number in range(8)]
    with served(settings, clock, rate_limit=6, rate_window_seconds=60) as http:
        mine = as_role(http, key)
        answer = http.post("/decisions/bulk", json={"items": items}, headers=mine)
        assert [each["status"] for each in answer.json()["items"]] == [201] * 8
        assert answer.headers["ratelimit"].startswith('"default";r=0;')
        refused = http.get("/decisions", headers=mine)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        hand.at = 29.0
        assert http.get("/decisions", headers=mine).status_code == 429
        hand.at = 31.0
        assert http.get("/decisions", headers=mine).status_code == 200


def test_without_a_quota_none_is_told(settings: Settings, clock: Clock, key: str) -> None:
    """0 means as many as one likes, and no header pretends otherwise."""
    with served(settings, clock, rate_limit=0) as http:
        answers = [http.get("/policies", headers=as_role(http, key)) for _ in range(5)]
        assert {answer.status_code for answer in answers} == {200}
        assert "ratelimit" not in answers[0].headers


def test_every_route_that_asks_for_a_key_describes_429(shared: Client) -> None:
    """The OpenAPI document promises what the gate may answer."""
    document = shared.get("/schema/openapi.json").json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if "401" in operation["responses"]:
                assert "429" in operation["responses"], (method, path)
