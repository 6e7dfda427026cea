"""The secret of a subscription and the signatures made with it (Standard Webhooks 1.0.0, symmetric, `v1`).

A secret is derived (BLAKE2b, RFC 7693) from the log's lookup secret, the subscription and its number, so it is kept
nowhere: neither a stolen database nor a leaf tells it. A new number makes a new secret; the former one goes on signing
for a while beside it, so that a receiver changes over without losing an event.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from base64 import b64encode
from collections.abc import Sequence

from standardwebhooks import Webhook

_PREFIX = "whsec_"
_BYTES = 32


class Secrets:
    """Derives the secrets of subscriptions."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, webhook: str, number: int) -> str:
        """Give secret `number` of a subscription, as its owner keeps it."""
        text = f"{webhook}\n{number}".encode()
        drawn = hashlib.blake2b(text, digest_size=_BYTES, key=self._key, person=b"webhook/v1").digest()
        return _PREFIX + b64encode(drawn).decode()


def signed(event_id: str, body: bytes, at: dt.datetime, secrets: Sequence[str]) -> dict[str, str]:
    """Give the three headers of one attempt: the event's id, the moment, and a signature by each secret."""
    signatures = [Webhook(secret).sign(event_id, at, body.decode()) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
