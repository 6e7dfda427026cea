"""Who may do what, cell by cell: the table in the code, the table in the documents, and what routes really do."""

from __future__ import annotations

import pytest
from httpx import Client
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from api.app import create_app
from api.roles import ALLOWED, WITHIN_POLICIES, Permission, Principal, Role, holders
from api.settings import Settings
from tests.api.conftest import Clock, NewKey, as_role
from tests.api.walking import Walk, belongings, walkable
from tests.matrix import PAGE, guarded, written

#: Paths that need no key, on purpose. Pages of the console that do are held by the guard of the console.
PUBLIC = {
    *("/health/live", "/health/ready"),
    *("/schema", "/schema/openapi.json", "/schema/{path:str}", "/schema/static/{file_path:path}"),
    *("/console/sign-in", "/console/language", "/console/static/{file_path:path}"),
}
#: Where the body that is walked with takes one certain permission of those that the guard lets pass.
BODY_TAKES = {"POST /decisions": (Permission.DECIDE,)}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Let a key have something of every kind."""
    return walkable(settings)


def test_every_route_is_public_on_purpose_or_guarded(app: Litestar) -> None:
    """A handler without a guard is one of the few that are meant to be public; all others name their permission."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            if method == "OPTIONS":  # Litestar's own; it tells the methods of a path and nothing else
                continue
            permissions = guarded(handler)
            asks_for_a_key = not handler.opt.get("public")
            if route.path in PUBLIC:
                assert not asks_for_a_key, route.path
            elif route.path.startswith("/console"):
                assert Permission.CONSOLE in permissions, (method, route.path)
            else:
                assert asks_for_a_key, (method, route.path)
                assert permissions, (method, route.path)


def test_the_documented_matrix_is_the_one_in_force(app: Litestar) -> None:
    """docs/access.md shows every cell and what each route takes; `python -m tests.matrix` writes it."""
    page = PAGE.read_text(encoding="utf-8")

    assert page == written(page, app)


@pytest.mark.parametrize("role", Role)
def test_the_matrix_cell_by_cell(app: Litestar, http: Client, new_key: NewKey, role: Role) -> None:
    """Every route is asked by every role: whoever lacks its permissions is told which roles have them, before all else.

    Whoever has one is let past the guard, whatever the route then says to the request.
    """
    walk, things = Walk(app), belongings(http)
    permissions = {
        (str(method), route.path_format): guarded(handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
    }
    headers = as_role(http, new_key(role))
    for route in sorted(walk, key=lambda each: each.path.endswith("/erase")):
        wanted = BODY_TAKES.get(str(route)) or permissions[route.method, route.path]
        answer = walk.ask(http, route, things, headers)
        turned_away = answer.status_code == 403 and f"role `{role}` may not" in answer.text
        assert turned_away != bool(not wanted or set(wanted) & ALLOWED[role]), (str(route), answer.text)
        if turned_away:
            assert answer.json()["errors"][0]["remedy"].startswith("it takes a key of role "), str(route)
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("wrong", ["", "Bearer gk_0123456789ab_" + "A" * 43, "Bearer a.b.c"])
def test_without_a_good_credential_nothing_is_served(settings: Settings, clock: Clock, wrong: str) -> None:
    """Every route that is not public answers 401, whatever else is right or wrong about the request."""
    patient = walkable(settings).model_copy(update={"auth_failures": 10_000})
    with TestClient(built := create_app(patient, clock), raise_server_exceptions=False) as client:
        walk = Walk(built)
        for route in walk:
            things = dict.fromkeys([*route.names, *(f"{route.path} {name}" for name in route.names)], "1")
            answer = walk.ask(client, route, things, {"Authorization": wrong} if wrong else {})
            if not route.path.startswith("/health"):
                assert answer.status_code == 401, (str(route), answer.text)
                assert answer.headers["www-authenticate"] == 'Bearer realm="grounds"'


def test_the_table_denies_by_default() -> None:
    """A role without a row has no permission, and somebody holds each permission there is."""
    stranger = Principal("k", "guest")  # type: ignore[arg-type]  # a role that is not in the table
    assert not any(stranger.may(permission) for permission in Permission)
    assert set(ALLOWED) == set(Role)
    assert all(holders(permission) for permission in Permission)


#: No role may have all of these together.
APART = {
    "who asks for decisions does not read other people's": {Permission.DECIDE, Permission.READ_ALL},
    "who decides does not review": {Permission.DECIDE, Permission.WORK_CASES},
    "who runs the service reads nothing personal": {Permission.REVOKE_KEY, Permission.READ_SUBJECT},
    "nor carries it out": {Permission.RELOAD, Permission.EXPORT_PERSONAL},
    "nor works on cases": {Permission.RELOAD, Permission.WORK_CASES},
    "who erases does not review": {Permission.ERASE_SUBJECT, Permission.WORK_CASES},
    "who speaks for applicants does not decide": {Permission.SPEAK_FOR_ALL, Permission.DECIDE},
    "nor review": {Permission.SPEAK_FOR_ALL, Permission.WORK_CASES},
    "nor read every decision": {Permission.SPEAK_FOR_ALL, Permission.READ_ALL},
}


@pytest.mark.parametrize("why", APART)
def test_duties_are_kept_apart(why: str) -> None:
    """No single key both does a thing and watches over it."""
    assert not [role for role in Role if APART[why] <= ALLOWED[role]]


def test_a_key_of_some_policies_reaches_nothing_beyond() -> None:
    """What such a key keeps never reads what others decided, nor anything about a person as a whole."""
    beyond = {
        *(Permission.READ_ALL, Permission.READ_LOG, Permission.EXPORT, Permission.READ_SUBJECT),
        *(Permission.SPEAK_FOR_ALL, Permission.READ_CASES, Permission.READ_LETTERS, Permission.REFUSE_AUTOMATION),
    }
    assert not beyond & WITHIN_POLICIES
