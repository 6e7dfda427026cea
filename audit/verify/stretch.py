"""Stretches: a log cut into pieces that can be checked in several processes and put together again in order."""

from __future__ import annotations

import gc
import multiprocessing
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from audit.verify.report import Draft
from audit.verify.tree import STRETCH, Crown, Heads, Signed, Sprout

BEFORE_ALL = -(2**63)
WORTH_A_PROCESS = 4 * STRETCH
"""Entries below which starting a second process costs more than it saves."""


class Stretch(NamedTuple):
    """Entries `start` to `stop`, exclusive; `start` is a multiple of `STRETCH`."""

    since: int  #: where the stretch before ended: what lies between belongs to no entry
    start: int
    stop: int


class Outcome(NamedTuple):
    """What was found in a stretch, as far as it can be told without the stretches before it."""

    size: int  #: entries read
    root: bytes  #: over these alone
    tiles: list[bytes]  #: roots of its full tiles of level 0
    heads: list[Signed]  #: checkpoints stored for its sizes
    roots: dict[int, bytes]  #: size of the log -> root over the leaves of this stretch below it
    draft: Draft


class Milestones:
    """The sizes at which a growing tree's root is wanted."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = iter(sorted(set(sizes)))
        self._next = next(self._sizes, None)
        self.roots: dict[int, bytes] = {}  #: what `Outcome` calls so

    def grow(self, sprout: Sprout, leaves: list[bytes]) -> None:
        """Let a tree grow by leaf hashes, and note the roots it has on the way."""
        until = sprout.start + sprout.size + len(leaves)
        if self._next is None or self._next > until:
            sprout.extend(leaves, ())
        else:
            self.roots |= sprout.extend(leaves, list(self._up_to(until)))

    def pass_by(self, sprout: Sprout) -> None:
        """Note the root if the tree has one of the sizes now, before it grows."""
        size = sprout.start + sprout.size
        if size in self._up_to(size):
            self.roots[size] = sprout.root()

    def _up_to(self, size: int) -> Iterator[int]:
        while self._next is not None and self._next <= size:
            yield self._next
            self._next = next(self._sizes, None)


def planned(end: int, following: Callable[[int], int | None]) -> Iterator[Stretch]:
    """Cut a log that ends at `end` into stretches; `following` gives the first index there is from one on.

    Where there are no entries there is no stretch, so that one with an absurd index does not make an absurd number.
    An empty log is one empty stretch.
    """
    since = BEFORE_ALL
    if end <= 0:
        yield Stretch(since, 0, 0)
        return
    while since < end and (index := following(since)) is not None:
        start = max(0, index - index % STRETCH)
        stop = min(start + STRETCH, end)
        yield Stretch(since, start, stop)
        since = stop


def cores() -> int:
    """Return how many processes can run at once here."""
    return len(os.sched_getaffinity(0))


def outcomes(check: Callable[[Stretch], Outcome], stretches: Sequence[Stretch], processes: int) -> Iterator[Outcome]:
    """Check stretches, in at most so many processes as far as they are worth it, and give the outcomes in order.

    `check` is sent to the other processes, so it must be a value that can be pickled.
    """
    entries = sum(each.stop - each.start for each in stretches)
    processes = min(processes, entries // WORTH_A_PROCESS)
    if processes < 2:
        yield from map(check, stretches)
        return
    # A fresh interpreter: a fork would copy the locks of threads that are not there. What is read there makes no
    # cycles, and looking for them costs a tenth.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=gc.disable) as pool:
        yield from pool.map(check, stretches)


class Assembly:
    """Puts outcomes together: one tree, the checkpoints held against it, one report."""

    def __init__(self, crown: Crown, known: Sequence[Signed], draft: Draft) -> None:
        self.crown, self._known, self._draft = crown, known, draft
        self._stored, self._outside = Heads(draft), Heads(draft)

    def add(self, stretch: Stretch, outcome: Outcome) -> None:
        """Take in the next stretch."""
        for heads, signed in (self._stored, outcome.heads), (self._outside, between(self._known, stretch)):
            for each in signed:
                local = outcome.roots.get(each.size)
                heads.compare(each, None if local is None else self.crown.root(local))
        self._draft.join(outcome.draft)
        self._draft.entries += outcome.size
        self._draft.root = self.crown.root(outcome.root)
        self.crown.add(outcome.root, outcome.tiles)

    def finish(self, beyond: Sequence[Signed], last: int) -> None:
        """Report checkpoints that differ; `beyond` are stored ones of more entries than end at `last`."""
        for each in beyond:
            self._stored.compare(each, None)
        for each in self._known[bisect_right(self._known, last, key=lambda signed: signed.size) :]:
            self._outside.compare(each, None)
        entries = self._draft.entries
        self._draft.uncovered = max(0, entries - self._stored.newest)
        self._stored.finish(entries)
        self._outside.finish(entries)


def between(heads: Sequence[Signed], stretch: Stretch) -> Sequence[Signed]:
    """Give those of `heads`, sorted by size, whose size lies in a stretch; its beginning belongs to the one before."""
    first = bisect_right(heads, stretch.since, key=lambda signed: signed.size)
    return heads[first : bisect_right(heads, stretch.stop, key=lambda signed: signed.size)]
