"""What the log records: the leaves, field by field. Nothing personal stands in one: no facts, offers or references.

Entries are never migrated; `v` says which shape one has.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import msgspec

from api.roles import UNNARROWED, Role, Scope
from engine.decision import EngineRef, PolicyRef

if TYPE_CHECKING:
    from api.replay import Replayed
    from engine import Decision
    from engine.policy import Policy

Entry = Mapping[str, Any]

_SECONDS, _MILLISECONDS = len("2026-11-22T08:30:00"), len("2026-11-22T08:30:00.000")

DECISION_MADE = "decision_made"
POLICY_PUBLISHED = "policy_published"
KEY_CREATED = "key_created"
KEY_ROTATED = "key_rotated"
KEY_REVOKED = "key_revoked"
CLOCK = "clock"
EXPORT_MADE = "export_made"
DECISION_REPLAYED = "decision_replayed"


class Origin(msgspec.Struct, frozen=True, array_like=True):
    """Where an entry comes from: its id (UUIDv7), the moment, and who acted (``key:ID``, ``cli`` or ``service``)."""

    id: str
    at: dt.datetime
    actor: str

    def head(self, kind: str) -> dict[str, Any]:
        """Give the fields every entry begins with."""
        return {"v": 1, "kind": kind, "id": self.id, "at": instant(self.at), "actor": self.actor}


class Verdict(msgspec.Struct, frozen=True, array_like=True):
    """What a leaf says of a decision: who decided by what, and to what effect."""

    policy: PolicyRef
    engine: EngineRef
    outcome: str
    reasons: tuple[str, ...]  #: codes, the weightiest first
    rules: tuple[str, ...]  #: that fired
    as_of: dt.datetime

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Take it from a decision."""
        reasons = tuple([reason.code for reason in decision.reasons])
        rules = tuple([step.name for step in decision.trace if step.kind == "rule"])
        return cls(decision.policy, decision.engine, str(decision.outcome), reasons, rules, decision.as_of)


def decision_made(
    origin: Origin,
    verdict: Verdict,
    subject: str,
    request: str,
    seal: Mapping[str, str],
    refusal: int | None = None,
) -> Entry:
    """Record that a policy was applied; `subject` is the random id, `request` the idempotency key's fingerprint.

    `refusal` is the entry by which the subject refuses automation: then the decision is left to a person.
    """
    entry: dict[str, Any] = {
        **origin.head(DECISION_MADE),
        "subject": subject,
        "request": request,
        "policy": msgspec.to_builtins(verdict.policy),
        "engine": msgspec.to_builtins(verdict.engine),
        "outcome": verdict.outcome,
        "reasons": [*verdict.reasons],
        "rules": [*verdict.rules],
        "as_of": msgspec.to_builtins(verdict.as_of),
        "sealed": dict(seal),
    }
    if refusal is not None:
        entry["automation_refused"] = refusal
    return entry


def policy_published(origin: Origin, policy: Policy) -> Entry:
    """Record the policy a service decides by; the digest is the SHA-256 of the bundle kept beside the log."""
    return {
        **origin.head(POLICY_PUBLISHED),
        "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest},
        "effective_from": policy.effective_from.isoformat(),
        "owner": policy.owner,
    }


def key_created(
    origin: Origin,
    key_id: str,
    role: Role,
    secret_sha256: str,
    scope: Scope = UNNARROWED,
    expires_at: dt.datetime | None = None,
) -> Entry:
    """Record that a key exists; the hash of its 256 random bits tells nobody the key."""
    made = {"key": key_id, "role": str(role), "secret_sha256": secret_sha256}
    narrowed = {"permissions": scope.permissions, "policies": scope.policies}
    limits: dict[str, Any] = {name: sorted(map(str, within)) for name, within in narrowed.items() if within is not None}
    if expires_at is not None:
        limits["expires_at"] = instant(expires_at)
    return {**origin.head(KEY_CREATED), **made, **limits}


def key_rotated(origin: Origin, key_id: str, secret_sha256: str, overlap_until: dt.datetime) -> Entry:
    """Record that a key has a new secret, and until when the ones before it still work."""
    until = instant(overlap_until)
    return {**origin.head(KEY_ROTATED), "key": key_id, "secret_sha256": secret_sha256, "overlap_until": until}


def key_revoked(origin: Origin, key_id: str, because: str) -> Entry:
    """Record that a key is good for nothing any more; `because` is a word of a closed list."""
    return {**origin.head(KEY_REVOKED), "key": key_id, "because": because}


def export_made(origin: Origin, filters: Mapping[str, Any], size: int, root: str, file: Mapping[str, Any]) -> Entry:
    """Record that decisions were carried out of the log of `size`: narrowed to what, how many rows, in which file."""
    export = {"filter": dict(filters), "size": size, "root": root, **file}
    return {**origin.head(EXPORT_MADE), "purpose": "export", "export": export}


def clock_went_back(origin: Origin, before: str, back_ms: int) -> Entry:
    """Record that the next entry is dated earlier than one `before` it; both times stand as they were told."""
    return {**origin.head(CLOCK), "before": before, "back_ms": back_ms}


def decision_replayed(origin: Origin, now: Decision, replayed: Replayed, corrected: Sequence[str]) -> Entry:
    """Record that a decision was made again, under which policy, with which facts put right, and what changed."""
    return {
        **origin.head(DECISION_REPLAYED),
        "decision": replayed.decision,
        "policy": msgspec.to_builtins(now.policy),
        "engine": msgspec.to_builtins(now.engine),
        "corrected": [*corrected],
        "outcome": str(now.outcome),
        "verdict": replayed.verdict,
        "because": [*replayed.because],
        "identical": replayed.identical,
    }


def instant(moment: dt.datetime) -> str:
    """Write a moment as RFC 3339 in UTC with milliseconds; raise ValueError on a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"`{moment.isoformat()}` has no time zone")
    if moment.tzinfo is not dt.UTC:
        moment = moment.astimezone(dt.UTC)
    # As `isoformat` writes it, in a quarter of its time; what is below a millisecond is cut off.
    written: str = msgspec.to_builtins(moment)
    return f"{written[:_MILLISECONDS]}Z" if moment.microsecond else f"{written[:_SECONDS]}.000Z"
