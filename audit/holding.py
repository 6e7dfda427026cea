"""Rows that are held back: those of works that are kept, and those of the work at hand, which may yet be undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Held = dict[str, list[Any]]
"""Statement -> its rows, both in the order they came."""


class Holding:
    """What a transaction has still to send. Statements that wait together touch tables of their own each."""

    def __init__(self) -> None:
        self.kept: Held = {}  #: of works that are kept
        self.own: Held = {}  #: of the work at hand

    def add(self, text: str, rows: Iterable[Any]) -> None:
        """Hold back rows of the work at hand."""
        self.own.setdefault(text, []).extend(rows)

    def keep(self) -> None:
        """Take the rows of the work at hand to those that are kept."""
        for text, rows in self.own.items():
            self.kept.setdefault(text, []).extend(rows)
        self.own = {}

    def take(self) -> Held:
        """Give what is kept, to be sent now."""
        kept, self.kept = self.kept, {}
        return kept

    def take_own(self) -> Held:
        """Give what the work at hand holds, to be sent now."""
        own, self.own = self.own, {}
        return own

    def drop(self) -> None:
        """Forget everything."""
        self.kept, self.own = {}, {}
