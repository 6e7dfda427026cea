"""``POST /decisions/bulk`` as NDJSON, both ways: lines are decided while others still come in.

Litestar reads a body whole before it calls a handler, so this stands before the handler; the JSON list takes the long
way to it.
"""

from __future__ import annotations

from typing import cast

from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from api.bulk import Bulk
from api.errors import TooLarge
from api.ndjson import MEDIA_TYPE, Line
from api.roles import Permission, Principal
from api.service import Service
from api.streaming import Bounds, Conversation

_KIND = MEDIA_TYPE.encode()


class Streamed:
    """Middleware of the one handler; who may ask has been found out before."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers, principal = dict(scope["headers"]), cast("Principal", scope["user"])
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind != _KIND or b"content-encoding" in headers or not principal.may(Permission.DECIDE):
            await self._app(scope, receive, send)
            return
        service: Service = scope["litestar_app"].state.service
        bounds = _bounds(service)
        length = headers.get(b"content-length", b"")
        if length.isdigit() and (refusal := bounds.refusal(0, int(length))) is not None:
            raise refusal
        await _converse(cast("HTTPScope", scope), receive, send, bounds)


async def _converse(scope: HTTPScope, receive: Receive, send: Send, bounds: Bounds) -> None:
    state, principal = scope["litestar_app"].state, cast("Principal", scope["user"])
    bulk = Bulk(state.service.workflow, principal, state.json_depth)

    async def answer(line: Line | TooLarge) -> bytes:
        state.gate.charge(scope, principal, 1)
        return await bulk.line(line)

    async def tell(text: bytes) -> None:
        await send({"type": "http.response.body", "body": text, "more_body": True})

    named = [(b"content-type", _KIND), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": named})
    await Conversation(receive, bounds).run(answer, tell)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _bounds(service: Service) -> Bounds:
    settings = service.settings
    return Bounds(settings.bulk_lines, settings.bulk_limit_bytes, settings.body_limit_bytes)
