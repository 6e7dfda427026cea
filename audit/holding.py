"""Rows that are held back: those of works that are kept, and those of the work at hand, which may yet be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Held = dict[str, list[Any]]
"""Statement -> its rows, both in the order they came."""


class Holding:
    """What a transaction has still to send. Statements that wait together touch tables of their own each."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, Sequence[Any]]] = []
        self._kept = 0  # how many of them are of works that are kept; the rest is of the work at hand
        self._texts: set[str] = set()
        self._read = 0  # how many of them `texts` has seen
        self.add = self._rows.append  #: hold back rows of the work at hand: a statement and they

    @property
    def texts(self) -> set[str]:
        """Statements that rows are held back for, and perhaps some whose rows were undone."""
        self._texts.update(text for text, _rows in self._rows[self._read :])
        self._read = len(self._rows)
        return self._texts

    def keep(self) -> None:
        """Take the rows of the work at hand to those that are kept."""
        self._kept = len(self._rows)

    def take(self) -> Held:
        """Give what is kept, to be sent now."""
        kept = self._kept
        self._kept = 0
        return self._taken(0, kept)

    def take_own(self) -> Held:
        """Give what the work at hand holds, to be sent now."""
        return self._taken(self._kept, len(self._rows))

    def drop(self) -> None:
        """Forget everything."""
        self._kept = 0
        self._taken(0, len(self._rows))

    def _taken(self, start: int, end: int) -> Held:
        held: Held = {}
        for text, some in self._rows[start:end]:
            if (same := held.get(text)) is None:
                held[text] = list(some)
            else:
                same += some
        del self._rows[start:end]
        self._texts.clear()
        self._read = 0
        return held
