"""Headers that keep browsers and caches from harm, on every kind of answer."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import Client, Response
from litestar.testing import TestClient

from api.app import create_app
from api.headers import Headers
from api.settings import Settings
from tests.api.conftest import Clock, as_role, ask

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def answers(http: Client) -> dict[str, Response]:
    """Give an answer of every kind."""
    made = ask(http)
    return {
        "a decision": made,
        "a repetition": http.get(made.headers["location"]),
        "a receipt": http.get(made.headers["location"] + "/receipt"),
        "not there": http.get("/decisions/none"),
        "no such path": http.get("/nothing/here"),
        "no such method": http.put("/decisions"),
        "no key": http.get("/decisions", headers={"Authorization": ""}),
        "forbidden": http.get("/keys"),
        "malformed": http.post("/decisions", content=b"{"),
        "too large": http.post("/decisions", content=b" " * 2_000_000),
        "options": http.options("/decisions"),
        "health": http.get("/health/ready"),
        "the page": http.get("/schema"),
        "its files": http.get("/schema/static/api.html"),
        "the document": http.get("/schema/openapi.json"),
        "the console": http.get("/console", follow_redirects=False),
    }


def test_every_answer_carries_them_once(http: Client) -> None:
    """Refusals and faults too; each header once; nothing is framed, sniffed, referred to or fetched from outside."""
    for name, answer in answers(http).items():
        assert {header: answer.headers.get(header) for header in ALWAYS} == ALWAYS, name
        assert answer.headers["content-security-policy"].startswith("default-src 'none'"), name
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], name
        assert answer.headers["x-request-id"], name
        names = [header.lower() for header, _ in answer.headers.multi_items() if header.lower() != "set-cookie"]
        assert len(names) == len(set(names)), name
        assert "strict-transport-security" not in names, "not before an operator says that everybody comes by https"


def test_what_is_about_somebody_is_never_kept(http: Client) -> None:
    """No cache keeps an answer of the API, whatever it is."""
    for name, answer in answers(http).items():
        if not name.startswith(("the page", "its files", "the document", "the console")):
            assert answer.headers["cache-control"] == "no-store", name


def test_https_is_insisted_on_where_settings_say_so(settings: Settings, clock: Clock, key: str) -> None:
    """GROUNDS_HSTS_SECONDS adds the header to every answer."""
    chosen = settings.model_copy(update={"hsts_seconds": 63_072_000})
    with TestClient(create_app(chosen, clock), raise_server_exceptions=False) as client:
        for path in ("/health/live", "/decisions", "/schema"):
            told = client.get(path, headers=as_role(client, key)).headers["strict-transport-security"]
            assert told == "max-age=63072000; includeSubDomains"


@pytest.mark.anyio
async def test_what_a_handler_says_stands() -> None:
    """A page with a content policy of its own keeps it, and is not given a second one."""
    mine = (b"Content-Security-Policy", b"default-src 'none'; style-src 'self'")
    message: Any = {"type": "http.response.start", "status": 200, "headers": [mine]}
    scope: Any = {"path": "/decisions"}
    await Headers(0, lambda _: ()).add(message, scope)
    found = [value for name, value in message["headers"] if name.lower() == b"content-security-policy"]
    assert found == [mine[1]]


@pytest.fixture
def anyio_backend() -> str:
    """Run coroutines on asyncio, as the service does."""
    return "asyncio"
