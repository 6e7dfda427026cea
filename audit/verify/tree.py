"""The tree, recomputed from entries stretch by stretch, held against stored tiles and signed checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from audit.checkpoint import Checkpoint
from audit.merkle import Frontier, fold, root_of
from audit.tiles import HEIGHT, WIDTH, Tile
from audit.verify.report import Draft

STRETCH_LEVEL = 14
STRETCH = 1 << STRETCH_LEVEL
"""Entries that are checked by themselves, as one perfect subtree: 64 tiles."""

SeeTile = Callable[[Tile, bytes, bytes], None]
"""Called with a tile, the hashes it must hold and their root."""


class Sprout:
    """The tree over one stretch, growing leaf by leaf; its tiles of level 0 are shown to `see` once they are full.

    It hashes each node once: this is where an audit of many entries spends its time.
    """

    def __init__(self, start: int, see: SeeTile) -> None:
        self.start, self.size = start, 0
        self.tiles: list[bytes] = []  #: roots of its full tiles
        self._see = see
        self._leaves: list[bytes] = []  # of the tile that is not full yet
        self._nodes: list[bytes] = []  # its perfect subtrees, largest first
        self._upper = Frontier()  # over the full tiles

    def add(self, leaf: bytes) -> None:
        """Append a leaf hash."""
        self._leaves.append(leaf)
        nodes, size = self._nodes, self.size
        self.size = size + 1
        for _ in range(HEIGHT):
            if not size & 1:
                break
            leaf = sha256(b"\x01" + nodes.pop() + leaf).digest()
            size >>= 1
        nodes.append(leaf)
        if len(self._leaves) == WIDTH:
            self._show()

    def extend(self, leaves: list[bytes], wanted: Sequence[int]) -> dict[int, bytes]:
        """Append leaf hashes; return the roots at those sizes of the log, all among what is passed on the way."""
        if len(leaves) == WIDTH and not self._leaves:
            return self._extend_by_tile(leaves, wanted)
        roots = {}
        for leaf in leaves:
            self.add(leaf)
            if self.start + self.size in wanted:
                roots[self.start + self.size] = self.root()
        return roots

    def _extend_by_tile(self, leaves: list[bytes], wanted: Sequence[int]) -> dict[int, bytes]:
        before, level, levels = self.start + self.size, leaves, [leaves]
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=True)
            level = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            levels.append(level)
        roots = {size: fold((*self._upper.nodes, *_edge(levels, size - before))) for size in wanted}
        self.size += WIDTH
        self._take(levels[-1][0], leaves)
        return roots

    def root(self) -> bytes:
        """Return the root over what has grown so far."""
        return fold((*self._upper.nodes, *self._nodes))

    def finish(self) -> None:
        """Show the tile at the right edge, if there is a partial one."""
        if self._leaves:
            self._show()

    def _show(self) -> None:
        leaves, root = self._leaves, fold(self._nodes)
        self._leaves = []
        if len(leaves) == WIDTH:
            self._nodes.clear()
        self._take(root, leaves)

    def _take(self, root: bytes, leaves: list[bytes]) -> None:
        width = len(leaves)
        self._see(Tile(0, self.start // WIDTH + len(self.tiles), width), b"".join(leaves), root)
        if width == WIDTH:
            self.tiles.append(root)
            self._upper = self._upper.append(root)


def _edge(levels: Sequence[Sequence[bytes]], size: int) -> list[bytes]:
    """Give the perfect subtrees that the first `size` leaves of a tile fall into, largest first."""
    return [levels[height][(size >> height) - 1] for height in range(HEIGHT, -1, -1) if size >> height & 1]


class Crown:
    """The tree above the stretches: roots of the whole, and tiles of level 1 and above shown to `see`."""

    def __init__(self, see: SeeTile) -> None:
        self.full: list[int] = [0]  #: full tiles of each level
        self._see = see
        self._stretches = Frontier()
        self._open: list[list[bytes]] = []

    def root(self, last: bytes) -> bytes:
        """Return the root of the tree that ends inside the next stretch, whose leaves so far have the root `last`."""
        return fold((*self._stretches.nodes, last))

    def add(self, root: bytes, tiles: list[bytes]) -> None:
        """Take in a stretch that was read to its end: its root and the roots of its tiles."""
        self._stretches = self._stretches.append(root)
        for tile in tiles:
            self.full[0] += 1
            self._push(1, tile)

    def finish(self) -> None:
        """Show the partial tiles at the right edge."""
        for level, hashes in enumerate(self._open, start=1):
            if hashes:
                self._see(Tile(level, self.full[level], len(hashes)), b"".join(hashes), root_of(hashes))

    def _push(self, level: int, found: bytes) -> None:
        if level > len(self._open):
            self._open.append([])
            self.full.append(0)
        hashes = self._open[level - 1]
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
    """Checkpoints from one place, held against the tree in the order of their sizes."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._differing: list[Signed] = []
        self.newest = 0  #: the largest size seen

    def compare(self, signed: Signed, root: bytes | None) -> None:
        """Compare what was signed with the `root` of the entries at that size; None when it was not reached."""
        self.newest = signed.size
        if signed.root != root:
            self._differing.append(signed)

    def finish(self, entries: int) -> None:
        """Report those that differ, once for all: after one change every later root differs."""
        within = [each.where for each in self._differing if each.size <= entries]
        if within:
            others = f" (and {len(within) - 1} more, up to {within[-1]})" if len(within) > 1 else ""
            self._draft.add(within[0], f"its root is not that of the entries{others}")
        for each in self._differing[len(within) :]:
            self._draft.add(each.where, f"covers more entries than the {entries} that are there")
