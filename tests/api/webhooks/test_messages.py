"""Which entries are told, and what is in an event: ids and links, of every kind that is told."""

from __future__ import annotations

import msgspec
import pytest

from api.casework import events as casework
from api.casework.states import Action
from api.webhooks.messages import KINDS, EventType, message

#: What goes on inside a case is nobody's business outside.
UNTOLD = {
    Action.CLAIM, Action.RENEW, Action.RELEASE, Action.NOTE, Action.ATTACH, Action.RECOMMEND, Action.DECLINE,
    Action.ESCALATE,
}  # fmt: skip
HEAD = {"id": "e", "at": "2026-11-22T08:00:00.000Z", "actor": "key:a", "subject": "random"}
CASE = {"id": "c", "decision": "d", "owner": "key:a", "outcome": "refer"}


def test_every_step_of_a_case_is_told_or_meant_not_to_be() -> None:
    """Whoever adds a step decides whether integrators hear of it."""
    told = {action for action in Action if casework.KIND[action] in KINDS}

    assert told | UNTOLD == set(Action)
    assert not told & UNTOLD
    assert set(casework.OPENED.values()) <= set(KINDS)


def test_every_type_has_a_kind() -> None:
    """No type can be subscribed to that is never sent."""
    assert {kind.type for kind in KINDS.values()} == set(EventType)


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_holds_ids_and_links_only(kind: str) -> None:
    """Nothing of the entry but ids goes out; the random id of the person stays in."""
    entry = {
        **HEAD,
        "kind": kind,
        "owner": "key:a",
        "decision": "d",
        "case": CASE,
        "outcome": "refer",
        "status": "open",
    }
    told = msgspec.json.decode(message("log", 7, entry))
    decision = "e" if kind == "decision_made" else "d"

    assert set(told) == {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"}
    assert (told["id"], told["subject"], told["source"], told["time"]) == ("e", decision, "log", HEAD["at"])
    assert set(told["data"]) <= {"index", "decision", "case", "new_decision", "links"}
    assert all(decision in link or link == "/cases/c" for link in told["data"]["links"].values())
    assert not {"random", "refer", "open", "key:a"} & set(str(told).replace("'", " ").split())
