"""Auditing the database of a log, whether it is being written or lies still."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from audit import guards, startup
from audit.database import Database, inspecting, is_sqlite
from audit.errors import AuditError
from audit.keys import Keys
from audit.note import VerifierKey, is_name
from audit.ring import Era, Ring
from audit.tiles import Tile
from audit.verify.report import Draft, Progress, Report
from audit.verify.rows import read
from audit.verify.stored import CheckStored, check_tile, stored_heads
from audit.verify.stretch import Assembly, outcomes, planned
from audit.verify.subjects import check_subjects
from audit.verify.tree import Crown, Signed

_NEXT = sa.text("SELECT MIN(idx) FROM audit_entry WHERE idx >= :since")
_END = "SELECT MAX(idx) + 1 FROM audit_entry"
_TILE_COUNTS = "SELECT level, COUNT(*) FROM audit_tile GROUP BY level"
_STRAY = {
    "sealed part": "SELECT idx FROM audit_sealed WHERE idx >= :end ORDER BY idx",
    "erasure": "SELECT idx FROM audit_erased WHERE idx >= :end ORDER BY idx",
}
_META = "SELECT name, value FROM audit_meta"
_BEYOND_ALL = 2**63 - 1
_CACHE_KIBIBYTES = 64 * 1024


def verify_database(
    where: Database,
    keys: Keys | str,
    *,
    sealed: bool = True,
    known: Iterable[str] = (),
    progress: Progress | None = None,
    processes: int = 1,
) -> Report:
    """Check a log's database: file, schema and guards, every entry, tile, checkpoint and sealed part.

    `keys` are the log's own, or just its verifier key (then sealed parts are hashed, not opened). `known` are
    checkpoints kept elsewhere: the log must still contain what they cover. The file is opened for reading only, and
    whatever is wrong with it is a finding. A long log is shared among `processes`; they start as fresh interpreters, so
    a script that asks for several guards its start with `__name__`. Raises NoteInvalid for a malformed verifier key.
    """
    believed = keys if isinstance(keys, Keys) else VerifierKey.parse(keys)
    draft = Draft()
    with draft.reading("database"):
        engine = inspecting(where)
        try:
            with engine.begin() as connection:
                if not guards.present(connection):
                    raise AuditError("it holds no log")
                audit = _DatabaseAudit(where, connection, believed, draft, processes)
                audit.run(sealed=sealed, known=known, progress=progress)
        finally:
            engine.dispose()
    return draft.finish()


class _DatabaseAudit:
    """One audit: what concerns the whole is looked at here, the entries stretch by stretch."""

    def __init__(
        self, where: Database, connection: sa.Connection, keys: Keys | VerifierKey, draft: Draft, processes: int
    ) -> None:
        self._where, self._connection, self._draft, self._processes = where, connection, draft, processes
        self._keys = keys if isinstance(keys, Keys) else None
        self._vkey = self._own_key(keys) if isinstance(keys, Keys) else keys
        self._ring = Ring([Era(self._vkey, -1, attested=True)])
        with draft.reading("audit_meta"):
            self._ring = Ring.read(connection).trusting(self._vkey)
        self._crown = Crown(self._see_tile)

    def run(self, *, sealed: bool, known: Iterable[str], progress: Progress | None) -> None:
        """Check everything, each part even when another cannot be read."""
        with ThreadPoolExecutor(1) as beside:  # the database looks at its own pages while we look at what they say
            complaints = beside.submit(self._complaints)
            self._check_log(sealed=sealed, known=known, progress=progress)
            with self._draft.reading("database"):
                for complaint in complaints.result():
                    self._draft.add("database", complaint)

    def _check_log(self, *, sealed: bool, known: Iterable[str], progress: Progress | None) -> None:
        self._check_meta()
        with self._draft.reading("schema"):
            for difference in guards.differences(self._connection):
                self._draft.add("schema", difference)
        with self._draft.reading("entries"):
            self._check_entries(self._known_heads(known), sealed=sealed, progress=progress)
        with self._draft.reading("tiles"):
            self._check_tile_counts()
        if sealed:
            check_subjects(self._connection, self._vkey.name, self._keys, self._draft)

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
            if (origin := self._meta().get("origin")) != self._vkey.name:
                self._draft.add("audit_meta", f"is of `{origin}`, not of `{self._vkey.name}`")

    def _complaints(self) -> list[str]:
        if not is_sqlite(self._connection):
            return []
        engine = inspecting(self._where)
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
                found = connection.exec_driver_sql("PRAGMA integrity_check(100)").scalars()
                return [str(each) for each in found if each != "ok"]
        finally:
            engine.dispose()

    def _check_entries(self, known: list[Signed], *, sealed: bool, progress: Progress | None) -> None:
        end = self._connection.exec_driver_sql(_END).scalar() or 0
        check = CheckStored(self._where, self._ring, self._keys, sealed, tuple(each.size for each in known))
        assembly = Assembly(self._crown, known, self._draft)
        stretches = list(planned(end, self._next))
        for stretch, outcome in zip(stretches, outcomes(check, stretches, self._processes), strict=True):
            assembly.add(stretch, outcome)
            if progress is not None:
                progress(self._draft.entries, end)
        beyond = {"since": end, "stop": _BEYOND_ALL}
        assembly.finish(list(stored_heads(self._connection, self._ring, self._draft, beyond)), end)
        self._check_strays(end)
        if not self._draft.checkpoints:
            self._draft.add("checkpoints", "there is none that can be believed")

    def _next(self, since: int) -> int | None:
        found: int | None = self._connection.execute(_NEXT, {"since": since}).scalar()
        return found

    def _check_strays(self, end: int) -> None:
        for what, statement in _STRAY.items():
            for (index,) in read(self._connection, statement, int, end=end):
                self._draft.add(f"{what} of entry {index}", "there is no such entry")

    def _known_heads(self, known: Iterable[str]) -> list[Signed]:
        heads = []
        for note in known:
            with self._draft.reading("known checkpoint"):
                checkpoint = self._ring.verify(note)
                heads.append(Signed.of(checkpoint, f"known checkpoint of size {checkpoint.size}"))
        return sorted(heads)

    def _see_tile(self, tile: Tile, data: bytes, root: bytes) -> None:
        check_tile(self._connection, self._draft, tile, data, root)

    def _check_tile_counts(self) -> None:
        for level, count in read(self._connection, _TILE_COUNTS, int, int):
            full = self._crown.full[level] if 0 <= level < len(self._crown.full) else 0
            if count > full:
                self._draft.add(f"tiles of level {level}", f"there are {count}, the entries fill {full}")
