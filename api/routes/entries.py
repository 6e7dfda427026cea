"""``/log/entries``: find entries of any kind."""

from __future__ import annotations

from litestar import Router, get
from litestar.di import NamedDependency, Provide

from api.auth import needs
from api.roles import Permission
from api.routes.described import problems
from api.routes.filters import Caller, EntryFilter, Turning, pages, refuse_unknown
from api.schemas import EntryPage
from api.service import Service


@get(
    "/",
    guards=[needs(Permission.READ_LOG)],
    dependencies={
        "chosen": Provide(EntryFilter, sync_to_thread=False),
        "turning": Provide(Turning, sync_to_thread=False),
    },
    responses=problems(400, 401, 403),
    summary="Find entries",
    sync_to_thread=True,
)
def find(
    request: Caller,
    service: NamedDependency[Service],
    chosen: NamedDependency[EntryFilter],
    turning: NamedDependency[Turning],
) -> EntryPage:
    """List entries by kind, actor and moment, a page at a time; `/log/entries/{index}` gives the bytes of each."""
    refuse_unknown(request, EntryFilter, Turning)
    with service.log.engine.connect() as connection:
        return pages(service, connection).entries(chosen.where(), turning.paging(service))


router = Router("/log/entries", route_handlers=[find], tags=["log"])
