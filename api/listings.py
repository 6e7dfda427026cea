"""Listings: which decisions gave a reason, had an outcome and so on, written down block by block.

A decision holds all of it itself; the codes of its reasons and rules in two texts. A listing is kept per block and not
per decision because each code has a page of its own that is written to: once for a block it is little, for each
decision it was most of what a commit wrote. So a listing covers the full blocks; decisions of the last one are searched
one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from api.tables import DECISION, OUTCOME, OWNER, POLICY, REASON, RULE

SAID: Mapping[sa.Table, sa.Column[str]] = {
    REASON: DECISION.c.reasons,
    RULE: DECISION.c.rules,
    OUTCOME: DECISION.c.outcome,
    POLICY: DECISION.c.policy,
    OWNER: DECISION.c.owner,
}
"""Each listing, and the column of a decision that says the same."""

COLUMNS = (DECISION.c.log_index, *SAID.values())
"""What the listings take of a decision."""
Listed = tuple[Any, ...]  #: a decision's COLUMNS
Entered = tuple[str, int]  #: a row of a listing: the code, and the decision's index

_TEXTS = frozenset({REASON, RULE})  # those a decision may be in under several codes, or none

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


def under(table: sa.Table, code: str) -> sa.ColumnElement[bool]:
    """Say in SQL of a decision whether a listing holds it under a code, or will."""
    return names(SAID[table], code) if table in _TEXTS else SAID[table] == code


def rows(block: Iterable[Listed]) -> Iterator[tuple[sa.Table, list[Entered]]]:
    """Give the rows that the decisions of a full block lead to, in the order of the listings; pure."""
    ordered = sorted(block)
    for place, table in enumerate(SAID, 1):
        # Decisions fall into few combinations, so each text is taken apart once.
        alike: dict[str, list[int]] = {}
        for said in ordered:
            alike.setdefault(said[place], []).append(said[0])
        found: dict[str, list[int]] = {}
        for text, indexes in alike.items():
            for code in _codes(table, text):
                found.setdefault(code, []).extend(indexes)
        if found:
            yield table, [(code, index) for code in sorted(found) for index in sorted(found[code])]


def _codes(table: sa.Table, said: str) -> Iterable[str]:
    return {*read(said)} if table in _TEXTS else (said,)  # one that names a code twice is listed once
