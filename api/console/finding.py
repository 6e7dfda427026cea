"""What a page of the search form asks for: the filters of ``GET /decisions``, as a form sends them.

A form sends empty fields for what was left open, and days instead of instants: a day begins and ends in the reader's
time zone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from litestar import Request

from api import search
from api.console.days import midnight
from api.errors import InvalidParameter, Mistake
from api.pages import Paging
from api.roles import Principal
from api.routes.filters import DecisionFilter, pages
from api.schemas import DecisionPage
from api.search import Where
from api.service import Service
from api.tables import DECISION

FIELDS = ("subject", "outcome", "policy", "version", "reason", "rule", "actor", "since", "until")
Counts = list[tuple[str, int]]


class Search:
    """One search: its filters as they were typed, its page, and how many of what it found."""

    def __init__(self, asked: Mapping[str, str], caller: Principal, service: Service, zone: dt.tzinfo) -> None:
        self.typed = {name: asked[name].strip() for name in FIELDS if asked.get(name, "").strip()}
        self.cursor = asked.get("cursor") or None
        self.oldest_first = asked.get("order") == "oldest"
        self._service = service
        self.filter = DecisionFilter(**self._given(zone))
        self.where = self.filter.where(service, caller)

    def _given(self, zone: dt.tzinfo) -> dict[str, Any]:
        given: dict[str, Any] = dict(self.typed)
        if "version" in given:
            given["version"] = _whole("version", given["version"])
        if "since" in given:
            given["since"] = midnight("since", given["since"], zone)
        if "until" in given:
            given["until"] = midnight("until", given["until"], zone, 1)
        return given

    def page(self, limit: int) -> DecisionPage:
        """Give the page that was asked for, and how many decisions there are on all pages."""
        with self._service.log.engine.connect() as connection:
            paging = Paging(limit, self.cursor, self.oldest_first, counted=True)
            return pages(self._service, connection).decisions(self.where, paging)

    def facets(self) -> dict[str, Counts]:
        """Count what the other filters leave, by outcome and by policy."""
        size = self._service.log.checkpoint().size
        with self._service.log.engine.connect() as connection:
            return {name: self._counts(connection, name, size) for name in ("outcome", "policy")}

    def _counts(self, connection: sa.Connection, name: str, size: int) -> Counts:
        others = Where(**{**_fields(self.where), name: None})
        found = search.decisions(others, search.stretch(connection, others, size))
        counted = found.grouped(connection, DECISION.c[name])
        return [(said, number) for (said,), number in counted.most_common()]

    def link(self, **changes: str | None) -> str:
        """Give this search's address with other filters; from its first page, unless a cursor is among them."""
        order = {"order": "oldest"} if self.oldest_first else {}
        wanted = {**self.typed, **order, **changes}
        query = urlencode({name: value for name, value in wanted.items() if value})
        return f"/console/decisions?{query}" if query else "/console/decisions"


def asked_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Give the parameters of a page; raise InvalidParameter if one is given twice or is not known."""
    given = [name for name, _ in request.query_params.multi_items()]
    known = {*FIELDS, "cursor", "order"}
    for name in given:
        if name not in known or given.count(name) > 1:
            problem = f"`{name[:80]}` is not a filter here, or is given twice"
            raise InvalidParameter(mistakes=[Mistake(name[:80], problem, f"each once: {', '.join(sorted(known))}")])
    return {name: str(value) for name, value in request.query_params.items()}


def _fields(where: Where) -> dict[str, Any]:
    return {name: getattr(where, name) for name in where.__struct_fields__}


def _whole(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 7 or not 0 < int(text) <= 1_000_000:
        remedy = "a whole number from 1 to 1000000"
        raise InvalidParameter(mistakes=[Mistake(name, f"`{text[:20]}` is not a version", remedy)])
    return int(text)
