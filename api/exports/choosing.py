"""Which decisions an export is of: chosen by the read models, read from their leaves, opened only if it may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from api import search
from api.errors import LogDiffers
from api.exports.columns import Decided
from api.ledger import Ledger
from api.personal import Purpose
from api.reads import Reading, Reads
from api.search import Stretch, Where
from api.tables import DECISION
from audit.reading import Recorded, recorded, sealed

_AT_ONCE = 1_000  #: decisions that are read in one go; between two the database is let go


def count(ledger: Ledger, where: Where, size: int) -> int:
    """Count the decisions of a search in the log of `size`."""
    with ledger.log.engine.connect() as connection:
        found = search.decisions(where, search.stretch(connection, where, size))
        return found.count(connection)


def decided(ledger: Ledger, where: Where, size: int, opened_by: str | None) -> Iterator[list[Decided]]:
    """Give the decisions of a search in the order of the log, in batches, each from its leaf.

    With `opened_by` an actor what lies sealed beside them is opened, and each batch is recorded as a read of theirs.
    Raise LogDiffers if a leaf is not what the search is for.
    """
    for leaves, lies_sealed in _leaves(ledger, where, size):
        texts = _opened(ledger, lies_sealed, opened_by) if opened_by else {}
        batch = [Decided.of(leaf, texts.get(leaf.idx)) for leaf in leaves]
        if wrong := [it.leaf.idx for it in batch if not search.holds(where, it.entry)]:
            remedy = "`grounds audit verify` names all that differ"
            raise LogDiffers(f"entry {wrong[0]} is not what the tables say: {remedy}")
        yield batch


def _leaves(ledger: Ledger, where: Where, size: int) -> Iterator[tuple[list[Recorded], list[int]]]:
    """Give leaves in batches, and beside which of them something lies sealed still."""
    with ledger.log.engine.connect() as connection:
        within = search.stretch(connection, where, size)
    while within.first < within.end:
        with ledger.log.engine.connect() as connection:
            indexes = _indexes(connection, where, within)
            leaves, lies_sealed = list(recorded(connection, indexes)), sealed(connection, indexes)
        if not indexes:
            return
        yield leaves, lies_sealed
        within = within._replace(first=indexes[-1] + 1)


def _indexes(connection: sa.Connection, where: Where, within: Stretch) -> list[int]:
    found = search.decisions(where, within)
    return [row[0] for row in found.page(connection, DECISION.c.log_index, oldest_first=True, limit=_AT_ONCE)]


def _opened(ledger: Ledger, indexes: Sequence[int], actor: str) -> Mapping[int, bytes]:
    texts = Reads(ledger).open_all(indexes, Reading(actor, Purpose.EXPORT)) if indexes else []
    return dict(zip(indexes, texts, strict=True))
