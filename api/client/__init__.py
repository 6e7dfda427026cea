"""A typed client of the service, made from its OpenAPI document; it needs httpx and msgspec and nothing of the server.

    with Grounds("https://grounds.example", key) as grounds:
        made = grounds.decisions.ask(DecisionRequest(policy="opening", subject="customer-1", facts=facts))

Every request that takes an Idempotency-Key gets one, and is tried again under the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

import httpx

from api.client import models
from api.client.errors import GroundsError, Refused, Unreachable
from api.client.operations import Operations
from api.client.transport import Pauses, Reply, Transport

__all__ = ["Grounds", "GroundsError", "Pauses", "Refused", "Reply", "Unreachable", "models"]

_TIMEOUT_SECONDS = 30.0


class Grounds(Operations):
    """The service at `url`, asked with `key`; `client` is an httpx client of your own, with its proxies and trust."""

    def __init__(self, url: str, key: str, *, client: httpx.Client | None = None, pauses: Pauses | None = None) -> None:
        self._own = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS) if client is None else None
        self._transport = Transport(client or self._own or httpx.Client(), key, pauses or Pauses())
        super().__init__(self._transport)

    def stream(self, items: Iterable[models.BulkItem]) -> Iterator[models.BulkAnswer]:
        """Have very many applications decided, and give what became of each, in their order, as it is known.

        They are sent line by line; what the connection took with it is sent again by calling again with the same items.
        """
        return self._transport.lines("/decisions/bulk", items, models.BulkAnswer)

    def close(self) -> None:
        """Let go of the connections it opened itself."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
