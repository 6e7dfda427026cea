"""What goes over the wire, as frozen structs: they check requests and draw the OpenAPI document.

Answers are served from stored bytes; the tests hold those bytes against the structs here, unknown members forbidden.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.decision import EngineRef, GivenReason, Offer, OpenRule, PolicyRef, Step
from engine.explaining.graph import Graph
from engine.policy import Outcome, Policy
from engine.recourse import Recourse
from engine.vocabulary import Fact, RecordField, Text

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="Your own reference for the person or business; it is sealed, never written to the log in clear.",
    ),
]
Instant = Annotated[dt.datetime, Meta(tz=True, description="RFC 3339 with an offset, e.g. 2026-11-22T00:00:00Z")]


class DecisionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An application: which policy, about whom, and what is known."""

    policy: Name
    subject: Reference
    facts: Annotated[
        dict[str, Any],
        Meta(
            max_length=500,
            description="By name, see GET /facts: money in whole fen, rates in whole basis points; leave out unknowns",
        ),
    ]
    as_of: Instant | UnsetType = UNSET  #: the moment the decision stands for; the server's clock if left out
    dry_run: bool = False  #: answer without recording anything


class LogRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the decision stands in the log: leaf `index`, first signed under the checkpoint of `size`."""

    index: int
    size: int


class DecisionPreview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a dry run answers: the decision, without a record of it."""

    subject: str
    outcome: Outcome
    offer: Offer | None
    reasons: tuple[GivenReason, ...]  #: at most four, the weightiest first
    trace: tuple[Step, ...]
    undetermined: tuple[OpenRule, ...]
    missing: tuple[str, ...]
    asks: tuple[str, ...]
    binding: dict[str, str]
    faults: dict[str, str]
    policy: PolicyRef
    engine: EngineRef
    as_of: dt.datetime
    statement: Text


class ReviewRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a person took a decision: in which case, and instead of which earlier one."""

    case: str
    decision: str


class DecisionAnswer(DecisionPreview, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A recorded decision: the same bytes on every request for it."""

    id: str
    log: LogRef
    review: ReviewRef | UnsetType = UNSET  #: only of a decision that a person took


class DecisionExplanation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a recorded decision came out as it did, how it was derived, and what would have changed it."""

    id: str
    policy: PolicyRef
    as_of: dt.datetime
    outcome: Outcome
    offer: Offer | None
    reasons: tuple[GivenReason, ...]
    trace: tuple[Step, ...]
    undetermined: tuple[OpenRule, ...]
    missing: tuple[str, ...]
    asks: tuple[str, ...]
    binding: dict[str, str]
    faults: dict[str, str]
    statement: Text
    graph: Graph  #: facts, steps and effects, and what led to what
    recourse: Recourse  #: found when this is asked for, under the policy that decided


class DecisionSummary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision in a list: no facts, no offer, no reference to the person."""

    id: str
    outcome: str
    reasons: tuple[str, ...]
    policy: PolicyRef
    as_of: str
    decided_at: str
    actor: str  #: who asked
    index: int


class EntrySummary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry in a list; its bytes are at `/log/entries/{index}`."""

    index: int
    id: str
    kind: str
    actor: str
    at: str


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of a search; `next` is null on the last one."""

    next: str | None
    size: int  #: the search covers the entries below this one, the size of a signed checkpoint, on every page of it
    count: int | None  #: how many there are on all pages together, if it was asked for


class DecisionPage(Page, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page of decisions."""

    items: list[DecisionSummary]


class EntryPage(Page, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page of entries."""

    items: list[EntrySummary]


class Health(msgspec.Struct, frozen=True):
    """`pass` or `fail`, and which check failed; one that says `warn` wants somebody to look."""

    status: str
    checks: dict[str, str] = {}


class PolicyDescription(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A policy in force."""

    name: str
    version: int
    digest: str
    title: Text
    owner: str
    effective_from: dt.date
    sources: tuple[str, ...]
    outcomes: tuple[Outcome, ...]  #: most severe first
    facts: tuple[str, ...]  #: the facts it reads
    bundle: Any | UnsetType = UNSET  #: the canonical form the digest covers

    @classmethod
    def of(cls, policy: Policy) -> PolicyDescription:
        """Describe a policy without its bundle."""
        return cls(
            policy.name,
            policy.version,
            policy.digest,
            policy.title,
            policy.owner,
            policy.effective_from,
            policy.sources,
            policy.outcomes,
            tuple(policy.facts),
        )


class PolicyList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The policies in force."""

    items: list[PolicyDescription]


class FieldDescription(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What may stand in a fact, or in a field of its records, as it goes over the wire."""

    name: str
    type: str  #: int, money, rate, bool, enum, date or records
    unit: str = ""  #: fen, basis points, or a word such as days
    lowest: int | None = None  #: inclusive
    highest: int | None = None
    values: tuple[str, ...] = ()  #: of an enum


class FactDescription(FieldDescription, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """A fact that may be given."""

    label: Text
    source: str
    if_missing: str
    fields: tuple[FieldDescription, ...] = ()  #: of each record
    max_records: int = 0

    @classmethod
    def of(cls, fact: Fact) -> FactDescription:
        """Describe a fact of the vocabulary."""
        return cls(
            **_field(fact),
            label=fact.label,
            source=fact.source,
            if_missing=fact.if_missing,
            fields=tuple(FieldDescription(**_field(field)) for field in fact.fields),
            max_records=fact.max_records,
        )


class FactList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fact dictionary."""

    items: list[FactDescription]


def _field(fact: Fact | RecordField) -> dict[str, Any]:
    kind = fact.kind
    word = getattr(fact, "unit", "")
    return {
        "name": fact.name,
        "type": kind.name if kind else "records",
        "unit": {"money": "fen", "rate": "basis points"}.get(kind.name, word) if kind else word,
        "lowest": fact.range.low if fact.range else None,
        "highest": fact.range.high if fact.range else None,
        "values": kind.values if kind else (),
    }
