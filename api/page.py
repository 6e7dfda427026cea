"""The API page at ``/schema``: Swagger UI from our own files, and the OpenAPI document it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Request, Response, Router
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.static_files import create_static_files_router

from api.auth import PUBLIC
from api.contract import completed, operation_id

STATIC = Path(__file__).parent / "static"
PATH = "/schema"
_DESCRIPTION = (
    "Decisions on revolving credit lines: each explained, recorded in a log whose proofs anybody can check, and "
    "answered with the same bytes for ever. Amounts are whole fen, rates whole basis points, moments RFC 3339. Errors "
    "are RFC 9457 problems that name the path and the remedy."
)


class OfflinePage(OpenAPIRenderPlugin):
    """Swagger UI without an outside address; Litestar's own plugin writes inline script, which our policy forbids."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Serve the page; it fetches the document itself."""
        return (STATIC / "api.html").read_bytes()


class CompleteDocument(JsonRenderPlugin):
    """The OpenAPI document with what Litestar does not draw."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Serve it."""
        return super().render(request, completed(openapi_schema))


def config(version: str) -> OpenAPIConfig:
    """Describe the API: OpenAPI 3.1, bearer keys, our page."""
    scheme = SecurityScheme(type="http", scheme="bearer", description="A key from `grounds key new --role ROLE`")
    return OpenAPIConfig(
        title="Grounds",
        version=version,
        description=_DESCRIPTION,
        components=Components(security_schemes={"key": scheme}),
        security=[{"key": []}],
        tags=[
            Tag("decisions"),
            Tag("cases"),
            Tag("appeals"),
            Tag("subjects"),
            Tag("webhooks"),
            Tag("log"),
            Tag("policies"),
            Tag("keys"),
            Tag("health"),
        ],
        render_plugins=[OfflinePage(path="/"), CompleteDocument(path="/openapi.json")],
        openapi_router=Router(
            PATH, route_handlers=[], include_in_schema=False, opt=PUBLIC, after_request=_refuse_unknown
        ),
        use_handler_docstrings=True,
        operation_id_creator=operation_id,
    )


def assets() -> Router:
    """Serve the page's files."""
    return create_static_files_router(
        f"{PATH}/static", directories=[STATIC], opt=PUBLIC, cache_control=None, include_in_schema=False
    )


async def _refuse_unknown(response: Response[Any]) -> Response[Any]:
    """Litestar answers unknown paths below the page with HTML; here everything that fails is a problem."""
    if response.status_code == NotFoundException.status_code:
        raise NotFoundException
    return response
