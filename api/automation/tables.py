"""Who refuses automation, as the newest entry about each subject tells it."""

from __future__ import annotations

from sqlmodel import Field

from api.events import Entry
from api.tables import BY_KEY, ReadModel, Rows, table_of

REFUSED = "automation_refused"
ALLOWED = "automation_allowed"  #: the refusal was taken back
KINDS = (REFUSED, ALLOWED)


class AutomationRow(ReadModel, table=True):
    """One subject that refused at some time, and whether it still does."""

    __tablename__ = "automation"
    __table_args__ = BY_KEY

    subject: str = Field(primary_key=True)  #: the random id, not the reference
    refused: bool
    actor: str  #: who recorded it
    at: str
    log_index: int


AUTOMATION = table_of(AutomationRow)
TABLES = (AUTOMATION,)
NEWEST = (AUTOMATION,)


def rows(index: int, entry: Entry) -> Rows:
    """Give the row of a refusal, or of its end."""
    named = {name: entry[name] for name in ("subject", "actor", "at")}
    yield AUTOMATION, [{**named, "refused": entry["kind"] == REFUSED, "log_index": index}]
