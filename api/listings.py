"""Listings: which decisions gave a reason, had an outcome and so on, written down block by block as bits.

A decision holds all of it itself; the codes of its reasons and rules in two texts. A listing is kept per block and not
per decision because each code has a page of its own that is written to: once for a block it is little, for each
decision it was most of what a commit wrote. So listings cover the full blocks; decisions of the last one are searched
one by one.

A row holds, for one code and one block, a bit for each entry: 1 for the last of the block, 2 for the one before it and
so on, as an unsigned number, most significant byte first and none more than it takes. Read from left to right the bits
stand in the order of the log. Several filters are the `&` of their bits, a count is the number of bits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from api.tables import DECISION

FIELDS: Mapping[str, sa.Column[Any]] = {
    name: DECISION.c[name] for name in ("reasons", "rules", "outcome", "policy", "version", "owner")
}
"""What decisions are listed by: columns of `decision`, by their names."""

COLUMNS = (DECISION.c.log_index, *FIELDS.values())
"""What the listings take of a decision."""
Listed = tuple[Any, ...]  #: a decision's COLUMNS
Entered = tuple[str, str, int, bytes]  #: a row of the listings: field, code, the index of the block's last entry, bits

_TEXTS = frozenset({"reasons", "rules"})  # those a decision may be in under several codes, or none

_BETWEEN = " "  # in no code: names of reasons and rules are letters, digits, `_` and `-` (engine/reading/language.py)


def written(codes: Sequence[str]) -> str:
    """Write codes as one text, in their order."""
    return _BETWEEN.join(codes)


def read(text: str) -> tuple[str, ...]:
    """Read the codes of a text that `written` wrote."""
    return tuple(text.split(_BETWEEN)) if text else ()


def names(text: sa.ColumnElement[str], code: str) -> sa.ColumnElement[bool]:
    """Say in SQL whether a text that `written` wrote has a code among its own, to the letter in every database."""
    if not code or _BETWEEN in code:
        return sa.false()
    # Not LIKE: `_` stands for any letter there, and SQLite takes `A` for `a`.
    padded = sa.literal(_BETWEEN).concat(text).concat(_BETWEEN)
    return sa.func.replace(padded, f"{_BETWEEN}{code}{_BETWEEN}", "") != padded


def under(field: str, code: Any) -> sa.ColumnElement[bool]:
    """Say in SQL of a decision whether the listings hold it under a code, or will."""
    return names(FIELDS[field], code) if field in _TEXTS else FIELDS[field] == code


def rows(block: Sequence[Listed], last: int) -> list[Entered]:
    """Give the rows that the decisions of a full block lead to, in the order of their key; pure."""
    if not block:
        return []
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    indexes, *columns = zip(*block, strict=True)
    bits = [1 << last - index for index in indexes]
    for field, said in zip(FIELDS, columns, strict=True):
        # Decisions say little that is not said by others too, so each text is taken apart once.
        alike: defaultdict[Any, int] = defaultdict(int)
        for text, bit in zip(said, bits, strict=True):
            alike[text] |= bit
        for text, marked in alike.items():
            for code in read(text) if field in _TEXTS else (str(text),):
                found[field, code] |= marked
    return [(*place, last, packed(found[place])) for place in sorted(found)]


def packed(bits: int) -> bytes:
    """Write bits as a row holds them."""
    return bits.to_bytes((bits.bit_length() + 7) // 8, "big")


def unpacked(bits: bytes) -> int:
    """Read the bits of a row."""
    return int.from_bytes(bits, "big")


def indexes(last: int, bits: int) -> list[int]:
    """Give the indexes of the entries whose bits are set, in the order of the log."""
    first = last + 1 - bits.bit_length()
    return [first + place for place, bit in enumerate(f"{bits:b}") if bit == "1"]
