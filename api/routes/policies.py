"""``/policies`` and ``/facts``: what decides, and what it wants to know in which unit."""

from __future__ import annotations

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.auth import needs
from api.errors import Mistake, NotFound
from api.roles import Permission
from api.routes.described import problems
from api.schemas import FactDescription, FactList, PolicyDescription, PolicyList
from api.service import Service
from engine import UnknownPolicy

_READ = [needs(Permission.READ_POLICIES)]


@get("/policies", guards=_READ, responses=problems(401, 403), summary="The policies in force", sync_to_thread=False)
def policies(service: NamedDependency[Service]) -> PolicyList:
    """List what this service decides by."""
    return PolicyList([PolicyDescription.of(service.policies[name]) for name in service.policies.names])


@get(
    "/policies/{name:str}",
    guards=_READ,
    responses=problems(400, 401, 403, 404),
    summary="One policy",
    sync_to_thread=False,
)
def policy(name: FromPath[str], service: NamedDependency[Service]) -> PolicyDescription:
    """Give a policy with its bundle: the canonical form its digest covers."""
    try:
        found = service.policies[name]
    except UnknownPolicy as unknown:
        remedy = f"known: {', '.join(unknown.known)}"
        raise NotFound(mistakes=[Mistake("name", f"unknown policy `{name[:80]}`", remedy)]) from None
    bundle = msgspec.Raw(service.policies.bundle(name))
    return msgspec.structs.replace(PolicyDescription.of(found), bundle=bundle)


@get("/facts", guards=_READ, responses=problems(401, 403), summary="The facts that may be given", sync_to_thread=False)
def facts(service: NamedDependency[Service]) -> FactList:
    """List every fact with its type, unit and range as they go over the wire."""
    return FactList([FactDescription.of(fact) for fact in service.policies.vocabulary.facts.values()])


router = Router("/", route_handlers=[policies, policy, facts], tags=["policies"])
