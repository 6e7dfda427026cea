"""The manifest beside an export: what file it is, from which log under which signed head, and the entry that says so.

With it a stranger shows that the file is the one that was made, that the log signed the size it was made at, and that
its making was recorded with its filter, its number of rows and its hash. `check` does so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from audit import AuditError
from audit.reading import proven, signed

VERSION = 1


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file with the rows."""

    name: str
    format: str
    rows: int
    bytes: int
    sha256: str
    personal: bool  #: whether it holds what lay sealed


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The head of the log the export was made at: it covers every decision below `size`."""

    origin: str
    size: int
    root: str  #: hex
    checkpoint: str  #: the signed note (C2SP tlog-checkpoint)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The entry that records the export, and the proof that it stands in the log (C2SP tlog-proof)."""

    index: int
    leaf: str  #: its bytes, which are UTF-8
    receipt: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All there is to say about an export."""

    v: int = VERSION
    file: File
    filter: dict[str, Any]  #: what the rows were narrowed to; empty means every decision
    columns: dict[str, str]  #: what each says
    log: Signed
    entry: Entry

    def encoded(self) -> bytes:
        """Write it for people and programs."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def check(path: Path, manifest: Manifest, vkey: str) -> Iterator[str]:
    """Give what is wrong with an exported file or its manifest, under the log's verifier key; nothing if all holds."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != manifest.file.sha256:
        yield f"{path.name} is not the file that was made: its SHA-256 is `{digest}`"
    try:
        head = signed(manifest.log.checkpoint, vkey)
        covering = proven(manifest.entry.leaf.encode(), manifest.entry.receipt, vkey)
    except AuditError as error:
        yield str(error)
        return
    if (head.origin, head.size, head.root.hex()) != (manifest.log.origin, manifest.log.size, manifest.log.root):
        yield f"the signed head is of size {head.size}, not what the manifest says"
    if covering.size <= head.size:
        yield "the export was recorded before the head it was made at"
    yield from _unlike(manifest)


def _unlike(manifest: Manifest) -> Iterator[str]:
    """Hold the manifest against the entry it brings."""
    entry = msgspec.json.decode(manifest.entry.leaf)
    file = msgspec.to_builtins(manifest.file)
    said = {name: file[name] for name in ("format", "rows", "bytes", "sha256", "personal")}
    said |= {"filter": manifest.filter, "size": manifest.log.size, "root": manifest.log.root}
    recorded = entry.get("export") or {}
    for name, value in said.items():
        if recorded.get(name) != value:
            yield f"the log records `{recorded.get(name)}` as {name}, the manifest says `{value}`"
