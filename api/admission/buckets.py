"""Token buckets: each name has so many, spends them, and gets them back evenly over time. In memory, and bounded.

Belongs to one process and one thread, the event loop's: several processes each have their own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

CAPACITY = 10_000
"""Names remembered; whoever spent longest ago is forgotten first, which fills the bucket."""


class Buckets:
    """Buckets of `size` tokens, of which one comes back every `regain_seconds`; `clock` is monotonic, in seconds."""

    def __init__(self, size: int, regain_seconds: float, clock: Callable[[], float], capacity: int = CAPACITY) -> None:
        self.size, self.regain_seconds = size, regain_seconds
        self._clock, self._capacity = clock, capacity
        self._spent: dict[Hashable, tuple[float, float]] = {}  # name -> level and when it was that

    def __len__(self) -> int:
        return len(self._spent)

    def level(self, name: Hashable) -> float:
        """Give how many tokens a name has."""
        found = self._spent.get(name)
        if found is None:
            return self.size
        return min(self.size, found[0] + (self._clock() - found[1]) / self.regain_seconds)

    def spend(self, name: Hashable, tokens: float = 1) -> float:
        """Take tokens, whether they are there or not, and give what is left; a negative number gives some back."""
        left = min(self.size, self.level(name) - tokens)
        self._spent.pop(name, None)  # goes to the end: the oldest stand in front
        if len(self._spent) >= self._capacity:
            del self._spent[next(iter(self._spent))]
        self._spent[name] = left, self._clock()
        return left

    def seconds_until(self, level: float, tokens: float) -> float:
        """Give how long a bucket at `level` takes to hold `tokens`."""
        return max(0.0, (tokens - level) * self.regain_seconds)
