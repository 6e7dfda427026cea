"""Tiles: the tree cut into files of 256 hashes, C2SP tlog-tiles (https://c2sp.org/tlog-tiles)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from audit.errors import NoteInvalid

WIDTH = 256
"""Hashes in a full tile, entries in a full bundle."""
HEIGHT = 8
"""Levels of the tree a tile spans: `WIDTH` is two to this power."""
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)(?P<n>(/x[0-9]{3})*/[0-9]{3})(\.p/(?P<width>[1-9][0-9]{0,2}))?", re.ASCII
)


class Tile(NamedTuple):
    """Which tile: `level` None is a bundle of entries, `width` below 256 a partial one at the right edge."""

    level: int | None
    n: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """The path under the log's prefix, such as `tile/1/x001/x234/067.p/17`."""
        digits = f"{self.n:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        level = "entries" if self.level is None else str(self.level)
        return f"tile/{level}/{number}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @classmethod
    def parse(cls, path: str) -> Tile:
        """Read such a path; raises NoteInvalid unless it is the one spelling of a tile's path."""
        if match := _PATH.fullmatch(path):
            level = None if match["level"] == "entries" else int(match["level"])
            tile = cls(level, int(re.sub("[x/]", "", match["n"])), int(match["width"] or WIDTH))
            if tile.path == path and (level or 0) < 64:  # the format has levels 0 to 63
                return tile
        raise NoteInvalid(f"`{path}` is not the path of a tile")


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile of hashes of a tree, full and partial, level by level."""
    level = 0
    while size:
        yield from _row(level, size)
        size //= WIDTH
        level += 1


def bundles_of(size: int) -> Iterator[Tile]:
    """Yield every bundle of entries of a tree, full and partial."""
    return _row(None, size)


def _row(level: int | None, hashes: int) -> Iterator[Tile]:
    full, width = divmod(hashes, WIDTH)
    yield from (Tile(level, n) for n in range(full))
    if width:
        yield Tile(level, full, width)


def join_bundle(entries: Sequence[bytes]) -> bytes:
    """Return a bundle: each entry after its length as a big-endian uint16."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def split_bundle(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle; raises NoteInvalid when it ends in the middle of one."""
    entries: list[bytes] = []
    at, end = 0, len(bundle)
    while at < end - 1:
        start = at + 2
        at = start + (bundle[at] << 8 | bundle[at + 1])
        entries.append(bundle[start:at])
    if at != end:
        cut = len(entries) - (at > end)
        raise NoteInvalid(f"the bundle ends in the middle of entry {cut}")
    return entries
