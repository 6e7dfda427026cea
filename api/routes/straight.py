"""The straight way of `POST /decisions`: an application of the common shape goes past the framework's machinery.

That machinery costs more than a decision (docs/performance.md). So a good application is read, decided and answered
here, by the same use case and with the same bytes; all else (a dry run, a mistake, a body in pieces) takes the long way
to the handler, which is the meaning of this and says what is wrong.
"""

from __future__ import annotations

from typing import cast

from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send

from api import plainjson
from api.auth import demand_policy
from api.roles import Permission, Principal
from api.routes.deciding import MOST_KEY, decided
from api.schemas import DecisionRequest

_PLAIN_TYPES = frozenset({b"application/json", b"application/json; charset=utf-8"})
_IDEMPOTENCY_KEY, _CONTENT_TYPE, _CONTENT_LENGTH = b"idempotency-key", b"content-type", b"content-length"


class Straight:
    """Middleware of the one handler; who may ask has been found out before."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        principal: Principal = scope["user"]
        key = _key(scope)
        if key is None or not principal.may(Permission.DECIDE):
            await self._app(scope, receive, send)
            return
        message = cast("HTTPReceiveMessage", await receive())
        request = _whole(message)
        if request is None:
            await self._app(scope, _again(message, receive), send)
            return
        demand_policy(principal, request.policy)
        answer, headers = await decided(scope["litestar_app"].state.service, principal, request, key)
        await _send(send, answer, headers)


def _key(scope: Scope) -> str | None:
    """Give the Idempotency-Key of a request whose headers are as they mostly are, None of any other."""
    headers = [*scope["headers"]]
    found = dict(headers)
    if len(found) != len(headers):  # one is there twice
        return None
    length, key = found.get(_CONTENT_LENGTH, b""), found.get(_IDEMPOTENCY_KEY, b"").decode("latin-1")
    most = scope["litestar_app"].request_max_body_size
    fits = isinstance(most, int) and length.isdigit() and int(length) <= most
    plain = fits and found.get(_CONTENT_TYPE) in _PLAIN_TYPES
    return key if plain and len(key) <= MOST_KEY and key.strip() else None


def _whole(message: HTTPReceiveMessage) -> DecisionRequest | None:
    """Read an application that came in one piece."""
    if message["type"] != "http.request" or message["more_body"]:
        return None
    return plainjson.read(message["body"])


def _again(message: HTTPReceiveMessage, receive: Receive) -> Receive:
    """Give a way to receive all messages once more, the first included."""
    waiting = [message]

    async def once_more() -> HTTPReceiveMessage:
        return waiting.pop() if waiting else cast("HTTPReceiveMessage", await receive())

    return once_more


async def _send(send: Send, answer: bytes, headers: dict[str, str]) -> None:
    named = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    fixed = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 201, "headers": [*named, *fixed]})
    await send({"type": "http.response.body", "body": answer, "more_body": False})
