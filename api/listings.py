"""Listings: in which decisions a reason was given or a rule fired, written down block by block.

A decision holds the codes of its reasons and rules itself, in two texts. A listing is kept per block and not per
decision because each code has a page of its own that is written to: once for a block it is little, for each decision
it was most of what a commit wrote. So a listing covers the full blocks; in the last one the texts are searched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from api.tables import DECISION, REASON, RULE, Rows

Listed = tuple[int, str, str]  #: a decision's index, reasons and rules

TEXTS: Mapping[sa.Table, sa.Column[str]] = {REASON: DECISION.c.reasons, RULE: DECISION.c.rules}
"""Each listing, and the column of a decision that says the same."""

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


def rows(block: Sequence[Listed]) -> Rows:
    """Give the rows that the decisions of a full block lead to, in the order of the listings; pure."""
    said = {
        REASON: [(reasons, index) for index, reasons, _ in block],
        RULE: [(rules, index) for index, _, rules in block],
    }
    for table, texts in said.items():
        # A set, since a decision that names a code twice is listed once.
        if found := {(code, index) for text, index in texts for code in read(text)}:
            yield table, [{"code": code, "log_index": index} for code, index in sorted(found)]
