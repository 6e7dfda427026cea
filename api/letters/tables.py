"""Which notices were issued, as their entries tell it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field

from api.events import Entry
from api.tables import ReadModel, Rows, table_of

NOTICE_ISSUED = "notice_issued"


class NoticeRow(ReadModel, table=True):
    """A notice that reached, or was sent to, the person a decision is about."""

    __tablename__ = "notice"
    __table_args__ = (sa.Index("notice_by_decision", "decision", "log_index"),)

    log_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    decision: str  #: its id
    language: str
    channel: str
    issued_on: str  #: the day, in the jurisdiction's zone
    actor: str
    at: str


NOTICE = table_of(NoticeRow)
TABLES = (NOTICE,)


def issued(index: int, entry: Entry) -> Rows:
    """Give the row of a notice."""
    named = {name: entry[name] for name in ("decision", "language", "channel", "issued_on", "actor", "at")}
    yield NOTICE, [{"log_index": index, **named}]
