"""Who moves the write-ahead log, by the real code against a model of the log: in any order, no commit can be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.sqlite import moving
from audit.sqlite.moving import SUFFIX, Mover
from audit.sqlite.turns import Turn


class Shared:
    """The write-ahead log as SQLite's processes share it: how long it is, and how much of that was moved."""

    def __init__(self) -> None:
        self.length = self.moved = self.begun_anew = 0
        self.idle = 0  #: moves under way that had nothing to move when they began

    def move(self, meanwhile: Callable[[], object]) -> tuple[int, int, int]:
        """Move what is there now, while other things happen."""
        length, nothing = self.length, self.moved == self.length
        self.idle += nothing
        meanwhile()
        self.idle -= nothing
        assert nothing or self.moved < self.length  # nobody else moved it meanwhile
        self.moved = length
        return 0, length, self.moved

    def write(self, pages: int) -> None:
        """Write a transaction, from the beginning if all was moved."""
        if self.length and self.moved == self.length:
            assert not self.idle, "SQLite may lose a commit now"
            self.length = self.moved = 0
            self.begun_anew += 1
        self.length += pages


class Rows:
    """What a statement found."""

    def __init__(self, row: tuple[int, int, int]) -> None:
        self.fetchone = lambda: row


class Process:
    """One that writes and moves: the mover is real, what it talks to is not, and its thread runs when told to."""

    def __init__(self, folder: Path, shared: Shared) -> None:
        self.shared = shared
        self.ran = 0  #: threads that have moved
        self.mover = Mover(folder / "log", lambda: self, 0.0)  # type: ignore[arg-type,return-value]
        self.elsewhere = Turn(folder / "log", 0.0, SUFFIX)
        self.others: Callable[[], object] = lambda: None

    def commit(self, pages: int, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Commit a transaction that writes so many pages; others may move them before this one goes on."""
        if pages:
            self.mover.sent(pages)
        self.mover.committing()
        if pages:
            self.shared.write(pages)
        meanwhile()
        self.mover.committed(Here(self.shared))  # type: ignore[arg-type]

    def run(self, meanwhile: Callable[[], object]) -> None:
        """Let the thread move, if it was begun and has not run yet, while other things happen."""
        thread: Any = self.mover._thread
        if thread is not None and thread.waits:
            thread.waits, self.others = False, meanwhile
            thread.target()
            thread.done = True
            self.ran += 1
            assert self.elsewhere.have()
            self.elsewhere.give()

    def execute(self, text: str) -> Any:
        """Do what the thread asks."""
        moved = self.shared.move(self.others) if "checkpoint" in text else (0, 0, 0)
        return Rows(moved)

    def close(self) -> None:
        """Be the thread's connection, which it closes."""


class Here:
    """The connection that writes, inside its turn."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def execute(self, _text: str) -> Any:
        """Move; nobody writes meanwhile."""
        moved = self.shared.move(lambda: None)
        return Rows(moved)


class Later:
    """A thread that runs when told to."""

    def __init__(self, target: Callable[[], None], **_: object) -> None:
        self.target, self.waits, self.done = target, True, False

    def start(self) -> None:
        """Wait to be told."""

    def join(self) -> None:
        """Be waited for."""

    def is_alive(self) -> bool:
        """Whether it has not run yet."""
        return not self.done


STEP = st.tuples(st.sampled_from(["commit", "commit", "commit", "run"]), st.integers(0, 1), st.sampled_from([0, 3]))


@given(script=st.lists(STEP, max_size=60), data=st.data())
@settings(max_examples=500, deadline=None)
def test_nobody_begins_to_move_what_is_moved(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    """However two processes take turns, no log begins anew while somebody moves who found nothing to move."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving, "PAGES_AHEAD", 8)
        patch.setattr(moving, "_OF_A_COMMIT", 1)
        patch.setattr(moving, "Thread", Later)
        shared, folder = Shared(), tmp_path_factory.mktemp("moving")
        both = [Process(folder, shared) for _ in range(2)]

        def play(steps: list[tuple[str, int, int]]) -> None:
            for what, who, pages in steps:
                if what == "commit":
                    other = both[1 - who]
                    moves = data.draw(st.booleans())
                    both[who].commit(pages, lambda other=other, moves=moves: moves and other.run(lambda: None))  # type: ignore[misc]
                else:
                    inner = [step for step in data.draw(st.lists(STEP, max_size=5)) if step[0] == "commit"]
                    both[who].run(lambda inner=inner: play(inner))  # type: ignore[misc]  # a lambda's default

        play(script)
        for each in both:
            each.mover._lock.close()  # whose thread may never have run
            each.elsewhere.close()


def test_who_is_about_to_move_says_so_before_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process's thread moves all of it between a commit and what follows it: there is nothing to begin then."""
    monkeypatch.setattr(moving, "PAGES_AHEAD", 8)
    monkeypatch.setattr(moving, "Thread", Later)
    shared = Shared()
    mine, other = (Process(tmp_path, shared) for _ in range(2))
    other.commit(9)
    mine.commit(9, lambda: other.run(lambda: None))
    mine.run(lambda: other.commit(3))
    assert (other.ran, mine.ran) == (1, 0)
    mine.commit(9)
    mine.run(lambda: other.commit(3))
    assert mine.ran == 1
    for each in (mine, other):
        each.mover.close()
        each.elsewhere.close()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    """Give a process nobody disturbs."""
    monkeypatch.setattr(moving, "PAGES_AHEAD", 300)
    monkeypatch.setattr(moving, "Thread", Later)
    process = Process(tmp_path, Shared())
    yield process
    process.mover.close()
    process.elsewhere.close()


def test_it_begins_anew_again_and_again(alone: Process) -> None:
    """Thread and commit move all of it between them, once for every so many pages."""
    for _ in range(1_000):
        alone.commit(3)
        alone.run(lambda: None)

    assert 5 < alone.ran < 40
    assert alone.ran <= alone.shared.begun_anew <= 2 * alone.ran  # after the thread, and after the commit


def test_it_is_moved_again_after_another_process_did(alone: Process) -> None:
    """Who finds the log just begun anew does not take that for how it grows, and moves it when it has grown."""
    for _ in range(400):
        alone.commit(3)
        alone.run(lambda: None)
        alone.shared.length = alone.shared.moved = 0  # by another process, again and again
    before = alone.ran
    for _ in range(400):
        alone.commit(3)
        alone.run(lambda: None)

    assert before > 1
    assert alone.ran > before


def test_a_thread_moves_what_came_in_while_one_moved(alone: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as that is much; then a commit moves the rest. One that writes nothing begins no thread."""
    monkeypatch.setattr(moving, "_OF_A_COMMIT", 0)
    much, little = 300, 3
    alone.commit(much)
    for came, again in ((much, True), (much, True), (little, False)):
        alone.run(lambda came=came: alone.commit(came))  # type: ignore[misc]  # a lambda's default
        alone.commit(1)
        assert (alone.mover._thread is not None) is again
    assert alone.ran == 3
    assert alone.shared.moved == alone.shared.length

    alone.commit(much)
    alone.run(lambda: alone.commit(much))
    alone.commit(0)
    assert alone.mover._thread is None
    assert alone.shared.moved == alone.shared.length


def test_threads_give_up_on_catching_up(alone: Process) -> None:
    """Where more comes in than they move, a commit moves the rest after a few of them."""
    alone.commit(300)
    for _ in range(moving._MOST_TIMES):
        alone.run(lambda: alone.commit(600))
        alone.commit(300)
    assert alone.ran == moving._MOST_TIMES
    assert alone.mover._thread is None
    assert alone.shared.moved == alone.shared.length


def test_nothing_is_moved_once_the_disk_failed(alone: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was moved may not be there, so the log stays as it is, and nobody is told that it was emptied."""
    monkeypatch.setattr(moving, "flush", lambda _database: False)
    alone.commit(300)
    alone.run(lambda: alone.commit(3))
    for _ in range(100):
        alone.commit(300)
        alone.run(lambda: None)

    assert (alone.ran, alone.shared.begun_anew) == (1, 0)
    assert alone.shared.moved < alone.shared.length
    assert not alone.mover.alone()


def test_a_commit_that_fails_lets_others_move(alone: Process) -> None:
    """It has the lock by then if it was to begin a move; whoever rolls it back gives that up."""
    alone.mover.sent(300)
    alone.mover.committing()
    assert not alone.elsewhere.have()
    alone.mover.undone()
    assert alone.elsewhere.have()
    alone.elsewhere.give()


def test_the_rest_is_left_while_another_moves(alone: Process) -> None:
    """A commit that would move the rest does nothing while another process has the lock."""
    while not alone.ran:
        alone.commit(3)
        alone.run(lambda: None)
    assert alone.elsewhere.have()
    alone.commit(3)

    assert (alone.shared.moved, alone.shared.length) == (0, 3)
    alone.elsewhere.give()


def test_who_is_kept_from_moving_tries_again(alone: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """When somebody moves who knows no lock there are no figures: that is not taken for all being moved."""
    monkeypatch.setattr(Here, "execute", lambda _here, _text: Rows((1, -1, -1)))
    for _ in range(200):
        alone.commit(3)
        alone.run(lambda: None)

    assert alone.mover._rows == 200 * (3 + moving._OF_A_COMMIT)
    assert 1 < alone.ran < 100
