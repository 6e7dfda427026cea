"""The tree, recomputed from entries, held against stored tiles and signed checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from audit.checkpoint import Checkpoint
from audit.merkle import Frontier, root_of
from audit.tiles import WIDTH, Tile
from audit.verify.report import Draft

SeeTile = Callable[[Tile, bytes, bytes], None]
"""Called with a tile, the hashes it must hold and their root."""


class Grown:
    """A tree growing leaf by leaf; each tile is shown to `see` once it is full, and partial ones at the end."""

    def __init__(self, see: SeeTile) -> None:
        self.frontier = Frontier()
        self.full: list[int] = []  #: full tiles of each level
        self._see = see
        self._open: list[list[bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf hash."""
        self.frontier = self.frontier.append(leaf)
        self._push(0, leaf)

    def finish(self) -> None:
        """Show the partial tiles at the right edge."""
        for level, hashes in enumerate(self._open):
            if hashes:
                self._see(Tile(level, self.full[level], len(hashes)), b"".join(hashes), root_of(hashes))

    def _push(self, level: int, found: bytes) -> None:
        if level == len(self._open):
            self._open.append([])
            self.full.append(0)
        hashes = self._open[level]
        hashes.append(found)
        if len(hashes) == WIDTH:
            root = root_of(hashes)
            self._see(Tile(level, self.full[level]), b"".join(hashes), root)
            hashes.clear()
            self.full[level] += 1
            self._push(level + 1, root)


class Signed(NamedTuple):
    """A checkpoint whose signature was checked, and where it was found."""

    size: int
    root: bytes
    where: str

    @classmethod
    def of(cls, checkpoint: Checkpoint, where: str) -> Signed:
        """Keep what is compared of a checkpoint."""
        return cls(checkpoint.size, checkpoint.root, where)


class Heads:
    """Checkpoints by size, held against the tree as it passes their sizes."""

    def __init__(self, signed: Iterable[Signed], draft: Draft) -> None:
        self._draft = draft
        self._signed: Iterator[Signed] = iter(signed)
        self._next = next(self._signed, None)
        self._differing: list[str] = []
        self.newest = 0  #: the largest size seen

    def at(self, frontier: Frontier) -> None:
        """Compare what was signed at the size the tree has now."""
        while self._next is not None and self._next.size <= frontier.size:
            self.newest = self._next.size
            if self._next.size < frontier.size or self._next.root != frontier.root():
                self._differing.append(self._next.where)
            self._next = next(self._signed, None)

    def finish(self, size: int) -> None:
        """Report those that differ, once for all: after one change every later root differs."""
        if self._differing:
            count = len(self._differing)
            others = f" (and {count - 1} more, up to {self._differing[-1]})" if count > 1 else ""
            self._draft.add(self._differing[0], f"its root is not that of the entries{others}")
        while self._next is not None:
            self._draft.add(self._next.where, f"covers more entries than the {size} that are there")
            self._next = next(self._signed, None)
