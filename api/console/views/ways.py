"""The ways between pages: the first page, and the choice of language."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import QueryParameter

from api.console.entrance import HOME, inside
from api.console.rendering import language_cookie, menu, reader_of, seen_other

Asked = Request[Any, Any, Any]
To = Annotated[str, QueryParameter(name="to", max_length=10)]
Back = Annotated[str, QueryParameter(name="back", max_length=2_000)]


@get("/", sync_to_thread=False)
def home(request: Asked) -> Response[None]:
    """Go to where the reader's work is."""
    first, _ = menu(reader_of(request))[0]
    return seen_other(first)


@get("/language", sync_to_thread=False)
def language(to: To, back: Back = HOME) -> Response[None]:
    """Remember the reader's language and go back to where they were."""
    signing = back.startswith("/console/sign-in")
    return seen_other("/console/sign-in" if signing else inside(back), [language_cookie(to)])


handlers = [home]
