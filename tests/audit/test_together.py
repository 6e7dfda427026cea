"""Many entries in one go: the log they lead to is the one that appending them one by one leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audit import Committer, Job, Keys, Log, Writer
from audit.entry import encode
from audit.errors import EntryRefused
from audit.job import Appended
from audit.merkle import Frontier, leaf_hash
from audit.verify import verify_database
from tests.audit.cases import NOW, clock, content, entry, event, one_by_one, opened, place, plain, run
from tests.audit.test_writer import busy

Several = Callable[[sa.Connection], list[int]]

LEAVES = [leaf_hash(encode(entry(number))) for number in range(1_300)]


def together(log: Log, numbers: Iterable[int], **fields: object) -> Several:
    """Give a work that appends entries in one go."""
    entries = [(event(number), entry(number, **fields), None) for number in numbers]
    return lambda connection: log.append_all(connection, entries)


def sealing_all(log: Log, numbers: Sequence[int]) -> Several:
    """Give a work that appends entries in one go, every other one with a sealed part."""

    def work(connection: sa.Connection) -> list[int]:
        subject = log.vault.subject(connection, "person", NOW)
        parts = [(subject, event(number), "noted", b"%d" % number) for number in numbers[::2]]
        sealed = dict(zip(numbers[::2], log.vault.seal_all(connection, parts), strict=True))
        about = {number: {"subject": subject, "sealed": part.commitment} for number, part in sealed.items()}
        return log.append_all(
            connection,
            [(event(each), entry(each, **about.get(each, {})), sealed.get(each)) for each in numbers],
        )

    return work


def poisoned(work: Several) -> Several:
    """Give a work that does another one and fails."""

    def failing(connection: sa.Connection) -> list[int]:
        work(connection)
        raise ZeroDivisionError

    return failing


def root(size: int) -> bytes:
    """Give the root over the first entries."""
    return Frontier().extend(LEAVES[:size]).root()


@settings(max_examples=15)
@given(before=st.integers(0, 300), counts=st.lists(st.integers(0, 300), min_size=1, max_size=3))
@example(before=250, counts=[20])
@example(before=0, counts=[300, 0, 212])
@example(before=255, counts=[1, 256, 1])
@example(before=0, counts=[1, 1_024])
def test_many_at_once_stand_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, before: int, counts: list[int]
) -> None:
    """However many come at once and wherever tiles end: indexes, roots, entries and tiles are the same to the byte."""
    folders, size = [tmp_path_factory.mktemp(name) for name in ("together", "apart")], before
    with opened(folders[0]) as log, opened(folders[1]) as other:
        for each in (log, other):
            run(each, [plain(each, number) for number in range(before)])
        for count in counts:
            numbers = range(size, size + count)
            with log.write_engine.begin() as connection:
                assert together(log, numbers)(connection) == [*numbers]
                log.sign(connection)
            with other.write_engine.begin() as connection:
                assert [plain(other, number)(connection) for number in numbers] == [*numbers]
                other.sign(connection)
            size += count
            assert log.checkpoint().root == other.checkpoint().root == root(size)
    found, expected = (content(folder / "grounds.db") for folder in folders)

    assert found
    assert expected
    assert found["audit_entry"] == expected["audit_entry"]
    assert found["audit_tile"] == expected["audit_tile"]
    assert (len(found["audit_entry"]), len(found["audit_tile"])) == (size, size // 256)


@pytest.mark.parametrize("counts", [(250, 20), (300,), (255, 257, 1)])
def test_parts_go_with_their_own_entries(log: Log, tmp_path: Path, counts: tuple[int, ...]) -> None:
    """Sealed parts of many entries open each beside its own, also past the end of a tile, and all of it verifies."""
    starts = [sum(counts[:turn]) for turn in range(len(counts))]
    numbers = [range(start, start + count) for start, count in zip(starts, counts, strict=True)]
    with Writer(log, clock) as writer:
        indexes = [writer.submit(sealing_all(log, each)).result(30) for each in numbers]
    with log.engine.connect() as connection:
        parts = [log.vault.open(connection, index) for each in numbers for index in each[::2]]

    assert indexes == [[*each] for each in numbers]
    assert parts == [b"%d" % number for each in numbers for number in each[::2]]
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_all_of_a_work_are_covered_when_it_is_answered(log: Log, writer: Writer) -> None:
    """Right after the answer one checkpoint covers all entries of the work, and the writer knew which were new."""

    def telling(connection: sa.Connection) -> list[Appended]:
        together(log, range(1, 4))(connection)
        return [*log.appended]

    writer.submit(plain(log, 0)).result(30)
    appended = writer.submit(telling).result(30)

    assert appended == [Appended(event(number), number, LEAVES[number]) for number in range(1, 4)]
    assert [log.covering_size(index) for index in range(4)] == [1, 4, 4, 4]
    assert [log.checkpoint_covering(index).size for index in range(4)] == [1, 4, 4, 4]
    assert log.checkpoint().root == root(4)


WRONG: dict[str, list[tuple[int, dict[str, bool]]]] = {
    "other bytes": [(7, {}), (0, {"more": True}), (8, {})],
    "the same bytes": [(7, {}), (0, {}), (8, {})],
    "twice among them": [(7, {}), (8, {}), (7, {})],
}


@pytest.mark.parametrize("case", WRONG)
def test_an_event_that_is_there_undoes_the_whole_work(log: Log, writer: Writer, tmp_path: Path, case: str) -> None:
    """Who says that all are new, and is wrong, has recorded nothing; others of the batch take their places."""
    entries = [(event(number), entry(number, **fields), None) for number, fields in WRONG[case]]
    writer.submit(plain(log, 0)).result(30)
    with busy(writer):
        works = plain(log, 1), lambda connection: log.append_all(connection, entries), plain(log, 7)
        first, bad, then = map(writer.submit, works)

    assert "audit_entry" in str(bad.exception(30))
    assert (first.result(30), then.result(30)) == (1, 2)
    assert log.checkpoint().size == log.size() == 3
    assert log.checkpoint().root == Frontier().extend([LEAVES[each] for each in (0, 1, 7)]).root()
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_there_keeps_its_place(log: Log, announced: bool) -> None:
    """Known events give their first index, one that is appended twice gets one, and the others follow without a gap."""

    def telling(connection: sa.Connection) -> tuple[list[int], list[str]]:
        indexes = [plain(log, number)(connection) for number in numbers]
        return indexes, [each.event_id for each in log.appended]

    numbers = [5, 1, 3, 5, 0, 2, 4, 3]
    run(log, [plain(log, 0), plain(log, 1)])
    ids = [event(number) for number in numbers] if announced else []
    jobs = [Job(plain(log, 2), [event(2)]), Job(telling, ids), Job(together(log, [6, 8]))]
    Committer(log, clock).run(jobs)

    assert jobs[1].result == ([3, 1, 4, 3, 0, 2, 5, 4], [event(5), event(3), event(4)])
    assert jobs[2].result == [6, 7]
    assert log.size() == 8


@pytest.mark.parametrize(("before", "count"), [(3, 4), (250, 20), (250, 6), (0, 600)])
def test_a_work_that_fails_takes_all_its_entries_back(
    log: Log, writer: Writer, tmp_path: Path, before: int, count: int
) -> None:
    """Entries of an undone work leave neither place nor tile behind: the next ones get the same indexes."""
    numbers = range(before, before + count)
    with busy(writer):
        kept = writer.submit(together(log, range(before)))
        bad = writer.submit(poisoned(together(log, range(5_000, 5_000 + count))))
        good = [writer.submit(together(log, each)) for each in (numbers[:2], numbers[2:])]

    assert isinstance(bad.exception(30), ZeroDivisionError)
    assert [kept.result(30), *(each.result(30) for each in good)] == [[*range(before)], [*numbers[:2]], [*numbers[2:]]]
    assert log.checkpoint().root == root(before + count)
    assert verify_database(place(tmp_path), Keys.load(tmp_path)).findings == ()


def test_an_entry_that_is_refused_lets_none_in(log: Log, writer: Writer) -> None:
    """All entries are looked at before the first is added, so even a work that goes on has added nothing."""

    def going_on(connection: sa.Connection) -> int:
        with pytest.raises(EntryRefused):
            log.append_all(connection, [(event(1), entry(1), None), (event(2), entry(2, amount=1.5), None)])
        return plain(log, 3)(connection)

    assert writer.submit(going_on).result(30) == 0
    assert log.size() == 1
    assert one_by_one(log, [plain(log, 1)]) == [1]
