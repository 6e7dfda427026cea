"""The tampering matrix of docs/faults.md: what is done to a log, and who finds it.

A log of 30 entries. A witness cosigned it at 20, an applicant holds the receipt of entry 25. Each attack is looked at
by an audit that has nothing but the verifier key, by one that also has what the witness saw, by one that has the
receipt.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from audit import Keys, Log
from audit.entry import encode
from audit.merkle import leaf_hash
from audit.receipt import Receipt
from audit.verify import verify_database
from tests.audit.cases import behind_the_guards, entry, one_by_one, opened, plain

ORIGIN = "grounds.test/tampered"
ENTRIES, WITNESSED, HELD = 30, 20, 25


class Case(NamedTuple):
    """A log, and what others keep of it."""

    database: Path
    keys: Keys
    vkey: str
    witnessed: str  #: the checkpoint the witness cosigned
    held: str  #: that of the receipt

    def found(self, *known: str) -> bool:
        """Tell whether an audit with these checkpoints finds anything."""
        return not verify_database(self.database, self.vkey, known=known).ok


def write(database: Path, keys: Keys, numbers: list[int]) -> Log:
    """Write a log in order from its first entry: the work of one who holds its keys."""
    log = Log.open(database, keys, ORIGIN)
    one_by_one(log, [plain(log, number) for number in numbers])
    return log


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Give an honest log."""
    with opened(tmp_path):
        keys = Keys.load(tmp_path)
    database = tmp_path / "tampered.db"
    log = write(database, keys, list(range(ENTRIES)))
    held = Receipt.parse(log.receipt(HELD))
    log.close()
    return Case(database, keys, str(log.vkey), log_checkpoint(database, WITNESSED), held.checkpoint)


def log_checkpoint(database: Path, size: int) -> str:
    """Read the checkpoint of a size."""
    with closing(sqlite3.connect(database)) as driver:
        return str(driver.execute("SELECT note FROM audit_checkpoint WHERE size = ?", (size,)).fetchone()[0])


def edit(case: Case) -> None:
    """Edit a row."""
    behind_the_guards(case.database, "UPDATE audit_entry SET entry = CAST(entry || ' ' AS BLOB) WHERE idx = 3")


def edit_and_hash(case: Case) -> None:
    """Exchange an entry and its leaf hash for others that fit each other, without the signing key."""
    forged = encode(entry(3, forged=True))
    behind_the_guards(
        case.database,
        f"UPDATE audit_entry SET entry = x'{forged.hex()}', leaf_hash = x'{leaf_hash(forged).hex()}' WHERE idx = 3",
    )


def anew(case: Case, numbers: list[int]) -> None:
    """Write another history with the stolen key in place of the log."""
    case.database.unlink()
    write(case.database, case.keys, numbers).close()


def cut(case: Case, size: int) -> None:
    """Restore the backup of an earlier size."""
    behind_the_guards(
        case.database,
        f"DELETE FROM audit_entry WHERE idx >= {size}",
        f"DELETE FROM audit_checkpoint WHERE size > {size}",
    )


SAME = list(range(ENTRIES))
ATTACKS: dict[str, tuple[Callable[[Case], None], tuple[bool, bool, bool]]] = {
    #                                                            found by:  the key, the witness, the receipt
    "a row edited": (edit, (True, True, True)),
    "a row edited, its hash too": (edit_and_hash, (True, True, True)),
    "all rewritten with the stolen key": (lambda case: anew(case, [*range(100, 130)]), (False, True, True)),
    "one entry changed, the rest rewritten with the key": (
        lambda case: anew(case, [90, *SAME[1:]]),
        (False, True, True),
    ),
    "an entry left out, with the key": (lambda case: anew(case, [*SAME[:7], *SAME[8:], 90]), (False, True, True)),
    "two entries swapped, with the key": (lambda case: anew(case, [1, 0, *SAME[2:]]), (False, True, True)),
    "the tail cut below what was witnessed": (lambda case: cut(case, 15), (False, True, True)),
    "the tail cut above what was witnessed": (lambda case: cut(case, 22), (False, False, True)),
    "a fork after what was witnessed": (lambda case: anew(case, [*SAME[:20], *range(200, 210)]), (False, False, True)),
    "a fork after the receipt": (lambda case: anew(case, [*SAME[:26], *range(200, 204)]), (False, False, False)),
    "a backup from before": (lambda case: cut(case, 10), (False, True, True)),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_who_finds_what(case: Case, name: str) -> None:
    """Each attack is found by exactly those the matrix names, and an honest log by nobody."""
    assert not case.found(case.witnessed, case.held)
    harm, expected = ATTACKS[name]
    harm(case)

    assert (case.found(), case.found(case.witnessed), case.found(case.held)) == expected


def test_a_split_view_is_found_when_two_heads_meet(case: Case) -> None:
    """Two stories told to two people are each in order; the head that one of them kept refutes the other."""
    ours = log_checkpoint(case.database, ENTRIES)
    anew(case, [*SAME[:20], *range(200, 210)])
    theirs = log_checkpoint(case.database, ENTRIES)

    assert not case.found(theirs, case.witnessed)
    assert case.found(ours)


def test_a_backup_without_its_wal_is_in_order_and_short(case: Case) -> None:
    """A copy that lacks the write-ahead log passes by itself; whoever kept a later head sees that entries are gone."""
    log = Log.open(case.database, case.keys, ORIGIN)
    copied = Path(shutil.copy(case.database, case.database.with_name("copied.db")))
    one_by_one(log, [plain(log, number) for number in range(100, 110)])
    later = log.checkpoint().text
    log.close()

    assert case.found(later) is False
    assert verify_database(copied, case.vkey).ok
    assert {each.where for each in verify_database(copied, case.vkey, known=[later]).findings} == {
        f"known checkpoint of size {ENTRIES + 10}"
    }
