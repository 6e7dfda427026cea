"""Why an action is refused: a closed list of reasons, each with its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Why(StrEnum):
    """The reasons, as codes."""

    CONCLUDED = "concluded"
    NOT_CLAIMED = "not_claimed"
    HELD = "held_by_another"
    WAITING = "waiting_for_answer"
    NOT_WAITING = "not_waiting"
    ROLE = "role"
    NOT_PARTY = "not_party"
    TOOK_PART = "took_part"
    SUPERVISOR = "supervisor_needed"
    SAME_PERSON = "same_person"
    SECOND_PERSON = "second_person_needed"
    NO_RECOMMENDATION = "no_recommendation"
    ESCALATED = "escalated_already"
    NOT_LATER = "not_later"
    WRONG_RESULT = "wrong_result"
    FULL = "too_many_attachments"
    NO_EXTENSION = "no_extension_left"


class Refusal(NamedTuple):
    """One reason, told."""

    why: Why
    message: str
    remedy: str


_TOLD: Mapping[Why, tuple[str, str]] = {
    Why.CONCLUDED: ("the case is concluded", "appeal against the decision it led to, if that is wrong"),
    Why.NOT_CLAIMED: ("nobody has claimed the case", "claim it first"),
    Why.HELD: ("another person has claimed the case", "wait until their lease is over, or ask a supervisor to release"),
    Why.WAITING: ("the case waits for the applicant's answer", "go on when it is there, or its day is over"),
    Why.NOT_WAITING: (
        "the case asks the applicant nothing",
        "an answer belongs to a question; attach a document instead",
    ),
    Why.ROLE: ("your role does not do this", "it takes a reviewer or a supervisor"),
    Why.NOT_PARTY: ("this is for who speaks for the applicant", "use the key that the decision was asked for with"),
    Why.TOOK_PART: ("you took part in what this case is about", "leave it to somebody who did not"),
    Why.SUPERVISOR: ("this takes a supervisor", "ask one"),
    Why.SAME_PERSON: (
        "the second person must be another one",
        "ask somebody who neither recommended it nor holds the case",
    ),
    Why.SECOND_PERSON: ("this conclusion takes a second person", "recommend it, and let another person approve"),
    Why.NO_RECOMMENDATION: ("nothing is recommended", "recommend a conclusion first"),
    Why.ESCALATED: ("the case is escalated already", "a supervisor has to claim it"),
    Why.NOT_LATER: ("the new deadline is not later than the old one", "give a later day, or answer in time"),
    Why.WRONG_RESULT: ("a case of this kind cannot end so", "a review: `decide`; an appeal: any other result"),
    Why.FULL: ("the case holds as many attachments as it may", "put several pages into one file"),
    Why.NO_EXTENSION: ("the deadline cannot be put off once more", "conclude the case"),
}


def refusal(why: Why) -> Refusal:
    """Tell a reason with its remedy."""
    return Refusal(why, *_TOLD[why])
