"""Security headers on every answer, and a content policy that lets nothing in from outside.

What a handler says itself stands: a page that needs another content policy brings its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from litestar.types import Message, Scope

Header = tuple[bytes, bytes]

_ALWAYS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_API_CONTENT = b"default-src 'none'; frame-ancestors 'none'"
# The API page sets styles from its script, and its style sheet carries its pictures as data.
_PAGE_CONTENT = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Headers:
    """Adds headers to answers: the same ones always, and for each request what `told` has to say about it."""

    def __init__(self, hsts_seconds: int, told: Callable[[Scope], Iterable[Header]]) -> None:
        hsts = ((b"strict-transport-security", b"max-age=%d; includeSubDomains" % hsts_seconds),)
        always = _ALWAYS + (hsts if hsts_seconds else ())
        self._api = (*always, (b"content-security-policy", _API_CONTENT), (b"cache-control", b"no-store"))
        self._page = (*always, (b"content-security-policy", _PAGE_CONTENT), (b"cache-control", b"no-cache"))
        self._told = told
        self._names = frozenset(name for name, _ in self._api)

    async def add(self, message: Message, scope: Scope) -> None:
        """Complete a response that is about to start; answers of the API are never cached unless they say so."""
        if message["type"] != "http.response.start":
            return
        given = message["headers"]
        ours = self._page if scope["path"].startswith("/schema") else self._api
        present = {name.lower() for name, _ in given}
        if not self._names.isdisjoint(present):
            ours = tuple(header for header in ours if header[0] not in present)
        message["headers"] = [*given, *ours, *self._told(scope)]
