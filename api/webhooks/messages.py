"""Which entries are events for integrators, and how one is written: CloudEvents 1.0.2, structured JSON.

Made from the leaf alone, so every attempt sends the same bytes: ids and links, never a fact, an outcome or a name.
What goes on inside a case (who claimed it, what was noted or recommended) is told to nobody outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from api import events
from api.accounts.tables import LINE_CHANGED
from api.casework import events as casework
from api.casework.states import Action
from api.events import Entry

MEDIA_TYPE = "application/cloudevents+json"


class EventType(StrEnum):
    """What an integrator may be told of."""

    DECISION_MADE = "grounds.decision.made"
    LINE_CHANGED = "grounds.line.changed"
    REVIEW_OPENED = "grounds.review.opened"
    REVIEW_ASKED = "grounds.review.asked"  #: the applicant is asked for something
    REVIEW_ANSWERED = "grounds.review.answered"
    REVIEW_EXTENDED = "grounds.review.extended"
    REVIEW_CONCLUDED = "grounds.review.concluded"
    REVIEW_WITHDRAWN = "grounds.review.withdrawn"
    APPEAL_FILED = "grounds.appeal.filed"


class Facts(NamedTuple):
    """What an entry says to whoever it concerns."""

    owner: str  #: the actor whose decision it is about
    decision: str  #: empty: about none, and told to nobody
    ids: Mapping[str, str]  #: what is told beside it


class Kind(NamedTuple):
    """How entries of one kind become events."""

    type: EventType
    read: Callable[[Entry], Facts]


def _decision(entry: Entry) -> Facts:
    return Facts(entry.get("owner", entry["actor"]), entry["id"], {})


def _line(entry: Entry) -> Facts:
    return Facts(entry["owner"], entry["decision"], {})


def _case(entry: Entry) -> Facts:
    case = entry["case"]
    followed = {"new_decision": case["new_decision"]} if case.get("new_decision") else {}
    return Facts(case["owner"], case["decision"], {"case": case["id"], **followed})


KINDS: Mapping[str, Kind] = {
    events.DECISION_MADE: Kind(EventType.DECISION_MADE, _decision),
    LINE_CHANGED: Kind(EventType.LINE_CHANGED, _line),
    casework.REVIEW_OPENED: Kind(EventType.REVIEW_OPENED, _case),
    casework.APPEAL_FILED: Kind(EventType.APPEAL_FILED, _case),
    casework.KIND[Action.ASK]: Kind(EventType.REVIEW_ASKED, _case),
    casework.KIND[Action.ANSWER]: Kind(EventType.REVIEW_ANSWERED, _case),
    casework.KIND[Action.EXTEND]: Kind(EventType.REVIEW_EXTENDED, _case),
    casework.KIND[Action.CONCLUDE]: Kind(EventType.REVIEW_CONCLUDED, _case),
    casework.KIND[Action.WITHDRAW]: Kind(EventType.REVIEW_WITHDRAWN, _case),
}
_LINKS = {
    "decision": "/decisions/{}",
    "explanation": "/decisions/{}/explanation",
    "receipt": "/decisions/{}/receipt",
}


def read(entry: Entry) -> Facts:
    """Give whom an entry concerns and what it is about."""
    return KINDS[entry["kind"]].read(entry)


def message(source: str, index: int, entry: Entry) -> bytes:
    """Write the event an entry is; `source` is the log's origin."""
    facts = read(entry)
    links = {name: path.format(facts.decision) for name, path in _LINKS.items()}
    if "case" in facts.ids:
        links["case"] = f"/cases/{facts.ids['case']}"
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": entry["id"],
            "source": source,
            "type": KINDS[entry["kind"]].type,
            "subject": facts.decision,
            "time": entry["at"],
            "datacontenttype": "application/json",
            "data": {"index": index, "decision": facts.decision, **facts.ids, "links": links},
        }
    )
