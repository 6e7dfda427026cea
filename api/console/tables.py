"""The tables of the console's sessions; their rows follow from the log alone."""

from __future__ import annotations

from sqlmodel import Field

from api.events import Entry
from api.tables import BY_KEY, ReadModel, Rows, table_of

SESSION_OPENED = "session_opened"
SESSION_CLOSED = "session_closed"


class SessionRow(ReadModel, table=True):
    """A session that was opened."""

    __tablename__ = "console_session"
    __table_args__ = BY_KEY

    secret_sha256: str = Field(primary_key=True)
    actor: str  #: whose session it is
    closes_at: str
    log_index: int


class ClosedSessionRow(ReadModel, table=True):
    """A session that was signed out of."""

    __tablename__ = "console_session_closed"
    __table_args__ = BY_KEY

    secret_sha256: str = Field(primary_key=True)
    log_index: int


SESSION, CLOSED = table_of(SessionRow), table_of(ClosedSessionRow)
TABLES = (SESSION, CLOSED)


def session_opened(index: int, entry: Entry) -> Rows:
    """Give the row of an opened session."""
    row = {"secret_sha256": entry["session_sha256"], "actor": entry["actor"], "closes_at": entry["closes_at"]}
    yield SESSION, [{**row, "log_index": index}]


def session_closed(index: int, entry: Entry) -> Rows:
    """Give the row of a closed session."""
    yield CLOSED, [{"secret_sha256": entry["session_sha256"], "log_index": index}]
