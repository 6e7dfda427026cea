"""The entries of matters and the tables that follow from them: one row as the newest entry says, one for each step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlmodel import Field

from api.events import Entry, Origin
from api.matters.matter import Matter, MatterAction
from api.tables import BY_KEY, ReadModel, Rows, asked, table_of

RAISED = "matter_raised"
#: The kind of the entry an action leaves.
KIND: Mapping[MatterAction, str] = {
    MatterAction.ACKNOWLEDGE: "matter_acknowledged",
    MatterAction.ANSWER: "matter_answered",
    MatterAction.EXTEND: "matter_extended",
    MatterAction.END: "matter_ended",
}
KINDS = (RAISED, *KIND.values())


class MatterRow(ReadModel, table=True):
    """A matter as it stands."""

    __tablename__ = "matter"
    __table_args__ = (
        sa.Index("matter_by_owner", "owner", "opened_index"),
        sa.Index("matter_by_end", "ended_on", "opened_index"),
        sa.Index("matter_by_opening", "opened_index"),
    )

    id: str = Field(primary_key=True)
    log_index: int  #: its newest entry
    opened_index: int
    kind: str
    version: int
    subject: str  #: the random id, not the reference
    owner: str
    decision: str  #: empty if it is about none
    began_on: str
    acknowledged_on: str  #: empty if it was not
    extended: int
    ended_on: str  #: empty while it is open
    ending: str


class MatterStepRow(ReadModel, table=True):
    """One step of a matter."""

    __tablename__ = "matter_step"
    __table_args__ = BY_KEY

    matter_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    log_index: int
    kind: str
    actor: str
    at: str


MATTER, MATTER_STEP = table_of(MatterRow), table_of(MatterStepRow)
TABLES = (MATTER, MATTER_STEP)
NEWEST = (MATTER,)


def entry(
    origin: Origin, kind: str, subject: str, matter: Matter, *, seal: Mapping[str, str] | None = None, request: str = ""
) -> Entry:
    """Record that a matter came to be what it is now; `request` is the fingerprint of an idempotency key."""
    return {
        **origin.head(kind),
        "subject": subject,
        "matter": msgspec.to_builtins(matter),
        **({"request": request} if request else {}),
        **({"sealed": dict(seal)} if seal else {}),
    }


def read(leaf: Mapping[str, Any]) -> Matter:
    """Give the matter an entry leads to."""
    return msgspec.convert(leaf["matter"], Matter)


def rows(index: int, leaf: Entry) -> Rows:
    """Give the rows of one entry."""
    matter = read(leaf)
    opened = index if matter.opened_index is None else matter.opened_index
    row = {
        **{name: getattr(matter, name) for name in ("id", "version", "owner", "decision", "extended")},
        "kind": str(matter.kind),
        "log_index": index,
        "opened_index": opened,
        "subject": leaf["subject"],
        "began_on": _day(matter.began_on),
        "acknowledged_on": _day(matter.acknowledged_on),
        "ended_on": _day(matter.ended_on),
        "ending": str(matter.ending or ""),
    }
    yield MATTER, [row]
    step = {name: leaf[name] for name in ("kind", "actor", "at")}
    yield MATTER_STEP, [{"matter_id": matter.id, "version": matter.version, "log_index": index, **step}]
    if request := leaf.get("request"):
        yield from asked(request, index)


def _day(day: dt.date | None) -> str:
    return "" if day is None else day.isoformat()
