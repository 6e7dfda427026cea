"""The policies in force: tables as tables, rules in words, the examples that cover them, and how often each fired."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api import listings, search
from api.auth import needs
from api.console.rendering import page
from api.errors import Mistake, NotFound
from api.narrowed import Narrowed
from api.roles import Permission
from api.search import Where
from api.service import Service
from api.tables import DECISION
from engine import PolicySet, UnknownPolicy
from engine.authoring.retelling import ToldPolicy, retell
from engine.examples import rules_shown
from engine.policy import Policy

Asked = Request[Any, Any, Any]


@get("/policies", guards=[needs(Permission.READ_POLICIES)], sync_to_thread=True)
def policies(request: Asked, service: NamedDependency[Service]) -> Response[str]:
    """List what this service decides by, and how much each was used."""
    with service.log.engine.connect() as connection:
        counts = {each.name: _made(connection, service, each.name).count(connection) for each in service.policies}
    return page(request, "policies.html", {"policies": list(service.policies), "counts": counts})


@get("/policies/{name:str}", guards=[needs(Permission.READ_POLICIES)], sync_to_thread=True)
def policy(request: Asked, name: FromPath[str], service: NamedDependency[Service]) -> Response[str]:
    """Show a policy in words."""
    try:
        found = service.policies[name]
    except UnknownPolicy as unknown:
        remedy = f"known: {', '.join(unknown.known)}"
        raise NotFound(mistakes=[Mistake("name", f"unknown policy `{name[:80]}`", remedy)]) from None
    said = told(service.policies, found)
    decided, fired = _hits(service, name)
    values = {"policy": found, "told": said, "decided": decided, "fired": fired}
    return page(request, "policy.html", values)


_TOLD: dict[str, ToldPolicy] = {}  #: by digest; telling a policy decides all of its examples
_MOST = 64


def told(policies: PolicySet, policy: Policy) -> ToldPolicy:
    """Say a policy in words, once."""
    if policy.digest not in _TOLD:
        if len(_TOLD) >= _MOST:
            _TOLD.clear()
        _TOLD[policy.digest] = retell(policy, rules_shown(policies, policy))
    return _TOLD[policy.digest]


def _hits(service: Service, name: str) -> tuple[int, dict[str, int]]:
    """Count the decisions of a policy, and in how many of them each rule fired."""
    fired = Counter[str]()
    with service.log.engine.connect() as connection:
        counted = _made(connection, service, name).grouped(connection, DECISION.c.rules)
    for (text,), number in counted.items():
        fired.update(dict.fromkeys(listings.read(text), number))
    return counted.total(), fired


def _made(connection: sa.Connection, service: Service, name: str) -> Narrowed:
    """Find the decisions of a policy."""
    where = Where(policy=name)
    return search.decisions(where, search.stretch(connection, where, service.log.size()))


handlers = [policies, policy]
