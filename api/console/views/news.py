"""The queue, live: a stream says when cases have changed (server-sent events), and the page asks for itself again.

A stream is short, so that a stopping server waits for none; browsers come back by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import sqlalchemy as sa
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent, ServerSentEventMessage

from api.auth import needs
from api.casework.tables import CASE_EVENT
from api.roles import Permission
from api.service import Service

EVERY_SECONDS = 1.0
LIFE_SECONDS = 20.0  #: less than a shutdown waits for
_NEWEST = sa.select(sa.func.coalesce(sa.func.max(CASE_EVENT.c.log_index), -1))


@get("/queue/news", guards=[needs(Permission.READ_CASES)])
async def news(request: Request[Any, Any, Any], service: NamedDependency[Service]) -> ServerSentEvent:
    """Tell of changes since the `Last-Event-ID`, or since now."""
    return ServerSentEvent(_told(service, request.headers.get("last-event-id", "")))


async def _told(service: Service, seen: str) -> AsyncIterator[ServerSentEventMessage]:
    newest = await asyncio.to_thread(_newest, service)
    if seen != newest:
        event = "changed" if seen else "begin"
        yield ServerSentEventMessage(data=newest, event=event, id=newest, retry=1_000)
    for _ in range(round(LIFE_SECONDS / EVERY_SECONDS)):
        await asyncio.sleep(EVERY_SECONDS)
        before, newest = newest, await asyncio.to_thread(_newest, service)
        if newest != before:
            yield ServerSentEventMessage(data=newest, event="changed", id=newest)


def _newest(service: Service) -> str:
    with service.log.engine.connect() as connection:
        return str(connection.execute(_NEWEST).scalar_one())


handlers = [news]
