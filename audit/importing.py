"""Importing: an export read back into a fresh database, with the same entries, tree, origin and newest checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from audit import rows
from audit.checkpoint import Checkpoint
from audit.database import Database, driver_of
from audit.edge import Edge
from audit.entry import decode
from audit.errors import AuditError, LogRefused
from audit.keys import Keys
from audit.leaf import Leaf
from audit.log import Log
from audit.merkle import leaf_hash
from audit.tiles import bundles_of, split_bundle
from audit.verify import verify_export

_AT_ONCE = 4096  #: entries that wait to be sent


def import_export(folder: Path, where: Database, keys: Keys, processes: int = 1) -> int:
    """Write the exported log in `folder` into a database that holds none, and return how many entries it has.

    The export is verified first, under the key of `keys`. What stands sealed beside the entries is in no export and
    does not come back. All is written or nothing. Raises AuditError when the export is not whole or not of this key,
    LogRefused when the database holds entries already.
    """
    head = Checkpoint.verify(note := _note(folder), keys.signer(note.partition("\n")[0]).vkey)
    report = verify_export(folder, str(keys.signer(head.origin).vkey), processes=processes)
    if not report.ok:
        raise AuditError(f"`{folder}` is not a whole export: {report.findings[0]}")
    log = Log.open(where, keys, head.origin)
    try:
        with log.write_engine.begin() as connection:
            _fill(connection, log, folder, head)
    finally:
        log.close()
    return head.size


def _fill(connection: sa.Connection, log: Log, folder: Path, head: Checkpoint) -> None:
    driver, edge = driver_of(connection), Edge(log.vkey)
    if (size := edge.current(connection).size) > 0:
        raise LogRefused(f"the database holds a log of {size} entries already; name one that does not exist yet")
    for index, entry in enumerate(_entries(folder, head.size)):
        leaf = leaf_hash(entry)
        if driver.find(event_id := Leaf.read(decode(entry)).id) is None:  # else the root will tell
            driver.append_new(index, [(event_id, leaf, entry, None)])
        edge.grow(connection, leaf)
        if index % _AT_ONCE == 0:
            rows.size(driver)  # who asks has sent what was held back, so that it does not add up
    if edge.current(connection).root() != head.root:
        raise AuditError(f"the entries of `{folder}` changed while they were read")
    if head.size:  # a new log has its checkpoint of size 0 already
        rows.insert_checkpoint(driver, head.size, head.text)


def _entries(folder: Path, size: int) -> Iterator[bytes]:
    for bundle in bundles_of(size):
        yield from split_bundle((folder / bundle.path).read_bytes())


def _note(folder: Path) -> str:
    path = folder / "checkpoint"
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise AuditError(f"there is no checkpoint `{path}`; name a folder that `grounds audit export` wrote") from None
