"""Who guesses at credentials is slowed down: refused ones count against the address they came from and the key's id.

A key must not be shut out by strangers who know its id, which is no secret. So an address from which a key was good
before counts for itself, and what others do to that id is nothing to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable

import msgspec

from api.admission.buckets import CAPACITY, Buckets
from api.errors import Mistake, Throttled


class Attempt(msgspec.Struct, frozen=True):
    """Somebody who shows a credential that has to be checked."""

    address: str
    key_id: str = ""  #: empty if what is shown names no key


class Throttle:
    """Lets `failures` be refused at once, and one more every `regain_seconds`."""

    def __init__(
        self, failures: int, regain_seconds: float, clock: Callable[[], float], capacity: int = CAPACITY
    ) -> None:
        self._buckets = Buckets(failures, regain_seconds, clock, capacity)
        self._capacity = capacity
        self._familiar: dict[Attempt, None] = {}  # the oldest in front

    def begin(self, attempt: Attempt) -> None:
        """Count an attempt as refused until it turns out good; raise Throttled if there were too many."""
        self.check(attempt)
        for name in self._counted(attempt):
            self._buckets.spend(name)

    def check(self, attempt: Attempt) -> None:
        """Raise Throttled if there were too many refused."""
        level = min(map(self._buckets.level, self._counted(attempt)))
        if level < 1:
            seconds = max(1, math.ceil(self._buckets.seconds_until(level, 1)))
            problem = "too many credentials that are not known here came from this address, or for this key"
            raise Throttled(Mistake("Authorization", problem, f"wait {seconds} seconds and send a good one"), seconds)

    def forgive(self, attempt: Attempt) -> None:
        """Take back what `begin` counted: nothing was wrong with the credential."""
        for name in self._counted(attempt):
            self._buckets.spend(name, -1)

    def welcome(self, attempt: Attempt) -> None:
        """Take note that a key is good where it comes from."""
        self._familiar.pop(attempt, None)
        if len(self._familiar) >= self._capacity:
            del self._familiar[next(iter(self._familiar))]
        self._familiar[attempt] = None

    def _counted(self, attempt: Attempt) -> tuple[Hashable, ...]:
        if attempt in self._familiar:
            return (attempt,)
        return (attempt.address, ("key", attempt.key_id)) if attempt.key_id else (attempt.address,)
