"""What goes over the wire about matters."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from api.casework.schemas import Answer, FreeText
from api.deadlines import DecisionClock
from api.matters.matter import Ending, MatterKind
from api.schemas import Reference


class MatterRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A matter: what it is, whose, and what they say."""

    kind: MatterKind
    subject: Reference
    text: FreeText
    decision: Annotated[str, Meta(max_length=100, description="The id of the decision it is about, if about one")] = ""
    received_on: dt.date | None = None  #: the day its periods count from, where the law is; today if left out


class MatterAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the applicant is answered."""

    answer: Answer


class MatterExtension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the end is put off."""

    text: FreeText


class MatterEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That it needs no answer any more."""

    because: Literal["withdrawn", "taken_up"]


class MatterView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A matter as it stands, with its clocks, the first to end first; none if the jurisdiction names no period."""

    id: str
    kind: MatterKind
    version: int
    decision: str | None
    began_on: dt.date
    acknowledged_on: dt.date | None
    extended: int
    ended_on: dt.date | None
    ending: Ending | None
    overdue: bool
    clocks: list[DecisionClock]
    index: int  #: its newest entry


class MatterPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of matters; `next` is null on the last one."""

    items: list[MatterView]
    next: str | None


class MatterPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was written in one step; `body` as the request had it."""

    version: int
    index: int
    kind: str
    at: str
    body: dict[str, Any]


class MatterFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that was written about a matter."""

    matter: str
    version: int
    parts: list[MatterPart]
