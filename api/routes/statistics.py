"""``/statistics``: how often appeals overturn, what waits and for how long, and why decisions come out as they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from api import search, statistics
from api.auth import demand, needs
from api.roles import Permission
from api.routes.described import problems
from api.routes.filters import Caller, moment, refuse_unknown
from api.search import Where
from api.service import Service
from api.statistics.backlog import Backlog
from api.statistics.conclusions import Conclusions
from api.statistics.mix import Mix, Period
from api.statistics.overturns import PEOPLE, By, Overturns
from api.statistics.windows import Window
from engine import Outcome

_PLAIN = r"^[^\x00-\x1f\x7f]*$"  #: no control characters: PostgreSQL takes no NUL
_Since = Annotated[
    str | None, QueryParameter(description="From this instant on, RFC 3339", schema_extra={"format": "date-time"})
]
_Until = Annotated[
    str | None, QueryParameter(description="Before this instant, RFC 3339", schema_extra={"format": "date-time"})
]
_Policy = Annotated[str | None, QueryParameter(description="Of this policy only", max_length=100, pattern=_PLAIN)]
_Outcome = Annotated[Outcome | None, QueryParameter(description="Of decisions that came to this only")]


@dataclass(frozen=True)
class Covered:
    """What a statistic covers."""

    since: _Since = None
    until: _Until = None
    policy: _Policy = None

    @property
    def window(self) -> Window:
        """The stretch of time; raise InvalidParameter on text that is no instant."""
        return Window(moment("since", self.since), moment("until", self.until))


@dataclass(frozen=True)
class ByWhat:
    """What overturn rates are told by."""

    by: Annotated[By, QueryParameter(description="Told by what had been decided on, or by who decided")] = By.RULE


@dataclass(frozen=True)
class EachPeriod:
    """How the reason mix is cut, and narrowed further."""

    by: Annotated[Period, QueryParameter(description="How long a row lasts; days are those of UTC")] = Period.DAY
    outcome: _Outcome = None


def _taken(**kinds: type) -> dict[str, Provide]:
    return {name: Provide(kind, sync_to_thread=False) for name, kind in kinds.items()}


@get(
    "/overturns",
    guards=[needs(Permission.READ_STATISTICS)],
    dependencies=_taken(covered=Covered, what=ByWhat),
    responses=problems(400, 401, 403),
    summary="Overturn rates",
    sync_to_thread=True,
)
def overturned(
    request: Caller,
    service: NamedDependency[Service],
    covered: NamedDependency[Covered],
    what: NamedDependency[ByWhat],
) -> Overturns:
    """Tell how many appeals were concluded and how many overturned; by people it takes a role that leads them."""
    refuse_unknown(request, Covered, ByWhat)
    if what.by in PEOPLE:
        demand(request.user, Permission.COMPARE_PEOPLE)
    with service.log.engine.connect() as connection:
        return statistics.overturns(connection, what.by, covered.window, covered.policy)


@get(
    "/backlog",
    guards=[needs(Permission.READ_STATISTICS)],
    responses=problems(400, 401, 403),
    summary="What waits",
    sync_to_thread=True,
)
def waiting(request: Caller, service: NamedDependency[Service]) -> Backlog:
    """Count the cases that are not concluded at this moment, by kind, state and age."""
    refuse_unknown(request)
    with service.log.engine.connect() as connection:
        return statistics.backlog(connection, service.ledger.now())


@get(
    "/conclusions",
    guards=[needs(Permission.READ_STATISTICS)],
    dependencies=_taken(covered=Covered),
    responses=problems(400, 401, 403),
    summary="What cases came to",
    sync_to_thread=True,
)
def concluded(request: Caller, service: NamedDependency[Service], covered: NamedDependency[Covered]) -> Conclusions:
    """Count the cases that were concluded by result, with how long they took and how many were answered in time."""
    refuse_unknown(request, Covered)
    with service.log.engine.connect() as connection:
        return statistics.conclusions(connection, covered.window, covered.policy)


@get(
    "/reasons",
    guards=[needs(Permission.READ_STATISTICS)],
    dependencies=_taken(covered=Covered, each=EachPeriod),
    responses=problems(400, 401, 403),
    summary="Reason mix over time",
    sync_to_thread=True,
)
def reasons(
    request: Caller,
    service: NamedDependency[Service],
    covered: NamedDependency[Covered],
    each: NamedDependency[EachPeriod],
) -> Mix:
    """Count outcomes and reasons of decisions, day by day, week by week or month by month."""
    refuse_unknown(request, Covered, EachPeriod)
    window = covered.window
    where = Where(
        outcome=None if each.outcome is None else str(each.outcome),
        policy=covered.policy,
        since=window.since,
        until=window.until,
    )
    with service.log.engine.connect() as connection:
        return statistics.mix(connection, each.by, where, search.stretch(connection, where, service.log.size()))


router = Router("/statistics", route_handlers=[overturned, waiting, concluded, reasons], tags=["statistics"])
