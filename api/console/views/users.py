"""Administration: who signs in here under which role, who waits to be confirmed, and what may be changed about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.admission import Because
from api.auth import needs
from api.console.rendering import page, seen_other
from api.errors import InvalidBody, Mistake, NotFound
from api.roles import Permission, Role
from api.service import Service
from api.users.checks import FIT, login, name, working
from api.users.directory import Handed, Users

Asked = Request[Any, Any, Any]
Form = Mapping[str, str]
Change = Callable[[Users, str, Form, str], Handed | None]  #: of a user, as a form says, by an actor


@get("/users", guards=[needs(Permission.READ_USERS)], sync_to_thread=True)
def users(request: Asked, service: NamedDependency[Service]) -> Response[str]:
    """List the users."""
    return _listed(request, service, {})


@post("/users", guards=[needs(Permission.MANAGE_USERS)], status_code=200)
async def create(request: Asked, service: NamedDependency[Service], form: NamedDependency[dict[str, str]]) -> Any:
    """Make a user, after a page to check; the password to hand over is shown once."""
    return await asyncio.to_thread(_create, request, service, form)


def _create(request: Asked, service: Service, form: Form) -> Response[Any]:
    try:
        draft = login(form.get("login", "")), name(form.get("name", "")), Role(working(_role(form)))
        if form.get("step") != "confirm":
            return page(request, "user-check.html", {"change": "create", "user": None, "draft": dict(form)})
        handed = service.users.create(*draft, request.user.actor)
    except InvalidBody as refused:
        return _listed(request, service, form, refused.mistakes)
    return page(request, "handed.html", {"handed": handed, "name": draft[1], "login": draft[0]})


def _listed(request: Asked, service: Service, draft: Form, mistakes: tuple[Mistake, ...] = ()) -> Response[str]:
    values = {
        "users": service.users.all()[::-1],
        "roles": [str(role) for role in FIT],
        "because": [str(each) for each in Because],
        "draft": draft,
        "mistakes": mistakes,
        "done": request.query_params.get("done", ""),
    }
    return page(request, "users.html", values, 422 if mistakes else 200)


@post("/users/{user_id:str}/{change:str}", guards=[needs(Permission.MANAGE_USERS)], status_code=200)
async def alter(
    request: Asked,
    user_id: FromPath[str],
    change: FromPath[str],
    service: NamedDependency[Service],
    form: NamedDependency[dict[str, str]],
) -> Response[Any]:
    """Change something about a user, after a page to check."""
    if change not in CHANGES:
        problem = f"`{change[:40]}` is nothing that is done here"
        raise NotFound(mistakes=[Mistake("change", problem, f"one of: {', '.join(CHANGES)}")])
    return await asyncio.to_thread(_alter, request, service, user_id, change, form)


def _alter(request: Asked, service: Service, user_id: str, change: str, form: Form) -> Response[Any]:
    found = next((each for each in service.users.all() if each.known.id == user_id), None)
    if form.get("step") != "confirm" and found is not None:
        return page(request, "user-check.html", {"change": change, "user": found, "draft": dict(form)})
    handed = CHANGES[change](service.users, user_id, form, request.user.actor)
    if handed is None:
        return seen_other(f"/console/users?done={change}")
    who = found.person if found is not None else None
    return page(request, "handed.html", {"handed": handed, "name": who and who.name, "login": who and who.login})


def _role(form: Form) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError:
        raise InvalidBody(mistakes=[Mistake("role", "no role is chosen", f"choose of: {', '.join(FIT)}")]) from None


def _because(form: Form) -> Because:
    try:
        return Because(form.get("because", ""))
    except ValueError:
        remedy = f"choose of: {', '.join(Because)}"
        raise InvalidBody(mistakes=[Mistake("because", "no reason is given", remedy)]) from None


def _version(form: Form) -> int:
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else -1


CHANGES: Mapping[str, Change] = {
    "role": lambda users, user, form, actor: users.change_role(user, _role(form), actor),
    "password": lambda users, user, form, actor: users.reset(user, actor),
    "confirm": lambda users, user, form, actor: users.confirm(user, _version(form), actor),
    "disable": lambda users, user, form, actor: users.disable(user, actor, _because(form)),
    "forget": lambda users, user, form, actor: users.forget(user, actor),
}
handlers = [users, create, alter]
