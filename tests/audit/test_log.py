"""The log itself: one gapless order, exact deduplication, and proofs at every size."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit import AuditError, CheckpointMissing, EntryConflict, Keys, Log, Writer
from audit.driver import driver_of
from audit.entry import encode
from audit.errors import EntryRefused, LogRefused, NoSuchEntry
from audit.merkle import Frontier, leaf_hash
from audit.proofs import check_consistency, check_inclusion
from audit.receipt import Receipt
from audit.sqlite.connections import WRITER_SPILLS_PAGES
from audit.tree import Tree
from tests.audit.cases import (
    NOW,
    behind_the_guards,
    clock,
    entry,
    event,
    one_by_one,
    opened,
    place,
    plain,
    run,
    sqlite_only,
)


def test_entries_are_kept_as_written_in_one_order(log: Log) -> None:
    """Entries get the indexes 0, 1, 2, ... and come back byte for byte."""
    assert run(log, [plain(log, number, note="é\n") for number in range(300)]) == list(range(300))
    assert log.size() == 300
    assert [log.entry(index) for index in (0, 255, 299)] == [encode(entry(n, note="é\n")) for n in (0, 255, 299)]


def test_an_empty_log_is_signed(log: Log) -> None:
    """A new log has a checkpoint of size 0 under its origin."""
    checkpoint = log.checkpoint()

    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (log.origin, 0, Frontier().root())
    assert log.origin.startswith("grounds.local/")


def test_a_named_log_keeps_its_name(store: str, tmp_path: Path) -> None:
    """A name given when the log is made is its origin; another name later is refused, none is fine."""
    keys = Keys.open(tmp_path, NOW)
    Log.open(place(tmp_path), keys, "credit.example/log").close()
    again = Log.open(place(tmp_path) if store == "postgres" else f"sqlite:///{place(tmp_path)}", keys)
    again.close()

    assert again.origin == "credit.example/log"
    with pytest.raises(LogRefused, match="point to the right database"):
        Log.open(place(tmp_path), keys, "other.example/log")


def test_the_same_event_is_recorded_once(log: Log) -> None:
    """The same id with the same bytes gives the first index, with other bytes EntryConflict; nothing is added."""
    run(log, [plain(log, 1), plain(log, 2)])

    assert run(log, [plain(log, 1), plain(log, 2), plain(log, 3)]) == [0, 1, 2]
    with pytest.raises(EntryConflict) as caught:
        run(log, [plain(log, 2, more=True)])
    assert (caught.value.event_id, caught.value.index) == (event(2), 1)
    assert log.size() == 3


def test_an_append_outside_a_transaction_is_refused(log: Log) -> None:
    """An append that would commit by itself, past the writer, is refused."""
    with log.write_engine.connect() as connection, pytest.raises(AuditError, match="needs a transaction"):
        log.append(connection, event(1), entry(1))
    assert log.size() == 0


def test_the_reading_side_cannot_write(log: Log) -> None:
    """Connections of `engine` refuse to change anything."""
    with log.engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match=r"read-?only|permission denied"):
        connection.exec_driver_sql("INSERT INTO audit_meta VALUES ('a', 'b')")
    assert log.size() == 0


def test_a_refused_entry_leaves_no_trace(log: Log) -> None:
    """An entry outside the profile fails and takes no index."""
    with pytest.raises(EntryRefused):
        run(log, [plain(log, 1, amount=1.5)])
    assert run(log, [plain(log, 2)]) == [0]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600])
def test_proofs_hold_at_every_size(log: Log, size: int) -> None:
    """Inclusion and consistency proofs from stored tiles and rows pass their checks at tile edges and between."""
    run(log, [plain(log, number) for number in range(size)])
    leaves = [leaf_hash(log.entry(index)) for index in range(size)]
    roots = {each: Frontier().extend(leaves[:each]).root() for each in {1, size // 2, size - 1, size} if each > 0}

    assert log.checkpoint().root == roots[size]
    for old, root in roots.items():
        check_consistency(old, size, root, roots[size], log.consistency_proof(old, size))
        for index in {0, old // 2, old - 1}:
            check_inclusion(leaves[index], index, old, log.inclusion_proof(index, old), root)


def test_two_levels_of_tiles(log: Log) -> None:
    """Past 65,536 entries, where a tile of tiles fills, roots and proofs still agree with the plain tree."""
    with Writer(log, clock, bound=70_000) as writer:
        for future in [writer.submit(plain(log, number)) for number in range(65_800)]:
            future.result(60)
    leaves = [leaf_hash(encode(entry(number))) for number in range(65_800)]
    root = Frontier().extend(leaves).root()

    assert log.checkpoint().root == root
    for index in (0, 65_535, 65_536, 65_799):
        check_inclusion(leaves[index], index, 65_800, log.inclusion_proof(index, 65_800), root)
    old = Frontier().extend(leaves[:65_537]).root()
    check_consistency(65_537, 65_800, old, root, log.consistency_proof(65_537, 65_800))


@pytest.mark.parametrize("index", [-1, 3, 2**63, 2**80])
def test_what_is_not_there_is_refused(log: Log, index: int) -> None:
    """An index outside the log is NoSuchEntry, however far outside."""
    run(log, [plain(log, number) for number in range(3)])
    asks: list[Callable[[], object]] = [
        lambda: log.entry(index),
        lambda: log.checkpoint_covering(index),
        lambda: log.receipt(index),
        lambda: log.inclusion_proof(index, 3),
        lambda: log.inclusion_proof(0, index + 1 if index > 0 else -1),
        lambda: log.consistency_proof(0, index + 1 if index > 0 else -1),
    ]
    for ask in asks:
        with pytest.raises(NoSuchEntry):
            ask()


def test_a_receipt_is_the_same_for_ever(log: Log) -> None:
    """The receipt of an entry is under the first checkpoint that covers it, and stays so while the log grows."""
    one_by_one(log, [plain(log, number) for number in range(5)])
    first = log.receipt(2)
    run(log, [plain(log, number) for number in range(5, 400)])

    assert log.receipt(2) == first
    assert log.checkpoint_covering(2).size == 3
    assert Receipt.parse(first).check(log.entry(2), log.vkey) == log.checkpoint_covering(2)


def test_an_entry_no_checkpoint_covers_says_so(log: Log) -> None:
    """Between commit and checkpoint an entry has no receipt yet, which is not the same as not being there."""
    with log.write_engine.begin() as connection:
        log.append(connection, event(1), entry(1))

    with pytest.raises(CheckpointMissing):
        log.receipt(0)


@sqlite_only
def test_files_are_private(log: Log, tmp_path: Path) -> None:
    """The database and its companions can be read by their owner only."""
    run(log, [plain(log, 1)])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("grounds.db*")}

    assert modes == dict.fromkeys(
        ["grounds.db", "grounds.db-moving", "grounds.db-shm", "grounds.db-turn", "grounds.db-wal"], 0o600
    )


@sqlite_only
def test_a_commit_waits_for_the_disk(log: Log) -> None:
    """The writing connection uses a write-ahead log with synchronous=FULL and overwrites what it deletes."""
    with log.write_engine.connect() as connection:
        settings = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        secure = connection.exec_driver_sql("PRAGMA secure_delete").scalar()

    assert (settings, secure) == (["wal", 2], 1)


@sqlite_only
def test_a_long_transaction_does_not_stay_in_memory(log: Log, tmp_path: Path) -> None:
    """What a transaction changes goes to the write-ahead log ahead of its commit if it is much, not if it is some."""
    ahead = next(tmp_path.rglob("*.db-wal"))
    with log.write_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE much (page BLOB)")
        held = [_ahead_of_commit(connection, ahead, pages) for pages in (1_000, WRITER_SPILLS_PAGES)]

    assert held == [False, True]


def _ahead_of_commit(connection: sa.Connection, ahead: Path, pages: int) -> bool:
    before = ahead.stat().st_size
    numbers = f"WITH RECURSIVE each(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM each LIMIT {pages})"
    connection.exec_driver_sql(f"{numbers} INSERT INTO much SELECT zeroblob(4000) FROM each")
    return ahead.stat().st_size > before


def test_another_kind_of_database_is_refused(tmp_path: Path) -> None:
    """A URL of a database that cannot hold a log says so, without its password."""
    with pytest.raises(LogRefused, match=r"`mysql://me:\*\*\*@localhost/grounds` is no place for a log"):
        Log.open("mysql://me:secret@localhost/grounds", Keys.open(tmp_path, NOW))


def test_a_reader_that_outlives_the_log_lets_go_when_it_is_done(log: Log) -> None:
    """Closing interrupts nobody, and leaves no connection to the garbage collector."""
    reader = log.engine.connect()
    driver, failures = driver_of(reader), reader.dialect.loaded_dbapi.Error
    log.close()

    assert Tree(reader).size() == 0
    reader.close()
    with pytest.raises(failures, match="closed"):
        driver.execute("SELECT 1")


def test_a_second_process_is_noticed(store: str, tmp_path: Path) -> None:
    """Two writers on one database take turns without a gap or a stale tree."""
    with opened(tmp_path) as one, opened(tmp_path) as other:
        for turn in range(6):
            log = (one, other)[turn % 2]
            assert run(log, [plain(log, 10 * turn + each) for each in range(3)]) == [
                3 * turn,
                3 * turn + 1,
                3 * turn + 2,
            ]
        leaves = [leaf_hash(one.entry(index)) for index in range(18)]

        assert one.checkpoint() == other.checkpoint()
        assert one.checkpoint().root == Frontier().extend(leaves).root()


def test_a_rolled_back_transaction_is_forgotten(log: Log) -> None:
    """After a rollback the next entry takes the index again and the tree knows nothing of what was undone."""
    run(log, [plain(log, 0)])
    with log.write_engine.connect() as connection:
        connection.begin()
        log.append(connection, event(1), entry(1))
        connection.rollback()
    run(log, [plain(log, 2)])

    leaves = [leaf_hash(encode(entry(number))) for number in (0, 2)]
    assert log.checkpoint().root == Frontier().extend(leaves).root()


@pytest.mark.parametrize("undo", ["by hand", "nested"])
def test_an_undone_entry_is_not_signed_in_place_of_another_process_s(store: str, tmp_path: Path, undo: str) -> None:
    """An entry rolled back to a savepoint leaves the remembered tree no longer than one appended by somebody else."""
    with opened(tmp_path) as log, opened(tmp_path) as other:
        with log.write_engine.begin() as connection:
            if undo == "by hand":
                connection.exec_driver_sql("SAVEPOINT mine")
                log.append(connection, event(1), entry(1))
                connection.exec_driver_sql("ROLLBACK TO mine")
            else:
                nested = connection.begin_nested()
                log.append(connection, event(1), entry(1))
                nested.rollback()
        run(other, [plain(other, 2)])
        with log.write_engine.begin() as connection:
            log.append(connection, event(3), entry(3))
        with log.write_engine.begin() as connection:
            log.sign(connection)

        leaves = [leaf_hash(encode(entry(number))) for number in (2, 3)]
        assert log.checkpoint().root == Frontier().extend(leaves).root()


def test_a_tree_changed_underneath_is_not_signed(tmp_path: Path) -> None:
    """When the tree must be read again and no longer agrees with what was signed, appending stops."""
    with opened(tmp_path) as log:
        run(log, [plain(log, number) for number in range(300)])
        behind_the_guards(tmp_path / "grounds.db", "UPDATE audit_tile SET root = zeroblob(32)")
        log.forget()
        with pytest.raises(LogRefused):
            run(log, [plain(log, 300)])
