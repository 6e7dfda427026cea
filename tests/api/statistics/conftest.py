"""Tables with a handful of decisions and cases whose statistics can be worked out by hand, in both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from api import listings
from api.casework.tables import CASE, CASE_EVENT
from api.ledger import Ledger
from api.settings import Settings
from api.tables import DECISION

Row = dict[str, Any]


class Board:
    """Read models that a test fills; they follow from no log, and nobody asks them to."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._index = 1_000  # beyond what the log holds

    def decided(
        self,
        name: str,
        at: str,
        policy: str = "opening",
        outcome: str = "reject",
        reasons: Sequence[str] = (),
        rules: Sequence[str] = (),
    ) -> None:
        """Add a decision."""
        self._index += 1
        said = {"id": name, "policy": policy, "version": 1, "outcome": outcome, "decided_at": f"{at}.000Z"}
        why = {"reasons": listings.written(reasons), "rules": listings.written(rules)}
        self._insert(DECISION, log_index=self._index, **said, **why)

    def case(self, name: str, decision: str, opened: str, ended_by: str = "", **said: Any) -> None:
        """Add a case; `ended_by` concluded it."""
        self._index += 1
        told = [key for key in ("due_at", "concluded_at", "lease_until") if key in said]
        moments: Row = {key: f"{said.pop(key)}.000Z" for key in told}
        defaults: Row = {"kind": "appeal", "state": "concluded", "policy": "opening", "policy_version": 1}
        row: Row = {**defaults, **said, **moments, "id": name, "decision": decision, "opened_at": f"{opened}.000Z"}
        self._insert(CASE, opened_index=self._index, log_index=self._index, **row)
        if ended_by:
            step = {"kind": "review_concluded", "actor": ended_by, "at": row["concluded_at"]}
            self._insert(CASE_EVENT, case_id=name, version=2, log_index=self._index, **step)

    def connection(self) -> sa.Connection:
        """Open a connection that reads, as the service does."""
        return self._ledger.log.engine.connect()

    def _insert(self, table: sa.Table, **said: Any) -> None:
        blank: Row = {column.name: 0 if isinstance(column.type, sa.Integer) else "" for column in table.columns}
        blank |= {column.name: False for column in table.columns if isinstance(column.type, sa.Boolean)}
        with self._ledger.log.write_engine.begin() as connection:
            connection.execute(table.insert(), {**blank, **said})


@pytest.fixture(params=["sqlite", "postgres"])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Board]:
    """Open the read models of a log of its own."""
    url = SecretStr(request.getfixturevalue("empty_database")) if request.param == "postgres" else None
    ledger = Ledger.open(Settings(data=tmp_path / "data", url=url))
    yield Board(ledger)
    ledger.close()
