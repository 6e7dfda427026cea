"""The stretch of time a statistic covers, as entries write moments."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `since` up to but not including `until`; null leaves an end open."""

    since: str | None = None
    until: str | None = None

    def holds(self, at: sa.ColumnElement[str]) -> list[sa.ColumnElement[Any]]:
        """Give the conditions for a moment that lies in it."""
        conditions: list[sa.ColumnElement[Any]] = [] if self.since is None else [at >= self.since]
        return conditions if self.until is None else [*conditions, at < self.until]
