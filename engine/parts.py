"""Reads the parts of a mapping one by one, so that a wrong one does not hide the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from engine.reading.source import Item, Skip, attempt

T = TypeVar("T")
D = TypeVar("D")


class Parts:
    """The parts of one mapping, and which of them were wrong."""

    def __init__(self, found: Mapping[str, Item], failed: Iterable[str] = ()) -> None:
        self._found = found
        self._failed = set(failed)

    def read(self, key: str, read: Callable[[Item], T], default: D) -> T | D:
        """Read one part; give the default when it is absent or wrong."""
        if key not in self._found:
            return default
        values = attempt(read, self._found[key])
        if not values:
            self._failed.add(key)
            return default
        return values[0]

    def sound(self, *keys: str) -> None:
        """Give up when one of these parts was wrong, or any of them when none is named."""
        if self._failed and not (keys and self._failed.isdisjoint(keys)):
            raise Skip
