"""On PostgreSQL searches find the same, exports hold, and a rebuild leaves what was there."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from api.cli import run
from api.derived import DERIVED
from api.ledger import Ledger
from api.settings import Settings
from tests.api.conftest import TINY
from tests.api.logbook import logbook, record
from tests.api.test_rebuild import decide
from tests.api.test_search import SIZE, hold_decisions, hold_entries


@pytest.fixture
def chosen(empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Keep the log in a database of the test's own."""
    monkeypatch.setenv("GROUNDS_DATABASE", empty_database)
    return Settings(data=tmp_path / "data", policies=TINY)


def test_searches_find_the_same(chosen: Settings) -> None:
    """Any filters together, forwards and backwards, by any pages, with their counts."""
    made = logbook(SIZE, seed=1)
    ledger = Ledger.open(chosen)
    with ledger.log.write_engine.begin() as connection:
        record(connection, made)
        for seed in range(30):
            hold_decisions(connection, made, seed)
            hold_entries(connection, made, seed)
    ledger.close()


def rows(chosen: Settings) -> list[tuple[object, ...]]:
    """Give every row of every derived table."""
    ledger = Ledger.open(chosen)
    with ledger.log.engine.connect() as connection:
        found = [
            (table.name, *row)
            for table in DERIVED
            for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
        ]
    ledger.close()
    return found


def test_a_rebuild_gives_the_same_rows(chosen: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Altered rows are named and put right, twice in a row; an export made before still holds after."""
    decide(chosen, 0, 300)
    out, data = str(tmp_path / "no.csv"), ["--data", str(chosen.data)]
    assert run(["decisions", "export", "--out", out, "--outcome", "reject", *data]) == 0
    before = rows(chosen)
    ledger = Ledger.open(chosen)
    with ledger.log.write_engine.begin() as connection:
        connection.execute(sa.text("UPDATE decision SET outcome = 'approve' WHERE log_index = 3"))
    ledger.close()
    assert run(["audit", "rebuild", "--check", *data]) == 1
    assert "table decision, entry 3: row 3: outcome is `approve`" in capsys.readouterr().err
    for _ in range(2):
        assert run(["audit", "rebuild", *data]) == 0
        assert rows(chosen) == before
    assert run(["audit", "verify", *data]) == 0
    assert run(["decisions", "check", out, *data]) == 0
