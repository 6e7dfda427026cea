"""One decision on one page: what it came to, why in plain words, what led to what, and the proof that it stands."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.auth import needs
from api.console.rendering import page
from api.console.sketch import picture
from api.console.telling import Teller
from api.pages import Paging
from api.personal import Purpose
from api.reads import Reading
from api.roles import Permission
from api.routes.decisions import visible
from api.routes.filters import pages
from api.schemas import DecisionPage
from api.search import Where
from api.service import Service
from api.tables import DECISION

Asked = Request[Any, Any, Any]
Drawn = Annotated[str, QueryParameter(name="graph", max_length=10)]
_EARLIER = 10


@get("/decisions/{decision_id:str}", guards=[needs(Permission.READ_ALL)], sync_to_thread=True)
def show(
    request: Asked, decision_id: FromPath[str], service: NamedDependency[Service], drawn: Drawn = "path"
) -> Response[str]:
    """Show a decision; that somebody read it is an entry."""
    found = visible(request.user, decision_id, service)
    account = service.explanations.account(found.index, Reading(request.user.actor, Purpose.REVIEW))
    values = {
        "found": found,
        "account": account,
        "decision": account.decision,
        "tell": Teller(account),
        "picture": picture(account.graph, whole=drawn == "whole"),
        "whole": drawn == "whole",
        "size": service.log.covering_size(found.index),
        "earlier": of_the_same(service, found.index),
        "now": service.ledger.now(),
    }
    return page(request, "decision.html", values)


def of_the_same(service: Service, index: int) -> DecisionPage:
    """Give the newest decisions about the same subject."""
    with service.log.engine.connect() as connection:
        subject = connection.execute(sa.select(DECISION.c.subject).where(DECISION.c.log_index == index)).scalar_one()
        return pages(service, connection).decisions(Where(subject=subject), Paging(_EARLIER))


handlers = [show]
