"""The queue: what waits for a person, the most urgent first; filters stay visible, and one key claims a case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency

from api.auth import needs
from api.casework import listing
from api.casework.listing import CaseItem, Turned, WhichCases
from api.casework.states import CaseKind, State
from api.console.languages import N_
from api.console.rendering import page
from api.errors import InvalidParameter, Mistake
from api.roles import Permission, Principal
from api.service import Service

Asked = Request[Any, Any, Any]
ROWS = 100
SOON = dt.timedelta(days=3)
WHOSE = {"mine": N_("Mine"), "unclaimed": N_("Unclaimed"), "all": N_("All")}
GROUPS = {"overdue": N_("Overdue"), "soon": N_("Due within three days"), "later": N_("Later"), "done": N_("Concluded")}
_FILTERS = ("whose", "kind", "state", "policy", "cursor")


@get("/queue", guards=[needs(Permission.READ_CASES)], sync_to_thread=True)
def queue(request: Asked, service: NamedDependency[Service]) -> Response[str]:
    """Show the queue."""
    asked = _asked(request)
    whose = asked.get("whose") or "unclaimed"
    now = service.ledger.now()
    with service.log.engine.connect() as connection:
        turned = Turned("due", ROWS, asked.get("cursor"))
        found = listing.page(connection, service.ledger.cursors, _which(asked, whose, request.user), turned, now)
        counts = {each: listing.count(connection, _which(asked, each, request.user), now) for each in WHOSE}
    values = {
        "asked": asked,
        "whose": whose,
        "tabs": WHOSE,
        "counts": counts,
        "groups": [(GROUPS[name], items) for name, items in _grouped(found.items, now) if items],
        "next": found.next,
        "now": now,
        "policies": service.policies.names,
        "kinds": [str(kind) for kind in CaseKind],
        "link": lambda **changes: _link({**asked, "whose": whose, "cursor": "", **changes}),
    }
    return page(request, "queue.html", values)


def _asked(request: Asked) -> dict[str, str]:
    given = {name: str(value) for name, value in request.query_params.items() if value}
    if unknown := [name for name in given if name not in _FILTERS]:
        problem = f"`{unknown[0][:80]}` is not a filter here"
        raise InvalidParameter(mistakes=[Mistake(unknown[0][:80], problem, f"each once: {', '.join(_FILTERS)}")])
    for name, known in (("whose", WHOSE), ("kind", list(CaseKind)), ("state", list(State))):
        if name in given and given[name] not in known:
            problem = f"`{given[name][:80]}` is not one"
            raise InvalidParameter(mistakes=[Mistake(name, problem, f"choose of: {', '.join(known)}")])
    return given


def _which(asked: dict[str, str], whose: str, caller: Principal) -> WhichCases:
    scope = caller.scope.policies
    return WhichCases(
        state=State(asked["state"]) if "state" in asked else None,
        kind=asked.get("kind"),
        policy=asked.get("policy"),
        policies=None if scope is None else tuple(sorted(scope)),
        holder=caller.actor if whose == "mine" else None,
        unclaimed=whose == "unclaimed",
    )


def _grouped(items: Sequence[CaseItem], now: dt.datetime) -> list[tuple[str, list[CaseItem]]]:
    groups: dict[str, list[CaseItem]] = {name: [] for name in GROUPS}
    for item in items:
        left = dt.datetime.fromisoformat(item.due_at) - now
        urgent = "overdue" if item.overdue else "soon" if left <= SOON else "later"
        groups["done" if item.state == State.CONCLUDED else urgent].append(item)
    return list(groups.items())


def _link(filters: dict[str, str]) -> str:
    return f"/console/queue?{urlencode({name: value for name, value in filters.items() if value})}"


handlers = [queue]
