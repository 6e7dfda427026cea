"""All routes together, in the order in which the OpenAPI document tells of them."""

from __future__ import annotations

from litestar import Router

from api.routes import (
    appeals,
    automation,
    bulk,
    case_actions,
    cases,
    decisions,
    entries,
    explanations,
    exports,
    health,
    keys,
    letters,
    lines,
    log,
    matters,
    metrics,
    notices,
    policies,
    prechecks,
    reloads,
    replays,
    statistics,
    subjects,
    users,
    webhooks,
)
from api.service import Service

_ROUTERS = (
    decisions.router,
    explanations.router,
    notices.router,
    replays.router,
    cases.router,
    letters.router,
    case_actions.router,
    appeals.router,
    lines.router,
    statistics.router,
    log.router,
    entries.router,
    exports.router,
    subjects.router,
    automation.router,
    matters.router,
    bulk.router,
    prechecks.router,
    webhooks.router,
    policies.router,
    reloads.router,
    keys.router,
    users.router,
    health.router,
)


def every(service: Service) -> list[Router]:
    """Give the routers of a service."""
    return [*_ROUTERS, metrics.router(service.meters, public=service.settings.metrics_public)]
