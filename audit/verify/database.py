"""Auditing the database of a log, whether it is being written or lies still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from audit import guards, startup
from audit.checkpoint import Checkpoint
from audit.database import Database, inspecting, locate
from audit.entry import decode
from audit.errors import AuditError
from audit.keys import Keys
from audit.leaf import Leaf
from audit.merkle import leaf_hash
from audit.note import VerifierKey, is_name
from audit.tiles import Tile
from audit.verify.report import Draft, Progress, Report
from audit.verify.rows import guarded, read
from audit.verify.sealed import SealedParts
from audit.verify.tree import Grown, Heads, Signed

_ENTRIES = "SELECT idx, event_id, leaf_hash, entry FROM audit_entry ORDER BY idx"
_CHECKPOINTS = "SELECT size, note FROM audit_checkpoint ORDER BY size"
_TILE = sa.text("SELECT root, data FROM audit_tile WHERE level = :level AND n = :n")
_TILE_COUNTS = "SELECT level, COUNT(*) FROM audit_tile GROUP BY level"
_META = "SELECT name, value FROM audit_meta"
_EVERY = 1000


def verify_database(
    where: Database,
    keys: Keys | str,
    *,
    sealed: bool = True,
    known: Iterable[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Check a log's database: file, schema and guards, every entry, tile, checkpoint and sealed part.

    `keys` are the log's own, or just its verifier key (then sealed parts are hashed, not opened). `known` are
    checkpoints kept elsewhere: the log must still contain what they cover. The file is opened for reading only, and
    whatever is wrong with it is a finding. Raises NoteInvalid for a malformed verifier key.
    """
    believed = keys if isinstance(keys, Keys) else VerifierKey.parse(keys)
    draft = Draft()
    with draft.reading("database"):
        path = locate(where)
        if not path.is_file():
            raise AuditError(f"there is no file `{path}`")
        engine = inspecting(path)
        try:
            with engine.connect() as connection:
                if not guards.present(connection):
                    raise AuditError("it holds no log")
                _DatabaseAudit(connection, believed, draft).run(sealed=sealed, known=known, progress=progress)
        finally:
            engine.dispose()
    return draft.finish()


class _DatabaseAudit:
    """One pass over one consistent view of the database."""

    def __init__(self, connection: sa.Connection, keys: Keys | VerifierKey, draft: Draft) -> None:
        self._connection, self._draft = connection, draft
        self._keys = keys if isinstance(keys, Keys) else None
        self._vkey = self._own_key(keys) if isinstance(keys, Keys) else keys
        self._tree = Grown(self._see_tile)

    def run(self, *, sealed: bool, known: Iterable[str], progress: Progress | None) -> None:
        """Check everything, each part even when another cannot be read."""
        self._check_file()
        self._check_meta()
        with self._draft.reading("schema"):
            for difference in guards.differences(self._connection):
                self._draft.add("schema", difference)
        with self._draft.reading("entries"):
            self._walk(sealed=sealed, known=known, progress=progress)
        with self._draft.reading("tiles"):
            self._check_tile_counts()

    def _own_key(self, keys: Keys) -> VerifierKey:
        origin = ""
        with self._draft.reading("audit_meta"):
            origin = self._meta().get("origin", "")
        return keys.signer(origin if is_name(origin) else "unknown").vkey

    def _meta(self) -> dict[str, str]:
        return dict(read(self._connection, _META, str, str))

    def _check_meta(self) -> None:
        with self._draft.reading("audit_meta"):
            if self._keys is not None:
                startup.check_meta(self._connection, self._keys)
                return
            found = self._meta()
            if (found.get("origin"), found.get("vkey")) != (self._vkey.name, str(self._vkey)):
                self._draft.add("audit_meta", f"is of `{found.get('vkey')}`, not of `{self._vkey}`")

    def _check_file(self) -> None:
        with self._draft.reading("database"):
            for (complaint,) in self._connection.exec_driver_sql("PRAGMA integrity_check(100)"):
                if complaint != "ok":
                    self._draft.add("database", str(complaint))

    def _walk(self, *, sealed: bool, known: Iterable[str], progress: Progress | None) -> None:
        total = self._connection.exec_driver_sql("SELECT MAX(idx) + 1 FROM audit_entry").scalar() or 0
        stored, outside = Heads(self._stored_heads(), self._draft), Heads(self._known_heads(known), self._draft)
        parts = SealedParts(self._connection, self._vkey.name, self._keys, self._draft) if sealed else None
        self._compare(stored, outside)
        for index, leaf in self._entries():
            self._compare(stored, outside)
            if parts is not None:
                parts.see(index, leaf)
            if progress is not None and (index + 1) % _EVERY == 0:
                progress(index + 1, total)
        size = self._draft.entries = self._tree.frontier.size
        self._draft.root = self._tree.frontier.root()
        self._draft.uncovered = max(0, size - stored.newest)
        stored.finish(size)
        outside.finish(size)
        if parts is not None:
            parts.finish()
        if progress is not None:
            progress(size, total)

    def _compare(self, *heads: Heads) -> None:
        for each in heads:
            each.at(self._tree.frontier)

    def _entries(self) -> Iterator[tuple[int, Leaf | None]]:
        rows = guarded(self._draft, "entries", read(self._connection, _ENTRIES, int, str, bytes, bytes))
        for expected, row in enumerate(rows):
            index, event_id, stored, entry = row
            where = f"entry {index}"
            if index != expected:
                self._draft.add(where, f"stands where entry {expected} should")
            leaf = leaf_hash(entry)
            if leaf != stored:
                self._draft.add(where, "its bytes do not hash to its stored leaf")
            self._tree.add(leaf)
            yield index, self._read(where, event_id, entry)

    def _read(self, where: str, event_id: str, entry: bytes) -> Leaf | None:
        try:
            leaf = Leaf.read(decode(entry))
        except AuditError as error:
            self._draft.add(where, str(error))
            return None
        if leaf.id != event_id:
            self._draft.add(where, f"is stored as event `{event_id}`, its bytes say `{leaf.id}`")
        return leaf

    def _stored_heads(self) -> Iterator[Signed]:
        for size, note in guarded(self._draft, "checkpoints", read(self._connection, _CHECKPOINTS, int, str)):
            where = f"checkpoint of size {size}"
            with self._draft.reading(where):
                checkpoint = Checkpoint.verify(note, self._vkey)
                self._draft.checkpoints += 1
                if checkpoint.size != size:
                    self._draft.add(where, f"its note says size {checkpoint.size}")
                yield Signed.of(checkpoint, where)
        if not self._draft.checkpoints:
            self._draft.add("checkpoints", "there is none that can be believed")

    def _known_heads(self, known: Iterable[str]) -> list[Signed]:
        heads = []
        for note in known:
            with self._draft.reading("known checkpoint"):
                checkpoint = Checkpoint.verify(note, self._vkey)
                heads.append(Signed.of(checkpoint, f"known checkpoint of size {checkpoint.size}"))
        return sorted(heads)

    def _see_tile(self, tile: Tile, data: bytes, root: bytes) -> None:
        where = f"tile {tile.level}/{tile.n}"
        with self._draft.reading(where):
            row = self._connection.execute(_TILE, {"level": tile.level, "n": tile.n}).first()
            if row is None:
                self._draft.add(where, "is missing")
            elif row[1] != data:
                self._draft.add(where, "does not hold the hashes of its entries")
            elif row[0] != root:
                self._draft.add(where, "its stored root is not that of its hashes")

    def _check_tile_counts(self) -> None:
        for level, count in read(self._connection, _TILE_COUNTS, int, int):
            full = self._tree.full[level] if level < len(self._tree.full) else 0
            if count > full:
                self._draft.add(f"tiles of level {level}", f"there are {count}, the entries fill {full}")
