"""Telling integrators what happened: signed events, once or more, in order for each decision (docs/webhooks.md)."""

from __future__ import annotations

from api.webhooks.messages import EventType
from api.webhooks.service import Webhooks
from api.webhooks.subscriptions import Owned, Subscribed, Subscription, SubscriptionChange

__all__ = ["EventType", "Owned", "Subscribed", "Subscription", "SubscriptionChange", "Webhooks"]
