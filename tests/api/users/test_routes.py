"""Users over HTTP and on the command line."""

from __future__ import annotations

import pytest
from httpx import Client
from litestar import Litestar

from api import cli
from api.roles import Role
from api.settings import Settings
from tests.api.conftest import NewKey, as_role, service_of


def test_users_over_http(app: Litestar, http: Client, new_key: NewKey) -> None:
    """One administrator makes, another confirms; a list holds no password, and what is forgotten is null."""
    one, other = as_role(http, new_key(Role.ADMIN)), as_role(http, new_key(Role.ADMIN))
    made = http.post("/users", json={"login": "chen", "name": "陈", "role": "compliance"}, headers=one)
    assert made.status_code == 201
    user = made.json()["id"]

    [listed] = http.get("/users", headers=one).json()["items"]
    assert listed["standing"] == "waiting"
    assert "password" not in listed
    body = {"version": listed["version"]}
    assert http.post(f"/users/{user}/confirm", json=body, headers=one).status_code == 403
    assert http.post(f"/users/{user}/confirm", json=body, headers=other).json()["standing"] == "valid"
    assert service_of(app).users.prove("chen", made.json()["password"]).role == Role.COMPLIANCE

    assert http.post(f"/users/{user}/role", json={"role": "supervisor"}, headers=one).json()["role"] == "supervisor"
    assert http.post(f"/users/{user}/password", headers=one).json()["id"] == user
    assert http.post(f"/users/{user}/disable", json={"because": "left"}, headers=one).json()["standing"] == "disabled"
    forgotten = http.post(f"/users/{user}/forget", headers=one).json()
    assert (forgotten["login"], forgotten["name"]) == (None, None)
    assert http.post("/users/nobody/forget", headers=one).status_code == 404
    assert http.post("/users", json={"login": "?", "name": "x", "role": "reviewer"}, headers=one).status_code == 422


def test_users_by_command(settings: Settings, capsys: pytest.CaptureFixture[str], app: Litestar) -> None:
    """What the operator does counts at once; each secret is printed once."""
    data = ["--data", str(settings.data)]
    assert cli.run(["user", "new", "li.wang", "--name", "王丽", "--role", "reviewer", *data]) == 0
    user, password = capsys.readouterr().out.split()
    assert service_of(app).users.prove("li.wang", password).id == user

    assert cli.run(["user", "password", user, *data]) == 0
    fresh = capsys.readouterr().out.strip()
    assert fresh != password
    assert cli.run(["user", "role", user, "--to", "supervisor", *data]) == 0
    assert service_of(app).users.prove("li.wang", fresh).role == Role.SUPERVISOR
    capsys.readouterr()
    assert cli.run(["user", "list", *data]) == 0
    assert "supervisor valid    li.wang          王丽" in capsys.readouterr().out
    assert cli.run(["user", "confirm", user, *data]) != 0
    assert cli.run(["user", "disable", user, "--because", "left", *data]) == 0
    assert cli.run(["user", "forget", user, *data]) == 0
    assert cli.run(["user", "disable", "nobody", "--because", "bored", *data]) == 2
