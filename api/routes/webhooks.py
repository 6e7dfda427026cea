"""``/webhooks``: be told of what happens to one's own decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from msgspec import Meta

from api import events, search
from api.auth import needs
from api.errors import InvalidBody, Mistake
from api.etags import etag, expected
from api.roles import Permission, Principal
from api.routes.described import problems
from api.routes.filters import Caller, Limit, NextPage, refuse_unknown
from api.schemas import Instant
from api.search import WhereEntry
from api.service import Service
from api.webhooks import EventType, Owned, Subscribed, Subscription, SubscriptionChange
from api.webhooks.deliveries import DeliveryPage, State
from api.webhooks.subscriptions import Address, Types

_MINE = [needs(Permission.SUBSCRIBE)]
Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=255,
        description="A random value of your own; a repetition with it gets the first answer again, secret and all.",
    ),
]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        max_length=2_000,
        description='The ETag of the subscription as you read it, e.g. `"3"`; required.',
    ),
]


class SubscriptionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where events go, and which."""

    url: Address
    types: Types = tuple(EventType)


class SubscriptionList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All subscriptions of the caller."""

    items: list[Subscription]


class ReplayFrom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From where on everything is sent once more: an entry of the log, or a moment; one of the two."""

    index: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None = None
    since: Instant | None = None


class Replaying(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first entry that is looked at again."""

    index: int


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries."""

    only: Annotated[State | None, QueryParameter(description="Those that stand so")] = None
    cursor: NextPage = None
    limit: Limit = None


@post(
    "/",
    guards=_MINE,
    responses=problems(400, 401, 403, 409, 413, 415, 422, 503),
    summary="Subscribe to events",
    sync_to_thread=True,
)
def subscribe(
    request: Caller,
    data: JSONBody[SubscriptionRequest],
    service: NamedDependency[Service],
    idempotency_key: Key = None,
) -> Response[Subscribed]:
    """Begin to send events about your own decisions; the secret that signs them is told in this answer only."""
    key = (idempotency_key or "").strip()
    added = service.webhooks.subscriptions.add(request.user.actor, data.url, data.types, key)
    repeated = {"Idempotent-Replayed": "true"} if added.repeated else {}
    headers = {"Location": f"/webhooks/{added.subscribed.id}", "ETag": etag(added.subscribed.version), **repeated}
    return Response(added.subscribed, headers=headers)


@get("/", guards=_MINE, responses=problems(400, 401, 403), summary="Your subscriptions", sync_to_thread=True)
def subscriptions(request: Caller, service: NamedDependency[Service]) -> SubscriptionList:
    """List your subscriptions, oldest first."""
    refuse_unknown(request)
    return SubscriptionList(service.webhooks.subscriptions.all(request.user.actor))


@get(
    "/{webhook_id:str}",
    guards=_MINE,
    responses=problems(400, 401, 403, 404),
    summary="One subscription",
    sync_to_thread=True,
)
def subscription(
    request: Caller, webhook_id: FromPath[str], service: NamedDependency[Service]
) -> Response[Subscription]:
    """Give a subscription, without its secret."""
    return _told(service.webhooks.subscriptions.one(_owned(request.user, webhook_id)))


@patch(
    "/{webhook_id:str}",
    guards=_MINE,
    responses=problems(400, 401, 403, 404, 412, 413, 415, 422, 428, 503),
    summary="Change a subscription",
    sync_to_thread=True,
)
def change(
    request: Caller,
    webhook_id: FromPath[str],
    data: JSONBody[SubscriptionChange],
    service: NamedDependency[Service],
    if_match: IfMatch = None,
) -> Response[Subscription]:
    """Change address or types, or pause it: what happens while it is not active is sent when it is again."""
    owned = _owned(request.user, webhook_id)
    return _told(service.webhooks.subscriptions.change(owned, data, expected(if_match)))


@delete(
    "/{webhook_id:str}",
    guards=_MINE,
    responses=problems(400, 401, 403, 404, 412, 428, 503),
    summary="End a subscription",
    sync_to_thread=True,
)
def unsubscribe(
    request: Caller, webhook_id: FromPath[str], service: NamedDependency[Service], if_match: IfMatch = None
) -> None:
    """Send nothing more; what was on its way is forgotten."""
    service.webhooks.subscriptions.remove(_owned(request.user, webhook_id), expected(if_match))


@post(
    "/{webhook_id:str}/secret",
    guards=_MINE,
    responses=problems(400, 401, 403, 404, 503),
    summary="Renew the secret",
    sync_to_thread=True,
)
def renew(request: Caller, webhook_id: FromPath[str], service: NamedDependency[Service]) -> Subscribed:
    """Give a new secret; for 24 hours events carry a signature by the former one too."""
    return service.webhooks.subscriptions.renew_secret(_owned(request.user, webhook_id))


@post(
    "/{webhook_id:str}/replay",
    guards=_MINE,
    status_code=202,
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
    summary="Send once more",
    sync_to_thread=True,
)
def replay(
    request: Caller, webhook_id: FromPath[str], data: JSONBody[ReplayFrom], service: NamedDependency[Service]
) -> Replaying:
    """Send every event from an entry or a moment on again, what was given up included; a few before may come too."""
    first = service.webhooks.subscriptions.replay(_owned(request.user, webhook_id), _first(data, service))
    return Replaying(first)


@get(
    "/{webhook_id:str}/deliveries",
    guards=_MINE,
    dependencies={"chosen": Provide(DeliveryFilter, sync_to_thread=False)},
    responses=problems(400, 401, 403, 404),
    summary="What became of events",
    sync_to_thread=True,
)
def deliveries(
    request: Caller,
    webhook_id: FromPath[str],
    service: NamedDependency[Service],
    chosen: NamedDependency[DeliveryFilter],
) -> DeliveryPage:
    """List deliveries, newest first: how often each was tried, what the receiver said, when it is tried next."""
    refuse_unknown(request, DeliveryFilter)
    found = service.webhooks.subscriptions.one(_owned(request.user, webhook_id))
    limit = min(chosen.limit or service.settings.page_limit, service.settings.page_limit)
    return service.webhooks.deliveries.page(found.id, chosen.only, limit, chosen.cursor)


def _told(told: Subscription) -> Response[Subscription]:
    return Response(told, headers={"ETag": etag(told.version)})


def _owned(principal: Principal, webhook_id: str) -> Owned:
    return Owned(webhook_id, principal.actor)


def _first(data: ReplayFrom, service: Service) -> int:
    if (data.index is None) == (data.since is None):
        remedy = 'send {"index": N} or {"since": "2026-11-22T00:00:00Z"}'
        raise InvalidBody(mistakes=[Mistake("", "one of `index` and `since` says from where on", remedy)])
    if data.since is None:
        return data.index or 0
    where = WhereEntry(since=events.instant(data.since))
    with service.log.engine.connect() as connection:
        return search.stretch(connection, where, service.log.checkpoint().size).first


router = Router(
    "/webhooks",
    route_handlers=[subscribe, subscriptions, subscription, change, unsubscribe, renew, replay, deliveries],
    tags=["webhooks"],
)
