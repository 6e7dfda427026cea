"""Verifying the whole log from its page, with progress."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent, ServerSentEventMessage

from api.auth import needs
from api.console.checking import Checking
from api.console.rendering import page, seen_other
from api.console.views.news import EVERY_SECONDS, LIFE_SECONDS
from api.roles import Permission

Asked = Request[Any, Any, Any]


@get("/log/check", guards=[needs(Permission.READ_LOG)], sync_to_thread=False)
def show(request: Asked, checking: NamedDependency[Checking]) -> Response[str]:
    """Show the newest verification."""
    return page(request, "check.html", {"checked": checking.newest, "running": checking.running})


@post("/log/check", guards=[needs(Permission.READ_LOG)], status_code=303)
async def start(
    request: Asked,
    checking: NamedDependency[Checking],
    form: NamedDependency[dict[str, str]],  # noqa: ARG001  # checked
) -> Response[None]:
    """Begin a verification, unless one is under way."""
    checking.start(request.user.actor)
    return seen_other("/console/log/check")


@get("/log/check/news", guards=[needs(Permission.READ_LOG)])
async def news(checking: NamedDependency[Checking]) -> ServerSentEvent:
    """Tell of progress while there is some."""
    return ServerSentEvent(_told(checking))


async def _told(checking: Checking) -> AsyncIterator[ServerSentEventMessage]:
    seen = checking.newest
    yield ServerSentEventMessage(data="", event="begin", retry=1_000)
    for _ in range(round(LIFE_SECONDS / EVERY_SECONDS)):
        await asyncio.sleep(EVERY_SECONDS)
        if checking.newest is not seen:
            seen = checking.newest
            yield ServerSentEventMessage(data="", event="changed")


handlers = [show, start, news]
