"""Sessions of the console. Who signs in and out, and when, are entries; what a browser holds is 256 random bits.

A leaf keeps the SHA-256 of those bits, as it does of an API key: it tells nobody the session. A session ends when it is
signed out of, when its time is over, or when the key or the password it was opened with is no longer good.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets

import msgspec
import sqlalchemy as sa

from api import events
from api.console.tables import CLOSED, SESSION, SESSION_CLOSED, SESSION_OPENED
from api.events import Entry, Origin
from api.ledger import Ledger
from api.roles import Principal

_BYTES = 32
_FOUND = (
    sa.select(SESSION.c.actor, SESSION.c.closes_at, SESSION.c.log_index)
    .outerjoin(CLOSED, CLOSED.c.secret_sha256 == SESSION.c.secret_sha256)
    .where(SESSION.c.secret_sha256 == sa.bindparam("secret"), CLOSED.c.log_index.is_(None))
)


class Session(msgspec.Struct, frozen=True):
    """An open session, as its browser proves it."""

    secret: str
    actor: str  #: whose it is: `key:ID` or `user:ID`
    index: int  #: of the entry that opened it

    @property
    def token(self) -> str:
        """What every form of this session carries, so that no other site can send one (CSRF)."""
        return hmac.digest(self.secret.encode(), b"console form v1", "sha256").hex()

    def owns(self, token: str) -> bool:
        """Whether a form came from a page of this session; compared in constant time."""
        return hmac.compare_digest(self.token.encode(), token.encode())


def opened(origin: Origin, secret: str, closes_at: dt.datetime) -> Entry:
    """Record that somebody signed in."""
    head = origin.head(SESSION_OPENED)
    return {**head, "session_sha256": _digest(secret), "closes_at": events.instant(closes_at)}


def closed(origin: Origin, secret: str) -> Entry:
    """Record that somebody signed out."""
    return {**origin.head(SESSION_CLOSED), "session_sha256": _digest(secret)}


class Sessions:
    """Opens, finds and closes sessions."""

    def __init__(self, ledger: Ledger, hours: int) -> None:
        self._ledger, self._life = ledger, dt.timedelta(hours=hours)

    def open(self, principal: Principal) -> Session:
        """Begin a session of whoever just proved to be `principal`; the secret is always a fresh one."""
        secret = secrets.token_urlsafe(_BYTES)
        origin = self._ledger.origin(principal.actor)
        index = self._record(opened(origin, secret, origin.at + self._life))
        return Session(secret, principal.actor, index)

    def find(self, secret: str) -> Session | None:
        """Give the open session of these bits, if there is one."""
        with self._ledger.log.engine.connect() as connection:
            row = connection.execute(_FOUND, {"secret": _digest(secret)}).first()
        if row is None or row.closes_at <= events.instant(self._ledger.now()):
            return None
        return Session(secret, row.actor, row.log_index)

    def close(self, session: Session, principal: Principal) -> None:
        """End a session for good."""
        self._record(closed(self._ledger.origin(principal.actor), session.secret))

    def _record(self, entry: Entry) -> int:
        def work(connection: sa.Connection) -> int:
            return self._ledger.record(connection, entry)

        return self._ledger.writer.submit(work).result()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
