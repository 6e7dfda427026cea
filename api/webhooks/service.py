"""Subscriptions and delivery on one service, opened with it."""

from __future__ import annotations

import datetime as dt
import random
from typing import Self

import msgspec

from api.ledger import Ledger
from api.settings import Settings
from api.webhooks import tables
from api.webhooks.claiming import Claims
from api.webhooks.deliveries import Deliveries
from api.webhooks.delivering import Delivery, Timing, sending
from api.webhooks.pace import Pace
from api.webhooks.sending import Sender
from api.webhooks.signing import Secrets
from api.webhooks.spreading import Spreading
from api.webhooks.subscriptions import Subscriptions
from api.webhooks.targets import Gate
from audit import Keys

_LEASES = 3  #: a lease is as long as so many attempts can take


class Webhooks(msgspec.Struct, frozen=True):
    """What the routes use, and how delivery begins."""

    settings: Settings
    ledger: Ledger
    gate: Gate
    secrets: Secrets

    @classmethod
    def open(cls, settings: Settings, ledger: Ledger) -> Self:
        """Make the tables if they are not there; raise KeysRefused or AuditError."""
        ledger.writer.submit(tables.create).result()
        return cls(settings, ledger, Gate(settings.webhook_private), Secrets(Keys.load(settings.data).lookup))

    @property
    def subscriptions(self) -> Subscriptions:
        """What integrators may do about their subscriptions."""
        return Subscriptions(self.ledger, self.secrets, self.gate)

    @property
    def deliveries(self) -> Deliveries:
        """What became of events."""
        return Deliveries(self.ledger)

    def start(self) -> Delivery:
        """Begin to deliver."""
        chosen = self.settings
        draw = random.SystemRandom().random
        claims = Claims(
            self.ledger,
            Pace(chosen.webhook_tries, draw, chosen.webhook_first_pause_seconds),
            _LEASES * chosen.webhook_timeout_seconds,
        )
        timing = Timing(
            chosen.webhook_senders, chosen.webhook_poll_seconds, dt.timedelta(days=chosen.webhook_keep_days)
        )
        send = sending(self.ledger, Sender(self.gate, chosen.webhook_timeout_seconds), self.secrets)
        return Delivery(Spreading(self.ledger), claims, send, timing, self.ledger)
