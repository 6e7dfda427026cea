"""Reads: keys, requests, decisions and pages of them. Nothing here writes, and nothing here opens a seal."""

from __future__ import annotations

import base64
import binascii

import msgspec
import sqlalchemy as sa

from api.errors import InvalidParameter, Mistake
from api.readmodels import BUNDLE, DECISION, KEY, REASON, REQUEST
from api.schemas import DecisionPage, DecisionSummary
from api.statements import Statement
from engine.decision import PolicyRef

_CURSOR_PREFIX = b"before:"


class StoredKey(msgspec.Struct, frozen=True):
    """What is known of an API key."""

    id: str
    role: str
    secret_sha256: str


class Where(msgspec.Struct, frozen=True):
    """What a list of decisions is narrowed to; None leaves a column open."""

    owner: str | None = None
    subject: str | None = None  #: the random id
    outcome: str | None = None
    policy: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What a decision came to, in codes."""

    outcome: str
    reasons: tuple[str, ...]


class Found(msgspec.Struct, frozen=True):
    """Where a decision stands and whose it is."""

    id: str
    index: int
    owner: str


_KEY_BY_ID = sa.select(KEY.c.id, KEY.c.role, KEY.c.secret_sha256).where(KEY.c.id == sa.bindparam("id"))
_FOUND = sa.select(DECISION.c.id, DECISION.c.log_index, DECISION.c.owner)
_DECISION_BY_ID = _FOUND.where(DECISION.c.id == sa.bindparam("id"))
_DECISION_BY_INDEX = _FOUND.where(DECISION.c.log_index == sa.bindparam("index"))
_REQUEST_INDEX = Statement(sa.select(REQUEST.c.log_index).where(REQUEST.c.request == sa.bindparam("request")))
_BUNDLE_INDEX = sa.select(BUNDLE.c.log_index).where(BUNDLE.c.digest == sa.bindparam("digest"))


def key(connection: sa.Connection, key_id: str) -> StoredKey | None:
    """Find an API key by its id."""
    row = connection.execute(_KEY_BY_ID, {"id": key_id}).first()
    return StoredKey(*row) if row else None


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
    index: int | None = _REQUEST_INDEX.value(connection, {"request": fingerprint})
    return index


def requests(connection: sa.Connection, fingerprints: list[str]) -> dict[str, int]:
    """Find the leaves of many requests at once; those that are not recorded are left out."""
    chosen = sa.select(REQUEST.c.request, REQUEST.c.log_index).where(REQUEST.c.request.in_(fingerprints))
    return {row.request: row.log_index for row in connection.execute(chosen)}


def verdicts(connection: sa.Connection, indexes: list[int]) -> dict[int, Verdict]:
    """Give outcome and reasons of many decisions at once, by leaf index."""
    reasons = _reasons(connection, indexes)
    chosen = sa.select(DECISION.c.log_index, DECISION.c.outcome).where(DECISION.c.log_index.in_(indexes))
    return {index: Verdict(outcome, reasons.get(index, ())) for index, outcome in connection.execute(chosen)}


def published(connection: sa.Connection, digest: str) -> bool:
    """Whether the policy of this digest is in the log."""
    return connection.execute(_BUNDLE_INDEX, {"digest": digest}).first() is not None


def decisions(connection: sa.Connection, where: Where, cursor: str | None, limit: int) -> DecisionPage:
    """Give one page, newest first; a later page never repeats or skips one because the log grew meanwhile."""
    chosen = sa.select(DECISION).order_by(DECISION.c.log_index.desc()).limit(limit + 1)
    for column, value in msgspec.structs.asdict(where).items():
        if value is not None:
            chosen = chosen.where(DECISION.c[column] == value)
    if cursor is not None:
        chosen = chosen.where(DECISION.c.log_index < read_cursor(cursor))
    rows = connection.execute(chosen).all()
    kept = rows[:limit]
    reasons = _reasons(connection, [row.log_index for row in kept])
    items = [_summary(row, reasons.get(row.log_index, ())) for row in kept]
    return DecisionPage(items, write_cursor(kept[-1].log_index) if len(rows) > limit else None)


def _reasons(connection: sa.Connection, indexes: list[int]) -> dict[int, tuple[str, ...]]:
    chosen = sa.select(REASON.c.log_index, REASON.c.code).where(REASON.c.log_index.in_(indexes))
    found: dict[int, tuple[str, ...]] = {}
    for index, code in connection.execute(chosen.order_by(REASON.c.log_index, REASON.c.rank)):
        found[index] = (*found.get(index, ()), code)
    return found


def _summary(row: sa.Row[tuple[object, ...]], reasons: tuple[str, ...]) -> DecisionSummary:
    return DecisionSummary(
        id=row.id,
        outcome=row.outcome,
        reasons=reasons,
        policy=PolicyRef(row.policy, row.version, row.digest),
        as_of=row.as_of,
        decided_at=row.decided_at,
        index=row.log_index,
    )


def write_cursor(index: int) -> str:
    """Make the opaque mark of a page that starts below `index`."""
    return base64.urlsafe_b64encode(_CURSOR_PREFIX + str(index).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> int:
    """Read what `write_cursor` made; raise InvalidParameter on anything else."""
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        plain = b""
    digits = plain.removeprefix(_CURSOR_PREFIX)
    if digits == plain or not digits.isdigit() or len(digits) > 18:
        remedy = "take `next` of the page before, or leave the cursor out to begin"
        raise InvalidParameter(mistakes=[Mistake("cursor", f"`{cursor[:80]}` is not a cursor", remedy)])
    return int(digits)
