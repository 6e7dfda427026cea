"""Security headers on every answer, and a content policy that lets nothing in from outside."""

from __future__ import annotations

from litestar.types import Message, Scope

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_API_CONTENT = b"default-src 'none'; frame-ancestors 'none'"
# The API page sets styles from its script, and its style sheet carries its pictures as data.
_PAGE_CONTENT = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def secure(message: Message, scope: Scope) -> None:
    """Add the headers to a response that is about to start; answers of the API are never cached."""
    if message["type"] != "http.response.start":
        return
    page = scope["path"].startswith("/schema")
    present = {name.lower() for name, _ in message["headers"]}
    added = [*_ALWAYS, (b"content-security-policy", _PAGE_CONTENT if page else _API_CONTENT)]
    if b"cache-control" not in present:
        added.append((b"cache-control", b"no-cache" if page else b"no-store"))
    message["headers"] = [*message["headers"], *added]
