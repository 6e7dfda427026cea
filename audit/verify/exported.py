"""Auditing one stretch of an exported log: bundles of entries, tiles of level 0 and the JSON lines."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from audit.errors import AuditError, NoteInvalid
from audit.export import LINES, json_line
from audit.tiles import WIDTH, Tile, split_bundle
from audit.verify import quick
from audit.verify.report import Draft
from audit.verify.stretch import Milestones, Outcome, Stretch
from audit.verify.tree import STRETCH, Sprout


@dataclass(frozen=True, slots=True)
class CheckExported:
    """Checks a stretch from the files of an export; a value, so that another process can do it."""

    folder: Path
    lines: tuple[int, ...]  #: where in `entries.jsonl` each stretch begins
    known: tuple[int, ...]  #: sizes at which the root is wanted

    def __call__(self, stretch: Stretch) -> Outcome:
        """Check everything in a stretch."""
        return _Exported(self, stretch).run()


class _Exported:
    """One pass over one stretch."""

    def __init__(self, check: CheckExported, stretch: Stretch) -> None:
        self._check, self._stretch = check, stretch
        self._draft = Draft()
        self._sprout = Sprout(stretch.start, self._see_tile)
        self._wrong_lines: list[int] = []

    def run(self) -> Outcome:
        milestones, index = Milestones(self._check.known), self._stretch.start
        milestones.pass_by(self._sprout)
        with self._draft.reading(LINES), (self._check.folder / LINES).open("rb") as lines:
            lines.seek(self._check.lines[self._stretch.start // STRETCH])
            for entries in self._entries():
                hashes = [sha256(b"\x00" + entry).digest() for entry in entries]
                milestones.grow(self._sprout, hashes)
                self._read(index, entries)
                self._compare(index, list(map(json_line, itertools.count(index), hashes, entries)), lines)
                index += len(entries)
        self._sprout.finish()
        self._report_lines()
        sprout = self._sprout
        return Outcome(sprout.size, sprout.root(), sprout.tiles, [], milestones.roots, self._draft)

    def _read(self, start: int, entries: list[bytes]) -> None:
        if quick.read_all(entries) is not None:
            return
        for index, entry in enumerate(entries, start):
            try:
                quick.read(entry)
            except AuditError as error:
                self._draft.add(f"entry {index}", str(error))

    def _compare(self, start: int, expected: list[bytes], lines: BinaryIO) -> None:
        together, at = b"".join(expected), lines.tell()
        if lines.read(len(together)) == together:
            return
        lines.seek(at)
        wrong = (index for index, line in enumerate(expected, start) if lines.readline(len(line) + 200) != line)
        self._wrong_lines += (index + 1 for index in wrong)

    def _entries(self) -> Iterator[list[bytes]]:
        for bundle in _bundles(self._stretch):
            entries: list[bytes] = []
            with self._draft.reading(bundle.path):
                entries = split_bundle((self._check.folder / bundle.path).read_bytes())
                if len(entries) != bundle.width:
                    raise NoteInvalid(f"it holds {len(entries)} entries instead of {bundle.width}")
            yield entries

    def _see_tile(self, tile: Tile, data: bytes, _root: bytes) -> None:
        with self._draft.reading(tile.path):
            if (self._check.folder / tile.path).read_bytes() != data:
                self._draft.add(tile.path, "does not hold the hashes of its entries")

    def _report_lines(self) -> None:
        if self._wrong_lines:
            first, more = self._wrong_lines[0], len(self._wrong_lines) - 1
            others = f" (nor are {more} further lines what they should be)" if more else ""
            self._draft.add(f"{LINES} line {first}", f"is not entry {first - 1}{others}")


def line_starts(folder: Path, stretches: Sequence[Stretch]) -> tuple[int, ...]:
    """Give where in `entries.jsonl` each stretch must begin, and where the last one ends, by the bundles' lengths."""
    starts, at = [0], 0
    for stretch in stretches:
        at += sum(len(json_line(index, bytes(32), b"")) for index in range(stretch.start, stretch.stop))
        for bundle in _bundles(stretch):
            path = folder / bundle.path
            at += path.stat().st_size - 2 * bundle.width if path.is_file() else 0
        starts.append(at)
    return tuple(starts)


def _bundles(stretch: Stretch) -> Iterator[Tile]:
    for start in range(stretch.start, stretch.stop, WIDTH):
        yield Tile(None, start // WIDTH, min(WIDTH, stretch.stop - start))
