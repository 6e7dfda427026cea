"""Administration: who has a key to this service, what it allows, when it was last used, and how it is ended."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.admission import Because
from api.auth import needs
from api.console.rendering import page, seen_other
from api.errors import InvalidBody, Mistake
from api.roles import Permission
from api.routes.keys import KeyDescription
from api.service import Service

Asked = Request[Any, Any, Any]


@get("/keys", guards=[needs(Permission.READ_KEYS)], sync_to_thread=True)
def keys(request: Asked, service: NamedDependency[Service]) -> Response[str]:
    """List the keys."""
    now, used = service.ledger.now(), service.uses.days()
    found = [KeyDescription.of(known, now, used.get(known.id)) for known in service.keyring.all()]
    values = {
        "keys": found[::-1],
        "because": [str(each) for each in Because],
        "done": request.query_params.get("done", ""),
    }
    return page(request, "keys.html", values)


@post("/keys/{key_id:str}/revoke", guards=[needs(Permission.REVOKE_KEY)], status_code=303)
async def revoke(
    request: Asked, key_id: FromPath[str], service: NamedDependency[Service], form: NamedDependency[dict[str, str]]
) -> Response[Any]:
    """End a key for good, after a page to check."""
    because = form.get("because", "")
    if because not in [*Because]:
        raise InvalidBody(mistakes=[Mistake("because", "no reason is given", f"choose of: {', '.join(Because)}")])
    if form.get("step") != "confirm":
        return page(request, "revoke.html", {"key": key_id, "because": because})
    await asyncio.to_thread(service.keyring.revoke, key_id, request.user.actor, Because(because))
    return seen_other(f"/console/keys?done={key_id}")


handlers = [keys, revoke]
