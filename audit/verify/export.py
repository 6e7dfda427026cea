"""Auditing an export: what a stranger can check with nothing but the folder and the log's verifier key."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from audit.checkpoint import Checkpoint
from audit.errors import AuditError
from audit.export import LINES
from audit.note import VerifierKey
from audit.tiles import WIDTH, Tile, bundles_of, tiles_of
from audit.verify.exported import CheckExported, line_starts
from audit.verify.report import Draft, Progress, Report
from audit.verify.stretch import Assembly, outcomes, planned
from audit.verify.tree import Crown, Signed

_MOST_NOTE_BYTES = 1_000_000
_LOOSE = {"checkpoint", "vkey", LINES}


def verify_export(
    folder: Path, vkey: str, *, known: Iterable[str] = (), progress: Progress | None = None, processes: int = 1
) -> Report:
    """Check an exported log: the checkpoint's signature, every entry, tile and line, and that nothing else is there.

    `vkey` must come from elsewhere than the folder. `known` are checkpoints kept elsewhere. Whatever is wrong is a
    finding. `processes` as for `verify_database`.
    """
    draft, key = Draft(), VerifierKey.parse(vkey)
    with draft.reading(str(folder)):
        if not folder.is_dir():
            raise AuditError(f"there is no folder `{folder}`")
        _ExportAudit(folder, key, draft, processes).run(known, progress)
    return draft.finish()


class _ExportAudit:
    """One audit: what concerns the whole is looked at here, the entries stretch by stretch."""

    def __init__(self, folder: Path, vkey: VerifierKey, draft: Draft, processes: int) -> None:
        self._folder, self._vkey, self._draft, self._processes = folder, vkey, draft, processes
        self._crown = Crown(self._see_tile)

    def run(self, known: Iterable[str], progress: Progress | None) -> None:
        """Check everything, each part even when another cannot be read."""
        heads = self._own_head()
        size = heads[0].size if heads else 0
        for note in known:
            with self._draft.reading("known checkpoint"):
                checkpoint = Checkpoint.verify(note, self._vkey)
                heads.append(Signed.of(checkpoint, f"known checkpoint of size {checkpoint.size}"))
        with self._draft.reading("entries"):
            self._check_entries(size, sorted(heads), progress)
        self._check_vkey()
        self._check_nothing_else(size)

    def _own_head(self) -> list[Signed]:
        heads = []
        with self._draft.reading("checkpoint"):
            heads = [Signed.of(Checkpoint.verify(_text(self._folder / "checkpoint"), self._vkey), "checkpoint")]
        self._draft.checkpoints = len(heads)
        return heads

    def _check_entries(self, size: int, heads: list[Signed], progress: Progress | None) -> None:
        if size > WIDTH * (1 + sum(1 for path in self._folder.rglob("*") if path.is_file())):
            raise AuditError(f"the checkpoint covers {size} entries, and there are far too few files for them")
        stretches = list(planned(size, lambda since: max(0, since)))
        lines = line_starts(self._folder, stretches)
        check = CheckExported(self._folder, lines, tuple(each.size for each in heads))
        assembly = Assembly(self._crown, heads, self._draft)
        for stretch, outcome in zip(stretches, outcomes(check, stretches, self._processes), strict=True):
            assembly.add(stretch, outcome)
            if progress is not None:
                progress(self._draft.entries, size)
        assembly.finish([], size)
        self._crown.finish()
        if (self._folder / LINES).stat().st_size > lines[-1]:
            self._draft.add(LINES, f"goes on after entry {size - 1}")
        self._draft.uncovered = 0

    def _see_tile(self, tile: Tile, data: bytes, _root: bytes) -> None:
        with self._draft.reading(tile.path):
            if (self._folder / tile.path).read_bytes() != data:
                self._draft.add(tile.path, "does not hold the hashes of its entries")

    def _check_vkey(self) -> None:
        with self._draft.reading("vkey"):
            if (found := _text(self._folder / "vkey").strip()) != str(self._vkey):
                self._draft.add("vkey", f"is `{found}`, not the key the audit was given")

    def _check_nothing_else(self, size: int) -> None:
        expected = _LOOSE | {tile.path for tile in (*tiles_of(size), *bundles_of(size))}
        there = {path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if not path.is_dir()}
        for stray in sorted(there - expected):
            self._draft.add(stray, "does not belong to the log")


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MOST_NOTE_BYTES).decode()
