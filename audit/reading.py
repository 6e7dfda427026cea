"""For who carries entries out of the log: many at once, and the check of what was handed out with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import col

from audit.checkpoint import Checkpoint
from audit.merkle import leaf_hash
from audit.note import VerifierKey
from audit.receipt import Receipt
from audit.store import EntryRow, SealedRow

_ENTRIES = (
    sa.select(col(EntryRow.idx), col(EntryRow.entry))
    .where(col(EntryRow.idx).in_(sa.bindparam("indexes", expanding=True)))
    .order_by(col(EntryRow.idx))
)
_SEALED = (
    sa.select(col(SealedRow.idx))
    .where(col(SealedRow.idx).in_(sa.bindparam("indexes", expanding=True)))
    .order_by(col(SealedRow.idx))
)


class Recorded(NamedTuple):
    """An entry as it was written, and the hash of exactly these bytes in the tree."""

    idx: int
    leaf: bytes
    entry: bytes


def recorded(connection: sa.Connection, indexes: Sequence[int]) -> Iterator[Recorded]:
    """Yield the entries at `indexes` in the order of the log; one that is not there is left out."""
    for index, entry in connection.execute(_ENTRIES, {"indexes": list(indexes)}):
        yield Recorded(index, leaf_hash(entry), entry)


def sealed(connection: sa.Connection, indexes: Sequence[int]) -> list[int]:
    """Return those of `indexes` beside which something lies sealed still, in order."""
    return list(connection.execute(_SEALED, {"indexes": list(indexes)}).scalars())


def signed(checkpoint: str, vkey: str) -> Checkpoint:
    """Return the head in a checkpoint note; raises NoteInvalid unless the verifier key signed it."""
    return Checkpoint.verify(checkpoint, VerifierKey.parse(vkey))


def proven(entry: bytes, receipt: str, vkey: str) -> Checkpoint:
    """Return the head under which a receipt proves an entry; raises NoteInvalid or ProofInvalid if it does not."""
    return Receipt.parse(receipt).check(entry, VerifierKey.parse(vkey))
