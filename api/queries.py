"""Reads by key: requests, single decisions, kept policies. Nothing here writes, and nothing here opens a seal."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from api import listings
from api.statements import Statement
from api.tables import BUNDLE, DECISION, REQUEST
from audit.database import driver_of, padded


class Verdict(msgspec.Struct, frozen=True):
    """What a decision came to, in codes."""

    outcome: str
    reasons: tuple[str, ...]


class Found(msgspec.Struct, frozen=True):
    """Where a decision stands and whose it is."""

    id: str
    index: int
    owner: str


_FOUND = sa.select(DECISION.c.id, DECISION.c.log_index, DECISION.c.owner)
_DECISION_BY_ID = _FOUND.where(DECISION.c.id == sa.bindparam("id"))
_DECISION_BY_INDEX = _FOUND.where(DECISION.c.log_index == sa.bindparam("index"))
_REQUEST_INDEX = Statement(sa.select(REQUEST.c.log_index).where(REQUEST.c.request == sa.bindparam("request")))
_REQUESTS = "SELECT request, log_index FROM idempotency WHERE request IN ({})"
_BUNDLE = sa.select(BUNDLE.c.name, BUNDLE.c.bundle).where(BUNDLE.c.digest == sa.bindparam("digest"))
_BUNDLE_INDEX = sa.select(BUNDLE.c.log_index).where(BUNDLE.c.digest == sa.bindparam("digest"))


def decision(connection: sa.Connection, decision_id: str) -> Found | None:
    """Find a decision by its id."""
    row = connection.execute(_DECISION_BY_ID, {"id": decision_id}).first()
    return Found(*row) if row else None


def decision_at(connection: sa.Connection, index: int) -> Found | None:
    """Find the decision recorded by the leaf at `index`, if it is one."""
    row = connection.execute(_DECISION_BY_INDEX, {"index": index}).first()
    return Found(*row) if row else None


def request(connection: sa.Connection, fingerprint: str) -> int | None:
    """Find the leaf a request led to, by its fingerprint."""
    index: int | None = _REQUEST_INDEX.value(connection, {"request": bytes.fromhex(fingerprint)})
    return index


def requests(connection: sa.Connection, fingerprints: Sequence[str]) -> dict[str, int]:
    """Find the leaves of many requests at once; those that are not recorded are left out."""
    if not fingerprints:
        return {}
    marks, values = padded([*map(bytes.fromhex, fingerprints)])
    found = driver_of(connection).execute(_REQUESTS.format(marks), values).fetchall()
    return {request.hex(): index for request, index in found}


def verdicts(connection: sa.Connection, indexes: list[int]) -> dict[int, Verdict]:
    """Give outcome and reasons of many decisions at once, by leaf index."""
    columns = DECISION.c.log_index, DECISION.c.outcome, DECISION.c.reasons
    found = connection.execute(sa.select(*columns).where(DECISION.c.log_index.in_(indexes)))
    return {index: Verdict(outcome, listings.read(reasons)) for index, outcome, reasons in found}


def digest(connection: sa.Connection, policy: str, version: int) -> str | None:
    """Find the digest of a version of a policy: the latest recorded, should two have called themselves the same."""
    chosen = sa.select(BUNDLE.c.digest).where(BUNDLE.c.name == policy, BUNDLE.c.version == version)
    found: str | None = connection.execute(chosen.order_by(BUNDLE.c.log_index.desc()).limit(1)).scalar()
    return found


def bundle(connection: sa.Connection, digest: str) -> tuple[str, bytes] | None:
    """Find the name and the bundle of the policy of this digest."""
    row = connection.execute(_BUNDLE, {"digest": digest}).first()
    return (row.name, bytes(row.bundle)) if row else None


def published(connection: sa.Connection, digest: str) -> bool:
    """Whether the policy of this digest is in the log."""
    return connection.execute(_BUNDLE_INDEX, {"digest": digest}).first() is not None
