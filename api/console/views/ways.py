"""The ways between pages: the first page, and the choice of language."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from api.console.entrance import HOME, inside
from api.console.rendering import language_cookie, seen_other

To = Annotated[str, QueryParameter(name="to", max_length=10)]
Back = Annotated[str, QueryParameter(name="back", max_length=2_000)]


@get("/", sync_to_thread=False)
def home() -> Response[None]:
    """Go to where the work is."""
    return seen_other(HOME)


@get("/language", sync_to_thread=False)
def language(to: To, back: Back = HOME) -> Response[None]:
    """Remember the reader's language and go back to where they were."""
    signing = back.startswith("/console/sign-in")
    return seen_other("/console/sign-in" if signing else inside(back), [language_cookie(to)])


handlers = [home]
