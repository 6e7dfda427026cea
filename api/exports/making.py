"""Making an export: write the rows, record what was written, and prove both."""

from __future__ import annotations

import hashlib
import io
import re
from typing import IO, Any

import msgspec

from api import events
from api.errors import InvalidParameter, Mistake
from api.exports import choosing
from api.exports.columns import COLUMNS, PERSONAL, Column, row_of
from api.exports.files import Format, sink
from api.exports.manifest import Entry, File, Manifest, Signed
from api.ledger import Ledger
from api.search import Where

_CODES = ("rule", "reason", "outcome", "policy", "actor")
_CODE = re.compile(r"[a-z][a-z0-9_:.-]{0,99}", re.ASCII)


class Export(msgspec.Struct, frozen=True):
    """What is to be carried out."""

    form: Format
    where: Where
    actor: str
    personal: bool = False  #: with references, facts and offers, which is recorded as a read of each
    most: int | None = None  #: refuse more rows than this

    @property
    def columns(self) -> tuple[Column, ...]:
        """What each row says."""
        return (*COLUMNS, *PERSONAL) if self.personal else COLUMNS


class Made(msgspec.Struct, frozen=True):
    """What was written: enough to be recorded."""

    format: Format
    rows: int
    bytes: int
    sha256: str
    personal: bool


def make(ledger: Ledger, export: Export, stream: IO[bytes], name: str) -> Manifest:
    """Write an export to `stream`, record it, and give its manifest; `name` is the file's, for the manifest only.

    Memory stays flat, and no read of the database lasts longer than a batch. Raise InvalidParameter if there are more
    rows than `most`, LogDiffers if a row found by the read models is not one by its leaf.
    """
    _refuse_free_text(export.where)
    checkpoint = ledger.log.checkpoint()
    _refuse_too_many(ledger, export, checkpoint.size)
    made = _write(ledger, export, stream, checkpoint.size)
    head = Signed(checkpoint.origin, checkpoint.size, checkpoint.root.hex(), checkpoint.text)
    origin = ledger.origin(export.actor)
    filters = msgspec.to_builtins(export.where)
    entry = events.export_made(origin, filters, head.size, head.root, msgspec.to_builtins(made))
    index = ledger.writer.submit(lambda connection: ledger.record(connection, entry)).result()
    proof = Entry(index, ledger.log.entry(index).decode(), ledger.log.receipt(index))
    file, columns = File(name, *msgspec.structs.astuple(made)), {each.name: each.meaning for each in export.columns}
    return Manifest(file=file, filter=filters, columns=columns, log=head, entry=proof)


def _refuse_free_text(where: Where) -> None:
    """Let only codes into the entry: what somebody typed stands there for ever, and might be a name."""
    given = msgspec.structs.asdict(where)
    wrong = [name for name in _CODES if given[name] is not None and not _CODE.fullmatch(given[name])]
    if wrong:
        remedy = "write it as policies and entries do: lower case, no spaces"
        raise InvalidParameter(mistakes=[Mistake(name, f"`{given[name]}` is not a code", remedy) for name in wrong])


def _refuse_too_many(ledger: Ledger, export: Export, size: int) -> None:
    if export.most is not None and (found := choosing.count(ledger, export.where, size)) > export.most:
        remedy = "narrow it, e.g. by since and until, or use `grounds decisions export`"
        raise InvalidParameter(mistakes=[Mistake("filter", f"{found} rows; at most {export.most} go at once", remedy)])


def _write(ledger: Ledger, export: Export, stream: IO[bytes], size: int) -> Made:
    hashed, columns = Hashed(stream), export.columns
    target = sink(export.form, hashed, columns)
    count = 0
    for batch in choosing.decided(ledger, export.where, size, export.actor if export.personal else None):
        target.write([row_of(decided, columns) for decided in batch])
        count += len(batch)
    target.close()
    return Made(export.form, count, hashed.tell(), hashed.hexdigest(), export.personal)


class Hashed(io.BufferedIOBase):
    """A stream that knows the SHA-256 and the length of what went through it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._hash, self._length = stream, hashlib.sha256(), 0

    def writable(self) -> bool:
        """Take bytes."""
        return True

    def write(self, content: Any) -> int:
        """Pass bytes on."""
        self._hash.update(content)
        self._stream.write(content)
        length = len(memoryview(content).cast("B"))
        self._length += length
        return length

    def tell(self) -> int:
        """Give how many bytes went through."""
        return self._length

    def hexdigest(self) -> str:
        """Give the SHA-256 of them."""
        return self._hash.hexdigest()
