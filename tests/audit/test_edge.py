"""The right edge of the tree, between two processes that append in turn and after works that were undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit import Keys, Log, startup
from audit.errors import LogRefused
from audit.merkle import Frontier, leaf_hash
from audit.verify import verify_database
from tests.audit.cases import Append, behind_the_guards, opened, place, plain, run, sqlite_only

TURNS = (3, 1, 250, 2, 256, 255, 1, 600, 40, 300)


@pytest.fixture
def read_anew(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Count how often the head is read and checked from the beginning."""
    counted: list[Any] = []
    check = startup.check_head

    def counting(*given: Any) -> None:
        counted.append(given)
        check(*given)

    monkeypatch.setattr(startup, "check_head", counting)
    return counted


def test_what_others_append_is_taken_in(log: Log, tmp_path: Path, read_anew: list[Any]) -> None:
    """Two that append in turn, past the ends of tiles, sign one tree; each reads what is new to it and no more."""
    with opened(tmp_path) as one, opened(tmp_path) as other:
        run(one, [plain(one, 10_000)])
        run(other, [plain(other, 10_001)])
        read_anew.clear()
        for turn, count in enumerate(TURNS):
            mine = (one, other)[turn % 2]
            run(mine, [plain(mine, 1_000 * turn + number) for number in range(count)])
        leaves = [leaf_hash(one.entry(index)) for index in range(one.size())]

        assert one.checkpoint().root == other.checkpoint().root == Frontier().extend(leaves).root()
    assert one.size() == sum(TURNS) + 2
    assert read_anew == []
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


@sqlite_only
@pytest.mark.parametrize(
    "change",
    ["UPDATE audit_entry SET entry = CAST(replace(CAST(entry AS TEXT), 'noted', 'voted') AS BLOB) WHERE idx = 4",
     "UPDATE audit_entry SET leaf_hash = zeroblob(32) WHERE idx = 4",
     "UPDATE audit_checkpoint SET note = 'anything' WHERE size = 5",
     "UPDATE audit_meta SET value = 'another' WHERE name = 'vkey'"],
)  # fmt: skip
def test_what_was_changed_after_another_appended_it_is_not_signed(log: Log, tmp_path: Path, change: str) -> None:
    """An entry that does not hash to its leaf, a head nobody signed, another key: the writer refuses to go on."""
    run(log, [plain(log, number) for number in range(3)])
    with opened(tmp_path) as other:
        run(other, [plain(other, number) for number in range(3, 5)])
    behind_the_guards(tmp_path / "grounds.db", change)
    with log.write_engine.connect() as connection, connection.begin(), pytest.raises(LogRefused):
        plain(log, 9)(connection)


def test_an_undone_work_costs_no_reading(log: Log, tmp_path: Path, read_anew: list[Any]) -> None:
    """After a work that failed the edge is where it was before, and the next entries stand on that."""

    def poisoned(number: int, count: int) -> Append:
        def work(connection: Any) -> int:
            for each in range(count):
                plain(log, number + each)(connection)
            raise ZeroDivisionError

        return work

    works = [plain(log, 100), poisoned(200, 3), plain(log, 101), poisoned(300, 1), poisoned(400, 2)]
    with pytest.raises(ZeroDivisionError):
        run(log, works)
    run(log, [plain(log, 102)])

    assert read_anew == []
    assert log.size() == 3
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()
