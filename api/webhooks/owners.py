"""Whose subscriptions are served: of a key that was revoked or has expired nothing is told any more."""

from __future__ import annotations

import sqlalchemy as sa

from api import events
from api.tables import KEY, KEY_CHANGE
from api.webhooks.tables import WEBHOOK

_MARK = sa.literal("key:")
_REVOKED = sa.exists().where(_MARK.concat(KEY_CHANGE.c.key) == WEBHOOK.c.owner, KEY_CHANGE.c.kind == events.KEY_REVOKED)
_EXPIRED = sa.exists().where(
    _MARK.concat(KEY.c.id) == WEBHOOK.c.owner, KEY.c.expires_at != "", KEY.c.expires_at <= sa.bindparam("now")
)

#: Subscriptions that are served at `now`, a moment as entries write it.
SERVED = sa.select(WEBHOOK).where(WEBHOOK.c.active, ~_REVOKED, ~_EXPIRED).order_by(WEBHOOK.c.id)
