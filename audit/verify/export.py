"""Auditing an export: what a stranger can check with nothing but the folder and the log's verifier key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from audit.checkpoint import Checkpoint
from audit.entry import decode
from audit.errors import AuditError, NoteInvalid
from audit.export import json_line
from audit.leaf import Leaf
from audit.merkle import leaf_hash
from audit.note import VerifierKey
from audit.tiles import Tile, bundles_of, split_bundle
from audit.verify.report import Draft, Progress, Report
from audit.verify.tree import Grown, Heads, Signed

_MOST_NOTE_BYTES = 1_000_000
_LOOSE = {"checkpoint", "vkey", "entries.jsonl"}


def verify_export(folder: Path, vkey: str, *, known: Iterable[str] = (), progress: Progress | None = None) -> Report:
    """Check an exported log: the checkpoint's signature, every entry, tile and line, and that nothing else is there.

    `vkey` must come from elsewhere than the folder. `known` are checkpoints kept elsewhere. Whatever is wrong is a
    finding.
    """
    draft, key = Draft(), VerifierKey.parse(vkey)
    with draft.reading(str(folder)):
        if not folder.is_dir():
            raise AuditError(f"there is no folder `{folder}`")
        _ExportAudit(folder, key, draft).run(known, progress)
    return draft.finish()


class _ExportAudit:
    """One pass over the folder."""

    def __init__(self, folder: Path, vkey: VerifierKey, draft: Draft) -> None:
        self._folder, self._vkey, self._draft = folder, vkey, draft
        self._tree = Grown(self._see_tile)
        self._expected = set(_LOOSE)

    def run(self, known: Iterable[str], progress: Progress | None) -> None:
        """Check everything, each part even when another cannot be read."""
        size = 0
        heads = []
        with self._draft.reading("checkpoint"):
            head = Checkpoint.verify(_text(self._folder / "checkpoint"), self._vkey)
            self._draft.checkpoints, size = 1, head.size
            heads.append(Signed.of(head, "checkpoint"))
        for note in known:
            with self._draft.reading("known checkpoint"):
                checkpoint = Checkpoint.verify(note, self._vkey)
                heads.append(Signed.of(checkpoint, f"known checkpoint of size {checkpoint.size}"))
        with self._draft.reading("entries"):
            self._walk(size, Heads(sorted(heads), self._draft), progress)
        self._check_vkey()
        self._check_nothing_else()

    def _walk(self, size: int, heads: Heads, progress: Progress | None) -> None:
        heads.at(self._tree.frontier)
        with (self._folder / "entries.jsonl").open("rb") as lines:
            for index, entry in enumerate(self._entries(size)):
                leaf = leaf_hash(entry)
                self._tree.add(leaf)
                heads.at(self._tree.frontier)
                with self._draft.reading(f"entry {index}"):
                    Leaf.read(decode(entry))
                if lines.readline(len(entry) + 200) != json_line(index, leaf, entry):
                    self._draft.add(f"entries.jsonl line {index + 1}", f"is not entry {index}")
                if progress is not None and (index + 1) % 1000 == 0:
                    progress(index + 1, size)
            if lines.read(1):
                self._draft.add("entries.jsonl", f"goes on after entry {size - 1}")
        self._tree.finish()
        self._draft.entries, self._draft.root = self._tree.frontier.size, self._tree.frontier.root()
        heads.finish(self._draft.entries)

    def _entries(self, size: int) -> Iterator[bytes]:
        for bundle in bundles_of(size):
            entries: list[bytes] = []
            with self._draft.reading(bundle.path):
                entries = split_bundle(self._content(bundle))
                if len(entries) != bundle.width:
                    raise NoteInvalid(f"it holds {len(entries)} entries instead of {bundle.width}")
            yield from entries

    def _see_tile(self, tile: Tile, data: bytes, _root: bytes) -> None:
        with self._draft.reading(tile.path):
            if self._content(tile) != data:
                self._draft.add(tile.path, "does not hold the hashes of its entries")

    def _content(self, tile: Tile) -> bytes:
        self._expected.add(tile.path)
        return (self._folder / tile.path).read_bytes()

    def _check_vkey(self) -> None:
        with self._draft.reading("vkey"):
            if (found := _text(self._folder / "vkey").strip()) != str(self._vkey):
                self._draft.add("vkey", f"is `{found}`, not the key the audit was given")

    def _check_nothing_else(self) -> None:
        there = {path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if not path.is_dir()}
        for stray in sorted(there - self._expected):
            self._draft.add(stray, "does not belong to the log")


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MOST_NOTE_BYTES).decode()
