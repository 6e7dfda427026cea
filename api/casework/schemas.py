"""What casework takes and gives over the wire, as frozen structs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.casework.states import Case, CaseKind, Cause, Recommendation, Result, State
from api.schemas import Reference
from engine.decision import PolicyRef
from engine.policy import Outcome

#: What people write: something that can be read, and of control characters only tabs and line breaks. Any other one is
#: in no font, so a letter that quotes it could never be printed.
_WRITTEN = r"^[\t\n\r \xa0\u3000]*[^\x00-\x20\x7f-\xa0\u3000][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
FreeText = Annotated[
    str,
    Meta(min_length=1, max_length=10_000, pattern=_WRITTEN, description="Free text; sealed, never in the log"),
]
Codes = Annotated[tuple[str, ...], Meta(min_length=1, max_length=5, description="Reason codes of `casework.toml`")]
Facts = Annotated[
    dict[str, Any], Meta(max_length=500, description="Facts put right, by name, as in a request for a decision")
]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing it does not know is taken."""


class Answer(_Body, frozen=True):
    """What the applicant is told, in both languages."""

    zh: FreeText
    en: FreeText


class OfferGiven(_Body, frozen=True):
    """What a person offers; exactly the amounts the policy offers with such an outcome."""

    limit_fen: Annotated[int, Meta(ge=1, le=2**53 - 1)] | UnsetType = UNSET
    apr_bp: Annotated[int, Meta(ge=0, le=1_000_000)] | UnsetType = UNSET
    term_months: Annotated[int, Meta(ge=1, le=1_200)] | UnsetType = UNSET


class NewDecision(_Body, frozen=True):
    """The decision a person takes in place of the old one."""

    outcome: Outcome
    offer: OfferGiven | None = None
    reasons: Annotated[
        tuple[str, ...], Meta(max_length=4, description="Reason codes of the policy, the weightiest first")
    ] = ()


class Conclusion(_Body, frozen=True):
    """How a case ends: with which result, why, and what the applicant is told."""

    result: Result
    because: Codes
    grounds: FreeText  #: for the file
    answer: Answer
    decision: NewDecision | None = None


class Written(_Body, frozen=True):
    """A note for the file, or why something is done."""

    text: FreeText


class Question(_Body, frozen=True):
    """What the applicant is asked, and which facts that is about."""

    question: Answer
    facts: Annotated[tuple[str, ...], Meta(max_length=50, description="Names of facts, see GET /facts")] = ()


class Reply(_Body, frozen=True):
    """The applicant's answer, and the facts it puts right."""

    text: FreeText
    facts: Facts = {}


class AppealRequest(_Body, frozen=True):
    """An appeal: against which decision, why, and what was wrong in the facts."""

    decision: Annotated[str, Meta(min_length=1, max_length=100, description="The id of the decision")]
    statement: FreeText
    subject: Reference | UnsetType = UNSET  #: required of a channel: whom the decision is about
    facts: Facts = {}
    person: bool = False  #: the applicant asks that a person looks


class AppealReceived(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The acknowledgement of an appeal: its reference, and until when it is answered."""

    id: str  #: the case, to be named in all that follows
    decision: str
    version: int
    filed_at: dt.datetime
    due_on: dt.date
    due_at: dt.datetime

    @classmethod
    def of(cls, case: Case) -> AppealReceived:
        """Acknowledge an appeal as it was filed."""
        return cls(case.id, case.decision, case.version, case.opened_at, case.due_on, case.due_at)


class File(_Body, frozen=True):
    """A document for the file: sealed, and never shown in a page."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/\\]*$")]
    media_type: Annotated[str, Meta(min_length=3, max_length=100)]
    content: Annotated[bytes, Meta(min_length=1)]  #: base64


class CaseState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case as it stands after an action."""

    id: str
    kind: CaseKind
    cause: Cause
    version: int
    state: State
    decision: str
    outcome: str
    policy: PolicyRef
    opened_at: dt.datetime
    due_on: dt.date
    due_at: dt.datetime
    wants_person: bool
    holder: str | None
    lease_until: dt.datetime | None
    answer_due_on: dt.date | None
    escalated: bool
    extended: int
    attachments: int
    recommendation: Recommendation | None
    result: Result | None
    new_decision: str | None
    concluded_at: dt.datetime | None

    @classmethod
    def of(cls, case: Case, *, staff: bool) -> CaseState:
        """Give what of a case goes over the wire; who holds it and what is recommended concerns the house alone."""
        shown = case if staff else msgspec.structs.replace(case, holder=None, recommendation=None)
        return cls(**{name: getattr(shown, name) for name in cls.__struct_fields__})
