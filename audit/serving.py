"""Tiles and bundles of a live log, by their paths, as C2SP tlog-tiles has them served."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from audit.errors import NoSuchEntry
from audit.log import Log
from audit.store import EntryRow
from audit.tiles import HEIGHT, WIDTH, Tile, join_bundle
from audit.tree import Tree

_ENTRIES = (
    sa.select(col(EntryRow.entry))
    .where(col(EntryRow.idx) >= sa.bindparam("start"), col(EntryRow.idx) < sa.bindparam("stop"))
    .order_by(col(EntryRow.idx))
)


def resource(log: Log, path: str) -> bytes:
    """Return the content of `tile/L/N[.p/W]` or `tile/entries/N[.p/W]`, which never changes once it is there.

    Raises NoteInvalid for another path, NoSuchEntry for a tile that the newest checkpoint does not fill.
    """
    tile = Tile.parse(path)
    covered = log.checkpoint().size >> HEIGHT * (tile.level or 0)
    stop = tile.n * WIDTH + tile.width
    if stop > covered:
        raise NoSuchEntry(f"`{path}`", covered)
    with log.engine.connect() as connection:
        if tile.level is not None:
            return b"".join(Tree(connection).hashes(tile.level, tile.n * WIDTH, stop))
        place = {"start": tile.n * WIDTH, "stop": stop}
        return join_bundle([row.entry for row in connection.execute(_ENTRIES, place)])
