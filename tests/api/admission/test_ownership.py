"""Whose is it: every route with an id in its path, asked about somebody else's by a key of the same role."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import Client
from litestar import Litestar

from api.roles import Role
from api.settings import Settings
from tests.api.conftest import NewKey, as_role
from tests.api.walking import Walk, belongings, walkable

#: Routes with a name in the path that belongs to nobody, and why.
EVERYBODYS = {
    "GET /policies/{name}": "what decides is no secret",
    "GET /subjects/{subject}/automation-refusal": "a person's refusal holds against whoever decides about them",
    "POST /subjects/{subject}/automation-refusal": "as above: whoever hears it records it",
}
#: Routes to what is one's own and not there yet, and when it is.
LATER = {"GET /cases/{case_id}/letter": "when the case is concluded"}
NOT_YOURS = (403, 404)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Let a key have something of every kind."""
    return walkable(settings)


def test_what_is_anothers_is_not_there(app: Litestar, http: Client, new_key: NewKey) -> None:
    """A foreign integrator is answered 403 or 404 on every route with an id, and learns nothing by asking."""
    walk, mine = Walk(app), belongings(http)
    stranger = as_role(http, new_key(Role.INTEGRATOR))
    seen: dict[str, Any] = {}
    for route in walk:
        if route.names and str(route) not in EVERYBODYS:
            answer = walk.ask(http, route, mine, stranger)
            if answer.status_code not in NOT_YOURS:
                seen[str(route)] = answer.status_code, answer.text[:200]
    assert seen == {}
    unknown = {name: "0" if name.endswith("index") else "nobody" for name in mine}
    for route in walk:
        if route.method == "GET" and route.names and str(route) not in EVERYBODYS:
            foreign, absent = (walk.ask(http, route, things, stranger) for things in (mine, unknown))
            assert _told(foreign.json(), mine) == _told(absent.json(), unknown), str(route)


def test_what_is_ones_own_is_there(app: Litestar, http: Client) -> None:
    """The same requests by the key itself are answered, so the walk above asks for what exists."""
    walk, mine = Walk(app), belongings(http)
    for route in walk:
        if route.method == "GET" and route.names:
            own = walk.ask(http, route, mine, {})
            other_role = "may not" in own.text and own.status_code == 403
            assert own.status_code == 200 or other_role or str(route) in LATER, (str(route), own.text)


def test_lists_hold_ones_own_only(app: Litestar, http: Client, new_key: NewKey) -> None:
    """No list of a foreign integrator names anything of another one."""
    walk, mine = Walk(app), belongings(http)
    stranger = as_role(http, new_key(Role.INTEGRATOR))
    for route in walk:
        if route.method == "GET" and not route.names:
            text = walk.ask(http, route, mine, stranger).text
            for name in ("decision_id", "case_id", "matter_id", "webhook_id"):
                assert mine[name] not in text, str(route)


def test_a_channel_sees_the_cases_it_opened(app: Litestar, http: Client, new_key: NewKey) -> None:
    """Whoever speaks for applicants reads letters of all of them, but neither decisions nor other people's cases."""
    walk, mine = Walk(app), belongings(http)
    channel = as_role(http, new_key(Role.CHANNEL))
    answers = {str(route): walk.ask(http, route, mine, channel).status_code for route in walk if route.names}
    assert answers["GET /decisions/{decision_id}"] == 403
    assert answers["GET /decisions/{decision_id}/notice"] == 200
    assert answers["GET /webhooks/{webhook_id}"] == 403
    assert answers["GET /subjects/{subject}"] == 403


def _told(problem: dict[str, Any], things: dict[str, str]) -> Any:
    """Give what a refusal says, with the ids that were asked for taken out."""
    text = str({name: problem.get(name) for name in ("type", "title", "status", "detail", "errors")})
    for value in sorted(things.values(), key=len, reverse=True):
        text = text.replace(f"`{value}`", "`ID`")
    return text
