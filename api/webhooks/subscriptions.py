"""What an integrator may do about its subscriptions: each change one transaction, with an entry that says whose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import UNSET, Meta, UnsetType

from api import events
from api.errors import KeyReused, Mistake, NotFound, Stale, TooManySubscriptions
from api.events import Entry, Origin
from api.ledger import Ledger
from api.webhooks.messages import EventType
from api.webhooks.signing import Secrets
from api.webhooks.tables import DELIVERY, WEBHOOK
from api.webhooks.targets import LONGEST, Gate

CHANGED = "webhook_changed"  #: kind of the entry
MOST = 10  #: subscriptions of one owner
FORMER_HOURS = 24  #: how long the secret before signs beside a new one

Row = sa.Row[Any]
Address = Annotated[
    str, Meta(min_length=1, max_length=LONGEST, description="An https address on the public network, in ASCII")
]
Types = Annotated[tuple[EventType, ...], Meta(min_length=1, max_length=50)]


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A subscription as its owner sees it."""

    id: str
    url: str
    types: tuple[EventType, ...]
    active: bool  #: false: nothing is sent, and what happens meanwhile is sent once it is active again
    created_at: str
    version: int  #: rises with every change

    @classmethod
    def of(cls, row: Row) -> Subscription:
        """Read a row."""
        return cls(row.id, row.url, _types(row.types), row.active, row.created_at, row.version)


class Subscribed(Subscription, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A subscription with its secret, which is told this once."""

    secret: str


class SubscriptionChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    url: Address | UnsetType = UNSET
    types: Types | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class Added(NamedTuple):
    """The answer to a request for a subscription."""

    subscribed: Subscribed
    repeated: bool  #: an earlier request with this key made it


class Owned(NamedTuple):
    """A subscription and who says it is theirs."""

    id: str
    owner: str


class Subscriptions:
    """Subscriptions of all owners; each sees its own."""

    def __init__(self, ledger: Ledger, secrets: Secrets, gate: Gate) -> None:
        self._ledger, self._secrets, self._gate = ledger, secrets, gate

    def add(self, owner: str, url: str, types: Sequence[EventType], key: str = "") -> Added:
        """Subscribe to what happens from now on, once per `key`; a repetition gives what the first request got.

        Raise InvalidBody (the address), TooManySubscriptions, or KeyReused: the key came with another body before.
        """
        self._gate.admit(url)
        origin = self._ledger.origin(owner)
        row = {
            "request": self._ledger.fingerprints.of(owner, f"webhook\n{key or origin.id}"),
            "asked": f"{url} {_text(types)}",
            "id": origin.id,
            "owner": owner,
            "url": url,
            "types": _text(types),
            "active": True,
            "created_at": events.instant(origin.at),
            "version": 1,
            "secret_number": 1,
            "former_until": "",
        }
        return self._ledger.writer.submit(lambda connection: self._add(connection, origin, row)).result()

    def _add(self, connection: sa.Connection, origin: Origin, row: Mapping[str, Any]) -> Added:
        before = connection.execute(sa.select(WEBHOOK).where(WEBHOOK.c.request == row["request"])).first()
        if before is not None:
            return Added(self._first(before, row["asked"]), repeated=True)
        mine = sa.select(sa.func.count()).select_from(WEBHOOK).where(WEBHOOK.c.owner == row["owner"])
        if connection.execute(mine).scalar_one() >= MOST:
            remedy = "delete one that is not used any more"
            raise TooManySubscriptions(mistakes=[Mistake("", f"you have {MOST} subscriptions already", remedy)])
        index = self._ledger.record(connection, changed(origin, origin.id, "added"))
        connection.execute(WEBHOOK.insert(), {**row, "next_index": index + 1})
        return Added(self._told(self._row(connection, Owned(origin.id, origin.actor))), repeated=False)

    def _first(self, row: Row, asked: str) -> Subscribed:
        if row.asked != asked:
            remedy = "use a new key for another subscription; repeat the first body to get its answer again"
            raise KeyReused(mistakes=[Mistake("Idempotency-Key", "this key came with another body before", remedy)])
        url, _, types = asked.partition(" ")
        secret = self._secrets.of(row.id, 1)
        return Subscribed(row.id, url, _types(types), active=True, created_at=row.created_at, version=1, secret=secret)

    def all(self, owner: str) -> list[Subscription]:
        """Give the subscriptions of an owner, oldest first."""
        chosen = sa.select(WEBHOOK).where(WEBHOOK.c.owner == owner).order_by(WEBHOOK.c.id)
        with self._ledger.log.engine.connect() as connection:
            return [Subscription.of(row) for row in connection.execute(chosen)]

    def one(self, which: Owned) -> Subscription:
        """Give a subscription; raise NotFound."""
        with self._ledger.log.engine.connect() as connection:
            return Subscription.of(self._row(connection, which))

    def change(self, which: Owned, change: SubscriptionChange, versions: frozenset[int]) -> Subscription:
        """Change a subscription that is at one of `versions`; raise NotFound, Stale, or InvalidBody for the address."""
        if change.url is not UNSET:
            self._gate.admit(change.url)
        given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
        if change.types is not UNSET:
            given["types"] = _text(change.types)
        return Subscription.of(self._update(which, "changed", given, versions))

    def renew_secret(self, which: Owned) -> Subscribed:
        """Give a new secret, which signs from now on; the former one signs beside it for `FORMER_HOURS`."""
        until = events.instant(self._ledger.now() + dt.timedelta(hours=FORMER_HOURS))
        following = {"secret_number": WEBHOOK.c.secret_number + 1, "former_until": until}
        return self._told(self._update(which, "secret-renewed", following))

    def remove(self, which: Owned, versions: frozenset[int]) -> None:
        """Send nothing more, and forget what was on its way; raise NotFound or Stale."""

        def work(connection: sa.Connection) -> None:
            _check(self._row(connection, which), versions)
            self._ledger.record(connection, changed(self._ledger.origin(which.owner), which.id, "removed"))
            connection.execute(DELIVERY.delete().where(DELIVERY.c.webhook == which.id))
            connection.execute(WEBHOOK.delete().where(WEBHOOK.c.id == which.id))

        self._ledger.writer.submit(work).result()

    def replay(self, which: Owned, first: int) -> int:
        """Send everything once more from the entry `first` on; give the first entry it will look at. Raise NotFound."""

        def work(connection: sa.Connection) -> int:
            start: int = min(first, self._row(connection, which).next_index)
            self._ledger.record(connection, changed(self._ledger.origin(which.owner), which.id, "replayed"))
            again = DELIVERY.c.webhook == which.id, DELIVERY.c.log_index >= start
            connection.execute(DELIVERY.delete().where(*again))
            connection.execute(WEBHOOK.update().where(WEBHOOK.c.id == which.id).values(next_index=start))
            return start

        return self._ledger.writer.submit(work).result()

    def _update(
        self, which: Owned, what: str, values: Mapping[str, Any], versions: frozenset[int] | None = None
    ) -> Row:
        def work(connection: sa.Connection) -> Row:
            _check(self._row(connection, which), versions)
            self._ledger.record(connection, changed(self._ledger.origin(which.owner), which.id, what))
            changing = WEBHOOK.update().where(WEBHOOK.c.id == which.id)
            connection.execute(changing.values(**values, version=WEBHOOK.c.version + 1))
            return self._row(connection, which)

        return self._ledger.writer.submit(work).result()

    def _row(self, connection: sa.Connection, which: Owned) -> Row:
        chosen = sa.select(WEBHOOK).where(WEBHOOK.c.id == which.id, WEBHOOK.c.owner == which.owner)
        if (row := connection.execute(chosen).first()) is None:
            message = f"no subscription `{which.id[:80]}` that is yours"
            raise NotFound(mistakes=[Mistake("webhook_id", message, "GET /webhooks lists those that are")])
        return row

    def _told(self, row: Row) -> Subscribed:
        seen = msgspec.structs.asdict(Subscription.of(row))
        return Subscribed(**seen, secret=self._secrets.of(row.id, row.secret_number))


def _check(row: Row, versions: frozenset[int] | None) -> None:
    if versions is not None and row.version not in versions:
        remedy = "read it again, and change what it is now"
        raise Stale(mistakes=[Mistake("If-Match", f"the subscription is at version {row.version} by now", remedy)])


def changed(origin: Origin, webhook: str, what: str) -> Entry:
    """Record that a subscription was changed, and by whom; its address may hold a secret and stands in no leaf."""
    return {**origin.head(CHANGED), "webhook": webhook, "change": what}


def _text(types: Sequence[EventType]) -> str:
    return " ".join(dict.fromkeys(types))


def _types(text: str) -> tuple[EventType, ...]:
    return tuple(map(EventType, text.split()))
