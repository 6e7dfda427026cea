"""The tables of casework; their rows follow from the log alone, each from its own leaf.

`casework` keeps of each case what its newest entry says; `case_event` has a row for each entry.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field

from api.casework import events
from api.events import Entry
from api.tables import BY_KEY, ReadModel, Rows, asked, table_of

_NOBODY = ""
_REPLACED = sa.text("new_decision <> ''")  # few are; see `replaced`


class CaseRow(ReadModel, table=True):
    """A case as it stands."""

    __tablename__ = "casework"
    __table_args__ = (
        sa.Index("casework_by_state", "state", "due_at", "opened_index"),
        sa.Index("casework_by_due", "due_at", "opened_index"),
        sa.Index("casework_by_decision", "decision", "opened_index"),
        sa.Index("casework_by_owner", "owner", "opened_index"),
        sa.Index("casework_by_opener", "opened_by", "opened_index"),
        sa.Index("casework_by_new_decision", "new_decision", sqlite_where=_REPLACED, postgresql_where=_REPLACED),
    )

    opened_index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  #: the entry that opened it
    id: str = Field(unique=True)
    log_index: int  #: its newest entry
    kind: str
    cause: str
    state: str
    version: int
    subject: str
    decision: str
    outcome: str
    policy: str
    policy_version: int
    owner: str
    opened_by: str
    holder: str  #: empty if nobody
    lease_until: str  #: empty without a lease
    due_on: str
    due_at: str
    escalated: bool
    recommended_by: str  #: empty if nothing is recommended
    result: str  #: empty while it is not concluded
    new_decision: str
    opened_at: str
    concluded_at: str


class CaseEventRow(ReadModel, table=True):
    """One step of a case."""

    __tablename__ = "case_event"
    __table_args__ = (sa.Index("case_event_by_index", "log_index"), BY_KEY)

    case_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    log_index: int
    kind: str
    actor: str
    at: str


CASE, CASE_EVENT = table_of(CaseRow), table_of(CaseEventRow)
TABLES = (CASE, CASE_EVENT)
NEWEST = (CASE,)
KINDS = (*events.OPENED.values(), *dict.fromkeys(events.KIND.values()))


def replaced(case: sa.FromClause) -> sa.ColumnElement[bool]:
    """Say in SQL that a case led to another decision, in the words by which databases know the index of those."""
    return case.c.new_decision != sa.literal_column("''")


def rows(index: int, entry: Entry) -> Rows:
    """Give the rows of one entry of casework."""
    case = entry["case"]
    yield CASE, [_case(index, entry)]
    step = {name: entry[name] for name in ("kind", "actor", "at")}
    yield CASE_EVENT, [{"case_id": case["id"], "version": case["version"], "log_index": index, **step}]
    if request := entry.get("request"):
        yield from asked(request, index)


def _case(index: int, entry: Entry) -> dict[str, object]:
    case = entry["case"]
    named = (
        "id",
        "kind",
        "cause",
        "state",
        "version",
        "decision",
        "outcome",
        "owner",
        "opened_by",
        "due_on",
        "due_at",
        "opened_at",
    )
    optional = ("holder", "lease_until", "result", "new_decision", "concluded_at")
    return {
        **{name: case[name] for name in named},
        **{name: case.get(name, _NOBODY) for name in optional},
        "log_index": index,
        "opened_index": case.get("opened_index", index),
        "subject": entry["subject"],
        "policy": case["policy"]["name"],
        "policy_version": case["policy"]["version"],
        "escalated": case.get("escalated", False),
        "recommended_by": case.get("recommendation", {}).get("by", _NOBODY),
    }
