"""How much each caller may ask: a token bucket per key or token holder, told in every answer.

`RateLimit-Policy` and `RateLimit` are those of draft-ietf-httpapi-ratelimit-headers-10; on 429 `Retry-After` (RFC 9110,
10.2.3) comes with them. Per process: behind several, a caller gets up to as many times as much.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from api.admission.buckets import Buckets
from api.errors import Mistake, RateLimited

Header = tuple[bytes, bytes]


class Quota(msgspec.Struct, frozen=True):
    """What is left to a caller after a request."""

    left: float  #: below 0: this request was one too many
    full_in_seconds: int

    def headers(self, policy: Header) -> tuple[Header, Header]:
        """Tell it: what is left, and when all of it is back."""
        return policy, (b"ratelimit", b'"default";r=%d;t=%d' % (max(0, self.left), self.full_in_seconds))


class Limits:
    """Counts requests of callers; `quota` of them in any `window_seconds`, 0 for as many as they like."""

    def __init__(self, quota: int, window_seconds: int, clock: Callable[[], float]) -> None:
        self.unlimited = quota == 0
        self._buckets = Buckets(max(quota, 1), window_seconds / max(quota, 1), clock)
        self.policy: Header = (b"ratelimit-policy", b'"default";q=%d;w=%d' % (quota, window_seconds))

    def take(self, caller: str, requests: int = 1) -> Quota:
        """Count requests of a caller; with nothing left they are not counted, so that waiting helps."""
        buckets = self._buckets
        level = buckets.level(caller)
        left = buckets.spend(caller, requests) if level >= 1 else level - requests
        return Quota(left, math.ceil(buckets.seconds_until(max(left, 0), buckets.size)))

    def refusal(self, quota: Quota) -> RateLimited:
        """Make the answer to a request that was one too many."""
        seconds = max(1, math.ceil(self._buckets.seconds_until(quota.left, 0)))
        remedy = f"wait {seconds} seconds, or ask the operator for more"
        return RateLimited(
            Mistake("Authorization", f"more than {self._buckets.size} requests at a time", remedy), seconds
        )
