"""Users at the console: in with a name and a password, kept out by others, looked after by administrators."""

from __future__ import annotations

import re

from litestar import Litestar

from api.admission import Because
from api.console.entrance import SESSION_COOKIE
from api.roles import Role
from tests.api.conftest import NewKey, service_of
from tests.api.console.conftest import Visitor, hidden

GOOD = "four words nobody says"


def settled(app: Litestar, role: Role = Role.REVIEWER) -> str:
    """Make a user who has chosen a password of their own; give their id."""
    users = service_of(app).users
    handed = users.create("li.wang", "王丽", role, "cli")
    users.choose(handed.id, handed.password, GOOD)
    return handed.id


def change(visitor: Visitor, path: str, fields: dict[str, str] | None = None) -> int:
    """Send a form past its page to check; give the status."""
    token = hidden(visitor.get("/console/users").text)["token"]
    return visitor.post(path, {"token": token, "step": "confirm", **(fields or {})}).status_code


def test_a_user_signs_in_and_is_named_on_every_page(app: Litestar, visitor: Visitor) -> None:
    """The session is theirs, and entries carry their id."""
    user = settled(app)

    assert visitor.sign_in_as("Li.Wang", GOOD).status_code == 303
    page = visitor.get("/console/log").text
    assert "王丽" in page
    assert f'title="user:{user}"' in page


def test_a_handed_password_opens_nothing_but_the_choice_of_another(app: Litestar, visitor: Visitor) -> None:
    """Whoever handed it over knows it, so the first thing to do is to choose one; then a new session begins."""
    handed = service_of(app).users.create("li.wang", "王丽", Role.REVIEWER, "cli")
    visitor.sign_in_as("li.wang", handed.password)
    before = visitor.client.cookies[SESSION_COOKIE]
    for path in ("/console/", "/console/queue", "/console/decisions/x"):
        assert visitor.get(path).headers["location"] == "/console/password"

    token = hidden(visitor.get("/console/password").text)["token"]
    fields = {"token": token, "old": handed.password, "password": GOOD, "again": GOOD}
    assert visitor.post("/console/queue/../password", {**fields, "again": "another"}).status_code == 422
    assert visitor.post("/console/password", fields).status_code == 303

    assert visitor.client.cookies[SESSION_COOKIE] != before
    assert visitor.get("/console/queue").status_code == 200


def test_a_new_password_ends_the_sessions_of_the_old_one(app: Litestar, visitor: Visitor) -> None:
    """A stolen session dies with the password it was opened with, whoever changed it."""
    user = settled(app)
    visitor.sign_in_as("li.wang", GOOD)
    assert visitor.get("/console/queue").status_code == 200
    service_of(app).users.reset(user, "cli")

    assert visitor.get("/console/queue").headers["location"].startswith("/console/sign-in")


def test_who_is_disabled_is_out_at_once(app: Litestar, visitor: Visitor) -> None:
    """Their session ends with them."""
    user = settled(app)
    visitor.sign_in_as("li.wang", GOOD)
    service_of(app).users.disable(user, "cli", Because.LEFT)

    assert visitor.get("/console/queue").headers["location"].startswith("/console/sign-in")
    assert visitor.sign_in_as("li.wang", GOOD).status_code == 403


def test_guesses_at_a_password_are_slowed_down(app: Litestar, visitor: Visitor) -> None:
    """After ten wrong ones nothing is looked at for a while, not even the right one."""
    settled(app)
    for _ in range(10):
        assert visitor.sign_in_as("li.wang", "guess").status_code == 403

    assert visitor.sign_in_as("li.wang", GOOD).status_code == 429


def test_an_administrator_makes_a_user_and_another_lets_them_in(
    app: Litestar, visitor: Visitor, new_key: NewKey
) -> None:
    """The password is shown once; the one who made them cannot confirm it, the other one can."""
    visitor.sign_in(new_key(Role.ADMIN))
    fields = {"login": "chen", "name": "陈 <b>", "role": "compliance"}
    token = hidden(visitor.get("/console/users").text)["token"]
    checked = visitor.post("/console/users", {"token": token, **fields}).text
    assert "陈 &lt;b&gt;" in checked
    made = visitor.post("/console/users", {"token": token, "step": "confirm", **fields}).text
    password = re.search(r'class="secret">([^<]+)<', made)
    assert password is not None
    [user] = service_of(app).users.all()
    path = f"/console/users/{user.known.id}/confirm"
    assert "chen" in visitor.get("/console/users").text
    assert change(visitor, path, {"version": str(user.known.version)}) == 403
    assert visitor.sign_in_as("chen", password[1]).status_code == 403

    visitor.sign_in(new_key(Role.ADMIN))
    assert change(visitor, path, {"version": str(user.known.version)}) == 303
    assert visitor.sign_in_as("chen", password[1]).status_code == 303


def test_a_user_that_makes_no_sense_comes_back_as_it_was_typed(
    app: Litestar, visitor: Visitor, new_key: NewKey
) -> None:
    """With what is wrong, and nothing is made."""
    visitor.sign_in(new_key(Role.ADMIN))
    token = hidden(visitor.get("/console/users").text)["token"]
    answer = visitor.post("/console/users", {"token": token, "login": "Li Wang", "name": "王丽", "role": "reviewer"})

    assert answer.status_code == 422
    assert 'value="Li Wang"' in answer.text
    assert service_of(app).users.all() == []


def test_users_are_administrators_business(app: Litestar, visitor: Visitor) -> None:
    """A reviewer sees no list, and changes nobody."""
    user = settled(app)
    visitor.sign_in_as("li.wang", GOOD)

    assert visitor.get("/console/users").status_code == 403
    token = visitor.token()
    fields = {"token": token, "step": "confirm", "role": "admin"}
    assert visitor.post(f"/console/users/{user}/role", fields).status_code == 403


def test_who_has_a_key_has_no_password(visitor: Visitor, new_key: NewKey) -> None:
    """There is nothing to change for them."""
    visitor.sign_in(new_key(Role.REVIEWER))

    assert visitor.get("/console/password").status_code == 404
