"""The decision document: everything a decision says, as frozen values. Built by `explain`, served as canonical JSON.

A decision and its parts are outside garbage collection: frozen and made of values, they cannot form a cycle.
Amounts are integer fen and basis points, `as_of` an aware UTC instant; values of facts stand in base units (kinds.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from engine.policy import Outcome
from engine.vocabulary import Text

Shown = int | bool | str  #: a fact's value in base units; dates as YYYY-MM-DD


class PolicyRef(msgspec.Struct, frozen=True, gc=False):
    """Which policy decided."""

    name: str
    version: int
    digest: str


class EngineRef(msgspec.Struct, frozen=True, gc=False):
    """Which executor decided: `reference` after a fault of the one asked for, `person` where somebody did instead."""

    name: Literal["durable-rules", "index", "reference", "person"]
    version: str


class Offer(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is offered; amounts the policy does not set are absent."""

    limit_fen: int | None = None
    apr_bp: int | None = None
    term_months: int | None = None


class Comparison(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One test of a condition: what stood against what, by how much, and whether it held."""

    test: str
    holds: bool | None  #: None: unknown
    value: Shown | None = None
    threshold: Shown | None = None
    distance: int | None = None  #: value less threshold, for numbers


class Step(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One step of the trace: a fact derived, or a rule fired."""

    kind: Literal["aggregate", "table", "scorecard", "formula", "rule"]
    name: str  #: the derived fact or the rule
    when: tuple[str, ...] = ()  #: the formula, the condition, or the rows that applied
    facts: Mapping[str, Shown] = {}  #: what it read
    value: Shown | None = None  #: what a derived fact became
    undefined: str | None = None  #: why it could not be computed
    tests: tuple[Comparison, ...] = ()
    then: Outcome | None = None
    because: str | None = None
    cap: Mapping[str, int] = {}
    offer: Mapping[str, int] = {}


class GivenReason(msgspec.Struct, frozen=True, gc=False):
    """One principal reason: the code, the rules behind it, and what they saw."""

    code: str
    rules: tuple[str, ...]
    outcome: Outcome | None
    statement: Text  #: what the applicant is told
    remedy: Text | None
    note: str  #: for the reviewer
    facts: Mapping[str, Shown]
    tests: tuple[Comparison, ...]  #: the tests that held


class OpenRule(msgspec.Struct, frozen=True, gc=False):
    """A rule that could not be decided, and the facts it lacks."""

    rule: str
    lacks: tuple[str, ...]


class Decision(msgspec.Struct, frozen=True, gc=False):
    """The answer to one application, with its grounds."""

    outcome: Outcome
    offer: Offer | None
    reasons: tuple[GivenReason, ...]  #: at most four, the weightiest first
    trace: tuple[Step, ...]
    undetermined: tuple[OpenRule, ...]
    missing: tuple[str, ...]  #: facts to ask for
    asks: tuple[str, ...]  #: what the applicant should do, e.g. face_verification
    binding: Mapping[str, str]  #: amount -> the rule whose cap set it
    faults: Mapping[str, str]  #: rules that could not be computed, and why
    policy: PolicyRef
    engine: EngineRef
    as_of: dt.datetime
    statement: Text

    @property
    def favourable(self) -> bool:
        """Whether the applicant gets, or keeps, what they have."""
        return self.outcome.favourable

    @property
    def adverse(self) -> bool:
        """Whether the applicant is owed specific reasons."""
        return self.outcome.adverse

    def document(self) -> dict[str, Any]:
        """The decision as JSON builtins, in the order of the fields; equal to what its JSON reads back as."""
        document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return document
