"""The read model of lines: every change as its leaf tells it. Status and pointers only; amounts stand sealed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field

from api.events import Entry
from api.tables import BY_KEY, ReadModel, Rows, asked, table_of

LINE_CHANGED = "line_changed"


class LineChangeRow(ReadModel, table=True):
    """One change of a line; the one with the highest sequence is how the line stands."""

    __tablename__ = "line_change"
    __table_args__ = (sa.Index("line_change_by_index", "log_index", unique=True), BY_KEY)

    subject: str = Field(primary_key=True)  #: the random id, not the reference
    sequence: int = Field(primary_key=True)  #: from 1, without a gap; two writers cannot both take one
    log_index: int
    change: str
    status: str  #: afterwards
    owner: str  #: the actor that asked for the opening
    decision: str  #: its id; empty for a repayment
    actor: str
    at: str


LINE = table_of(LineChangeRow)
TABLES = (LINE,)


def changed(index: int, entry: Entry) -> Rows:
    """Give the rows a change leads to."""
    names = ("subject", "sequence", "change", "status", "owner", "decision", "actor", "at")
    yield LINE, [{"log_index": index, **{name: entry[name] for name in names}}]
    if "request" in entry:
        yield from asked(entry["request"], index)
