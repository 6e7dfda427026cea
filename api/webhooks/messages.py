"""Which entries are events for integrators, and how one is written: CloudEvents 1.0.2, structured JSON.

Made from the leaf alone, so every attempt sends the same bytes: ids and links, never a fact, an outcome or a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from api import events
from api.events import Entry

MEDIA_TYPE = "application/cloudevents+json"


class EventType(StrEnum):
    """What an integrator may be told of."""

    DECISION_MADE = "grounds.decision.made"
    DECISION_REPLAYED = "grounds.decision.replayed"


class Kind(msgspec.Struct, frozen=True):
    """How entries of one kind become events."""

    type: EventType
    decision: str = "decision"  #: the field of the entry that names the decision it is about
    ids: tuple[str, ...] = ()  #: fields that are told beside it, all of them ids of ours


KINDS: Mapping[str, Kind] = {
    events.DECISION_MADE: Kind(EventType.DECISION_MADE, decision="id"),
    events.DECISION_REPLAYED: Kind(EventType.DECISION_REPLAYED),
}
_LINKS = {
    "decision": "/decisions/{}",
    "explanation": "/decisions/{}/explanation",
    "receipt": "/decisions/{}/receipt",
}


def about(entry: Entry) -> str:
    """Name the decision an entry is about."""
    return str(entry[KINDS[entry["kind"]].decision])


def message(source: str, index: int, entry: Entry) -> bytes:
    """Write the event an entry is; `source` is the log's origin."""
    kind, decision = KINDS[entry["kind"]], about(entry)
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": entry["id"],
            "source": source,
            "type": kind.type,
            "subject": decision,
            "time": entry["at"],
            "datacontenttype": "application/json",
            "data": _data(index, entry, kind, decision),
        }
    )


def _data(index: int, entry: Entry, kind: Kind, decision: str) -> dict[str, Any]:
    told = {name: entry[name] for name in kind.ids if name in entry}
    links = {name: path.format(decision) for name, path in _LINKS.items()}
    return {"index": index, "decision": decision, **told, "links": links}
