"""Holds the listings against what they ought to hold: code by code, with some 70 bytes of memory a row.

Listings stand in the order of their codes and not in that of the log, so they cannot be compared stretch by stretch.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa

from api.listings import indexes, unpacked
from api.tables import LISTING, Row

Place = tuple[str, str]  #: field and code


class Unlike(NamedTuple):
    """A row of the listings that is not what the log leads to."""

    field: str
    code: str
    last: int  #: the index of the last entry of its block
    lacking: list[int]  #: decisions it does not name, and should
    strange: list[int]  #: decisions it names, and should not; if neither, it is not written as rows are


class Listed:
    """What a log leads to in the listings, gathered while going over it."""

    def __init__(self) -> None:
        self._wanted: defaultdict[Place, _Wanted] = defaultdict(_Wanted)

    def add(self, rows: Iterable[Row]) -> None:
        """Take in more rows; of each code they come in the order of the log."""
        for row in rows:
            self._wanted[row["field"], row["code"]].add(row["log_index"], row["bits"])

    def differing(self, connection: sa.Connection) -> Iterator[Unlike]:
        """Give each row that is missing from the listings, has no business there or says something else."""
        codes = connection.execute(sa.select(LISTING.c.field, LISTING.c.code).distinct())
        for place in sorted({*self._wanted, *((field, code) for field, code in codes)}, key=str):
            wanted, stored = self._wanted[place].read(), _stored(connection, place)
            for last in sorted({*wanted, *stored}):
                if wanted.get(last) != stored.get(last):
                    meant, said = (unpacked(each.get(last, b"")) for each in (wanted, stored))
                    yield Unlike(*place, last, indexes(last, meant & ~said), indexes(last, said & ~meant))


class _Wanted:
    """The rows of one code: their bits, one after the other, and where each ends."""

    def __init__(self) -> None:
        self._lasts, self._ends, self._bits = array("Q"), array("Q", [0]), bytearray()

    def add(self, last: int, bits: bytes) -> None:
        self._bits += bits
        self._lasts.append(last)
        self._ends.append(len(self._bits))

    def read(self) -> dict[int, bytes]:
        bits = (bytes(self._bits[start:end]) for start, end in pairwise(self._ends))
        return dict(zip(self._lasts, bits, strict=True))


def _stored(connection: sa.Connection, place: Place) -> dict[Any, bytes]:
    field, code = place
    chosen = sa.select(LISTING.c.log_index, LISTING.c.bits).where(LISTING.c.field == field, LISTING.c.code == code)
    # SQLite keeps in a column whatever is put there.
    return {last: bits if isinstance(bits, bytes) else b"" for last, bits in connection.execute(chosen)}
