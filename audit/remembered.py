"""What the writer remembers of subjects, so that a caller who comes again costs no reads and no unwrapping.

It holds for what the database held when it was learned. So it is dropped with the right edge of the tree: after a
rollback, and when another process has appended, which whoever erases a subject or wraps keys anew does.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from audit.seal import OpenKey

MOST: Final = 4096
"""Subjects that are remembered; an old one costs two reads again."""

V = TypeVar("V")


class _Recent(Generic[V]):
    """A dict that forgets what was put there first."""

    def __init__(self) -> None:
        self._kept: dict[bytes | str, V] = {}
        self.get = self._kept.get
        self.clear = self._kept.clear

    def keep(self, name: bytes | str, value: V) -> V:
        if len(self._kept) >= MOST and name not in self._kept:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = value
        return value


class Remembered:
    """Subjects by the keyed hash of their reference, and the key that seals for each; for the writer's thread alone."""

    def __init__(self) -> None:
        self.subjects: _Recent[str] = _Recent()
        self.keys: _Recent[OpenKey] = _Recent()
        self.absent: set[bytes] = set()  #: keyed hashes that the open transaction looked up and did not find

    def forget(self) -> None:
        """Drop everything."""
        self.absent.clear()
        self.subjects.clear()
        self.keys.clear()
