"""What a case is: frozen values, nothing personal. The whole of it stands in the leaf of each of its entries.

Moments are aware UTC, whole milliseconds, because that is how entries write them.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec

from engine.decision import PolicyRef


class CaseKind(StrEnum):
    """Why a person looks."""

    REVIEW = "review"  #: a decision sent it to a person
    APPEAL = "appeal"  #: somebody thinks the decision wrong


class Cause(StrEnum):
    """What opened a case."""

    REFERRED = "referred"  #: the policy came to `refer`
    AUTOMATION_REFUSED = "automation_refused"  #: the subject wants no decision by machine alone (PIPL 24, GDPR 22)
    APPEALED = "appealed"


class State(StrEnum):
    """Where a case stands."""

    OPEN = "open"  #: nobody works on it
    CLAIMED = "claimed"  #: one person does, until their lease is over
    WAITING = "waiting"  #: for the applicant's answer
    CONCLUDED = "concluded"


class Action(StrEnum):
    """What may be done with a case."""

    CLAIM = "claim"
    RENEW = "renew"
    RELEASE = "release"
    ASK = "ask"
    ANSWER = "answer"
    NOTE = "note"
    ATTACH = "attach"
    RECOMMEND = "recommend"
    APPROVE = "approve"
    DECLINE = "decline"
    ESCALATE = "escalate"
    EXTEND = "extend"
    CONCLUDE = "conclude"
    WITHDRAW = "withdraw"


class Result(StrEnum):
    """What a case came to."""

    DECIDE = "decide"  #: a person decided what was referred
    UPHOLD = "uphold"
    OVERTURN = "overturn"  #: another decision takes the place of the old one
    POLICY_DEFECT = "policy_defect"  #: the policy was followed, and is wrong
    WITHDRAWN = "withdrawn"


class Recommendation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one person wants a second one to agree to; its grounds lie sealed beside the entry of that version."""

    by: str
    version: int
    result: Result
    outcome: str | None = None  #: of the new decision, if there is to be one


class Deadline(msgspec.Struct, frozen=True):
    """A last day, in the jurisdiction's zone, and the instant it is over."""

    on: dt.date
    at: dt.datetime


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """A case after so many transitions."""

    id: str
    kind: CaseKind
    cause: Cause
    version: int  #: how many transitions led here, the opening included
    state: State
    decision: str  #: the id of the decision it is about
    outcome: str  #: what that came to
    policy: PolicyRef
    owner: str  #: the actor that asked for that decision
    opened_by: str  #: who filed the appeal; `service` for a review
    opened_at: dt.datetime
    due_on: dt.date  #: the last day on which it may be answered
    due_at: dt.datetime  #: from this instant on it is overdue
    opened_index: int | None = None  #: the entry that opened it; None in that entry itself
    barred: tuple[str, ...] = ()  #: actors that took part in what it is about
    wants_person: bool = False  #: the applicant asked that a person looks
    holder: str | None = None
    lease_until: dt.datetime | None = None
    answer_due_on: dt.date | None = None  #: while waiting: the last day for the applicant's answer
    answer_due_at: dt.datetime | None = None
    escalated: bool = False  #: from now on it takes a supervisor
    extended: int = 0  #: how often the deadline was put off
    attachments: int = 0
    recommendation: Recommendation | None = None
    result: Result | None = None
    new_decision: str | None = None  #: the decision it led to
    concluded_at: dt.datetime | None = None

    def seen(self, at: dt.datetime) -> Case:
        """Give the case as it stands at a moment: who let their lease run out holds it no more."""
        if self.state is not State.CLAIMED or self.lease_until is None or at < self.lease_until:
            return self
        return msgspec.structs.replace(self, state=State.OPEN, holder=None, lease_until=None)

    def overdue(self, at: dt.datetime) -> bool:
        """Whether it should have been answered by now."""
        return self.state is not State.CONCLUDED and at >= self.due_at

    def answer_overdue(self, at: dt.datetime) -> bool:
        """Whether the applicant should have answered by now."""
        return self.answer_due_at is not None and at >= self.answer_due_at


class Who(msgspec.Struct, frozen=True):
    """Who acts, and what they are to the case; made from a principal, or the service itself."""

    actor: str
    works: bool = False  #: may work on cases
    supervises: bool = False
    party: bool = False  #: speaks for the applicant: the integrator whose decision it is, or the applicant's channel


def whole_milliseconds(moment: dt.datetime) -> dt.datetime:
    """Cut a moment to what an entry can say."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000).astimezone(dt.UTC)
