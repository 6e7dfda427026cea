"""The console put together: its pages behind one guard, its sign-in before it, its files, and how errors look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar import Request, Response, Router
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.static_files import create_static_files_router

from api import problems
from api.auth import PUBLIC
from api.console import signing
from api.console.checking import Checking
from api.console.entrance import PASSWORD, Entrance, PasswordNeeded, SignInNeeded, checked_form
from api.console.holders import Holders
from api.console.rendering import page, seen_other
from api.console.sessions import Sessions
from api.console.views import (
    acts,
    case,
    checks,
    decision,
    decisions,
    documents,
    keys,
    letters,
    lines,
    log,
    news,
    passwords,
    policies,
    queue,
    statistics,
    users,
    versions,
    ways,
)
from api.errors import ApiError
from api.logs import log_fault
from api.service import Service
from api.settings import Settings

PATH = "/console"
STATIC = Path(__file__).parent / "static"


def console(service: Service, settings: Settings) -> Sequence[Router]:
    """Build the routers of the console: public ones, and those of visitors who are signed in."""
    sessions = Sessions(service.ledger, settings.console_hours)
    entrance = Entrance(sessions, Holders(service.keyring, service.users))
    shared: dict[str, Any] = {"opt": PUBLIC, "include_in_schema": False, "exception_handlers": {Exception: show_error}}
    checking = Checking(service)
    provided = {
        "entrance": Provide(lambda: entrance, sync_to_thread=False),
        "checking": Provide(lambda: checking, sync_to_thread=False),
    }
    inside = Router(
        PATH,
        route_handlers=[
            signing.leave,
            *ways.handlers,
            *queue.handlers,
            *news.handlers,
            *case.handlers,
            *acts.handlers,
            *documents.handlers,
            *decisions.handlers,
            *decision.handlers,
            *policies.handlers,
            *versions.handlers,
            *log.handlers,
            *checks.handlers,
            *statistics.handlers,
            *letters.handlers,
            *lines.handlers,
            *users.handlers,
            *passwords.handlers,
            *keys.handlers,
        ],
        guards=[entrance.guard()],
        dependencies={**provided, "form": Provide(checked_form)},
        **shared,
    )
    outside = Router(PATH, route_handlers=[signing.form, signing.enter, ways.language], dependencies=provided, **shared)
    files = create_static_files_router(
        f"{PATH}/static",
        directories=[STATIC],
        opt=PUBLIC,
        cache_control=CacheControlHeader(no_cache=True),
        include_in_schema=False,
    )
    return [outside, inside, files]


def show_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Send strangers to the sign-in; show everybody else what went wrong, where, and what to do."""
    if isinstance(error, SignInNeeded):
        return seen_other(f"{PATH}/sign-in?next={error.wanted}")
    if isinstance(error, PasswordNeeded):
        return seen_other(PASSWORD)
    problem = problems.describe(error)
    if problem.status >= 500:
        log_fault(error)
    detail = problem.detail if isinstance(error, ApiError) and not problem.errors else ""
    return page(request, "error.html", {"problem": problem, "detail": detail}, int(problem.status))
