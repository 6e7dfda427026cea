"""What a matter is, and what may happen to it: frozen values, nothing personal, pure. Days are those of the law's zone.

The whole of a matter stands in the leaf of each of its entries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from api.errors import ApiError, Mistake


class MatterRefused(ApiError):
    """the matter does not stand so that this could happen to it"""


class MatterKind(StrEnum):
    """What it is; a jurisdiction's pack calls it by the same name."""

    COMPLAINT = "complaint"
    DISPUTE = "dispute"  #: of what a credit bureau reported (征信异议)
    ACCESS_REQUEST = "access_request"
    COUNTER_OFFER = "counter_offer"  #: less was offered than asked for, and waits to be taken up


class MatterAction(StrEnum):
    """What may be done with one."""

    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    EXTEND = "extend"
    END = "end"


class Ending(StrEnum):
    """How it ended."""

    ANSWERED = "answered"
    TAKEN_UP = "taken_up"  #: of a counter-offer
    WITHDRAWN = "withdrawn"


class Matter(msgspec.Struct, frozen=True, omit_defaults=True):
    """A matter after so many steps."""

    id: str
    kind: MatterKind
    version: int  #: how many steps led here, the first included
    owner: str  #: the actor that raised it
    began_on: dt.date  #: the day its periods count from
    opened_index: int | None = None  #: the entry that raised it; None in that entry itself
    decision: str = ""  #: the id of the decision it is about; empty if about none
    acknowledged_on: dt.date | None = None
    extended: int = 0  #: how often its end was put off
    ended_on: dt.date | None = None
    ending: Ending | None = None


class Step(msgspec.Struct, frozen=True):
    """What somebody does with a matter."""

    action: MatterAction
    actor: str
    day: dt.date
    barred: Collection[str] = ()  #: who judged the decision it is about
    ending: Ending = Ending.ANSWERED
    extensions: int = 0  #: how often the pack lets it be put off


def after(matter: Matter, step: Step) -> Matter:
    """Give the matter after a step; raise MatterRefused with why not and what to do."""
    if matter.ended_on is not None:
        raise _refusal("ended", f"it ended on {matter.ended_on}", "raise another matter")
    moved = replace(matter, version=matter.version + 1)
    match step.action:
        case MatterAction.ACKNOWLEDGE:
            if matter.acknowledged_on is not None:
                raise _refusal("acknowledged", f"it was acknowledged on {matter.acknowledged_on}", "answer it")
            return replace(moved, acknowledged_on=step.day)
        case MatterAction.EXTEND:
            _another(matter, step)
            if matter.extended >= step.extensions:
                raise _refusal("no_extension", "its end cannot be put off any further", "answer it")
            return replace(moved, extended=matter.extended + 1)
        case MatterAction.ANSWER:
            _another(matter, step)
            return replace(moved, ended_on=step.day, ending=Ending.ANSWERED)
        case MatterAction.END:
            if step.ending is Ending.TAKEN_UP and matter.kind is not MatterKind.COUNTER_OFFER:
                raise _refusal("no_offer", "only a counter-offer is taken up", "end it as `withdrawn`")
            return replace(moved, ended_on=step.day, ending=step.ending)


def _another(matter: Matter, step: Step) -> None:
    """Nobody answers what they raised themselves, or what is about their own judgement."""
    if step.actor == matter.owner or step.actor in step.barred:
        raise _refusal("took_part", "you raised it, or judged what it is about", "leave it to a colleague")


def _refusal(code: str, message: str, remedy: str) -> MatterRefused:
    return MatterRefused(mistakes=[Mistake("matter_id", message, remedy, code)])
