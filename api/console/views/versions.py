"""The versions of a policy that were ever in force here, and what changed from one to another, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.auth import needs
from api.console.days import taken
from api.console.differing import differences
from api.console.rendering import page
from api.console.views.policies import told
from api.errors import Mistake, NotFound
from api.kept import kept_policies
from api.roles import Permission
from api.service import Service
from api.tables import BUNDLE
from engine.authoring.retelling import ToldPolicy

Asked = Request[Any, Any, Any]


@get("/policies/{name:str}/versions", guards=[needs(Permission.READ_POLICIES)], sync_to_thread=True)
def versions(request: Asked, name: FromPath[str], service: NamedDependency[Service]) -> Response[str]:
    """List the versions, and tell the difference of two: `before` and `after`, by digest."""
    asked = taken(dict(request.query_params), ("before", "after"))
    found = _published(service, name)
    newest, one_before = found[0].digest, found[min(1, len(found) - 1)].digest
    after, before = asked.get("after", newest), asked.get("before", one_before)
    known = {each.digest for each in found}
    for digest in (before, after):
        if digest not in known:
            message = f"no version of `{name[:80]}` has the digest `{digest[:64]}`"
            raise NotFound(mistakes=[Mistake("before", message, "choose of those listed")])
    changed = differences(_told(service, name, before), _told(service, name, after)) if before != after else []
    values = {"name": name, "versions": found, "before": before, "after": after, "changed": changed}
    return page(request, "versions.html", values)


def _published(service: Service, name: str) -> Sequence[Any]:
    """Give version, digest and entry of every version, the newest first."""
    chosen = sa.select(BUNDLE.c.version, BUNDLE.c.digest, BUNDLE.c.log_index).where(BUNDLE.c.name == name)
    with service.log.engine.connect() as connection:
        found = connection.execute(chosen.order_by(BUNDLE.c.log_index.desc())).all()
    if not found:
        message = f"unknown policy `{name[:80]}`"
        raise NotFound(mistakes=[Mistake("name", message, f"known: {', '.join(service.policies.names)}")])
    return found


def _told(service: Service, name: str, digest: str) -> ToldPolicy:
    if name in service.policies.names and service.policies[name].digest == digest:
        return told(service.policies, service.policies[name])
    kept = kept_policies(service.ledger, digest)
    return told(kept, kept[name])


handlers = [versions]
