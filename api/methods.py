"""``Allow`` on OPTIONS: Litestar answers with the methods of the handler that was registered first on a path."""

from __future__ import annotations

from litestar.routes import HTTPRoute
from litestar.types import Message, Scope


async def allow(message: Message, scope: Scope) -> None:
    """Name every method of the path in the answer to OPTIONS."""
    if message["type"] != "http.response.start" or scope.get("method") != "OPTIONS":
        return
    taken = [route.methods for route in scope["litestar_app"].routes if _is(route, scope)]
    named = ", ".join(sorted(set().union(*taken)))
    others = [(name, value) for name, value in message["headers"] if name.lower() != b"allow"]
    message["headers"] = [*others, (b"allow", named.encode())] if named else others


def _is(route: object, scope: Scope) -> bool:
    return isinstance(route, HTTPRoute) and route.path_format == scope.get("path_template")
