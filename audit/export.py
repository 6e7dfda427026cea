"""Export: the log as a folder that other people's tools read, C2SP tlog-tiles plus the entries as JSON lines.

`OUT/checkpoint`, `OUT/vkey`, `OUT/tile/...` and `OUT/entries.jsonl` cover exactly the newest checkpoint. Sealed parts
are never exported.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
from sqlmodel import col

from audit.checkpoint import Checkpoint
from audit.errors import AuditError
from audit.log import Log
from audit.startup import newest_note
from audit.store import EntryRow
from audit.tiles import WIDTH, Tile, join_bundle, tiles_of
from audit.tree import Tree

LINES = "entries.jsonl"
Row = tuple[int, bytes, bytes]


def export(log: Log, out: Path) -> int:
    """Write the log up to its newest checkpoint into the new folder `out` and return how many entries that is.

    The folder appears whole or not at all. Raises AuditError when it exists already.
    """
    if out.exists():
        raise AuditError(f"`{out}` exists already; name a folder that does not")
    out.parent.mkdir(parents=True, exist_ok=True)
    made = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    try:
        with log.engine.connect() as connection:
            checkpoint = Checkpoint.verify(newest_note(connection) or "", log.vkey)
            _write(connection, checkpoint, made)
        _put(made / "checkpoint", checkpoint.text.encode())
        _put(made / "vkey", f"{log.vkey}\n".encode())
        made.rename(out)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return checkpoint.size


def json_line(index: int, leaf: bytes, entry: bytes) -> bytes:
    """Return the line of `entries.jsonl` for an entry: canonical JSON with the entry's own bytes inside."""
    return b'{"entry":%b,"idx":%d,"leaf_hash":"%b"}\n' % (entry, index, leaf.hex().encode())


def _write(connection: sa.Connection, checkpoint: Checkpoint, made: Path) -> None:
    made.mkdir(mode=0o700)
    with (made / LINES).open("wb") as lines:
        for n, rows in enumerate(_bundles(connection, checkpoint.size)):
            _put(made / Tile(None, n, len(rows)).path, join_bundle([entry for _, _, entry in rows]))
            _put_lines(lines, rows)
    tree = Tree(connection)
    for level, n, width in tiles_of(checkpoint.size):
        hashes = tree.hashes(level or 0, n * WIDTH, n * WIDTH + width)
        _put(made / Tile(level, n, width).path, b"".join(hashes))


def _bundles(connection: sa.Connection, size: int) -> Iterator[list[Row]]:
    rows = sa.select(col(EntryRow.idx), col(EntryRow.leaf_hash), col(EntryRow.entry)).where(col(EntryRow.idx) < size)
    found = connection.execution_options(yield_per=WIDTH).execute(rows.order_by(col(EntryRow.idx)))
    for partition in found.partitions(WIDTH):
        yield [(row.idx, row.leaf_hash, row.entry) for row in partition]


def _put_lines(file: BinaryIO, rows: list[Row]) -> None:
    file.writelines(json_line(*row) for row in rows)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
