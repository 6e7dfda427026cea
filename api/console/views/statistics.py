"""Statistics: what waits, what cases came to, how often appeals overturn and whom, and why decisions come out so."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import search, statistics
from api.auth import needs
from api.console.charts import columns
from api.console.days import stretch, taken
from api.console.languages import N_
from api.console.naming import reason_names
from api.console.rendering import page, reader_of
from api.errors import InvalidParameter, Mistake
from api.roles import Permission
from api.routes.filters import moment
from api.search import Where
from api.service import Service
from api.statistics.mix import Period
from api.statistics.overturns import PEOPLE, By
from api.statistics.windows import Window

Asked = Request[Any, Any, Any]
BY = {
    By.RULE: N_("Rule"),
    By.REASON: N_("Reason"),
    By.POLICY: N_("Policy"),
    By.REVIEWER: N_("Reviewer"),
    By.DECIDER: N_("Who had decided"),
}
PERIODS = {Period.DAY: N_("by day"), Period.WEEK: N_("by week"), Period.MONTH: N_("by month")}


@get("/statistics", guards=[needs(Permission.READ_STATISTICS)], sync_to_thread=True)
def show(request: Asked, service: NamedDependency[Service]) -> Response[str]:
    """Show all statistics of a stretch of days."""
    asked = taken(dict(request.query_params), ("since", "until", "policy", "by", "period"))
    by, period = _one(By, asked, "by", By.RULE), _one(Period, asked, "period", Period.DAY)
    if by in PEOPLE and not request.user.may(Permission.COMPARE_PEOPLE):
        by = By.RULE
    since, until = stretch(asked, reader_of(request).zone)
    window = Window(moment("since", since), moment("until", until))
    where = Where(policy=asked.get("policy"), since=window.since, until=window.until)
    with service.log.engine.connect() as connection:
        within = search.stretch(connection, where, service.log.size())
        mix = statistics.mix(connection, period, where, within)
        values = {
            "backlog": statistics.backlog(connection, service.ledger.now()),
            "concluded": statistics.conclusions(connection, window, where.policy),
            "overturns": statistics.overturns(connection, by, window, where.policy),
        }
    shown = {
        **values,
        "mix": mix,
        "chart": columns(mix.rows),
        "asked": asked,
        "by": by,
        "bys": {each: title for each, title in BY.items() if each not in PEOPLE or _leads(request)},
        "period": period,
        "periods": PERIODS,
        "policies": service.policies.names,
        "link": lambda **changes: f"/console/statistics?{urlencode({**asked, **changes})}",
        "reason_name": reason_names(service),
    }
    return page(request, "statistics.html", shown)


def _leads(request: Asked) -> bool:
    leads: bool = request.user.may(Permission.COMPARE_PEOPLE)
    return leads


def _one(kind: Any, asked: dict[str, str], name: str, otherwise: Any) -> Any:
    try:
        return kind(asked[name]) if name in asked else otherwise
    except ValueError:
        problem = f"`{asked[name][:40]}` is not one"
        raise InvalidParameter(mistakes=[Mistake(name, problem, f"choose of: {', '.join(kind)}")]) from None


handlers = [show]
