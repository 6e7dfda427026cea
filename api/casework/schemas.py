"""What casework takes and gives over the wire, as frozen structs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.casework.states import Case, CaseKind, Cause, Recommendation, Result, State
from engine.decision import PolicyRef
from engine.policy import Outcome

FreeText = Annotated[str, Meta(min_length=1, max_length=10_000, description="Free text; sealed, never in the log")]
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
    """A note for the file, or why something was done."""

    text: FreeText


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
    def of(cls, case: Case) -> CaseState:
        """Give what of a case goes over the wire."""
        return cls(**{name: getattr(case, name) for name in cls.__struct_fields__})
