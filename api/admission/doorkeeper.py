"""Who holds a credential: an API key or a token in ``Authorization: Bearer``, checked, and remembered for a moment."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from api import keys
from api.admission.keyring import Keyring
from api.admission.known import KnownKey, Secret
from api.admission.tokens import Tokens
from api.admission.uses import Uses
from api.errors import Mistake, Unauthenticated
from api.roles import Principal, Role, Scope

_REMEDY = "send `Authorization: Bearer KEY` with a key from `grounds key new --role ROLE`"
_REMEMBERED = 10_000
# Compared against when the id is unknown, so that both ways take the same steps.
_NOBODY = KnownKey("", Role.INTEGRATOR, Scope(), "", "", "", "", (Secret(keys.digest("")),))


class Credential(msgspec.Struct, frozen=True):
    """What a request shows; exactly one of the two is there."""

    key: keys.NewKey | None = None
    token: str = ""


class _Memory(NamedTuple):
    principal: Principal
    until: float  #: on the monotonic clock
    ends_at: dt.datetime | None  #: when the credential itself ends
    generation: int  #: of the keyring when it was checked


class Doorkeeper:
    """Checks credentials; remembers a good one for a moment, so that a busy caller costs one read in a while.

    A key that is changed through this process is checked again at once, one changed elsewhere when the moment is over.
    """

    def __init__(
        self,
        keyring: Keyring,
        uses: Uses,
        tokens: Tokens | None,
        remember_seconds: float,
        clocks: tuple[Callable[[], float], Callable[[], dt.datetime]],
    ) -> None:
        """`clocks` are a monotonic one, in seconds, and the one that tells the time."""
        self._keyring, self._uses, self.tokens = keyring, uses, tokens
        self._seconds = remember_seconds
        self._clock, self._now = clocks
        self._known: dict[bytes, _Memory] = {}

    def remembered(self, header: str) -> Principal | None:
        """Give who holds the credential of an Authorization header that was good a moment ago."""
        found = self._known.get(_digest(header))
        if found is None or found.generation != self._keyring.generation or self._clock() >= found.until:
            return None
        return None if found.ends_at is not None and self._now() >= found.ends_at else found.principal

    def shown(self, header: str) -> Credential:
        """Take an Authorization header apart; raise Unauthenticated if nothing in it can be checked here."""
        scheme, _, text = header.partition(" ")
        text = text.strip() if scheme.lower() == "bearer" else ""
        key = keys.parse(text)
        if key is not None:
            return Credential(key=key)
        if self.tokens is not None and text.count(".") == 2:
            return Credential(token=text)
        problem = "no credential was sent" if not header else "this is not an API key"
        raise Unauthenticated(mistakes=[Mistake("Authorization", problem, _REMEDY)])

    def check(self, header: str, credential: Credential) -> Principal:
        """Give who holds a credential, and remember it; raise Unauthenticated without particulars."""
        generation = self._keyring.generation  # read first: a change meanwhile makes this memory worthless
        if credential.key is not None:
            principal, ends_at = self._check_key(credential.key)
        else:
            assert self.tokens is not None  # or `shown` would have refused it
            principal, ends_at = self.tokens.check(credential.token)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[_digest(header)] = _Memory(principal, self._clock() + self._seconds, ends_at, generation)
        return principal

    def _check_key(self, key: keys.NewKey) -> tuple[Principal, dt.datetime | None]:
        known = self._keyring.find(key.id) or _NOBODY
        secret = known.opened_by(key.secret, self._now())
        if secret is None or known is _NOBODY:
            raise Unauthenticated(mistakes=[Mistake("Authorization", "this key is not known here", _REMEDY)])
        self._uses.see(known.id)
        return known.principal(superseded=bool(secret.until)), known.ends_at(secret)


def _digest(header: str) -> bytes:
    return hashlib.sha256(header.encode("utf-8", "surrogateescape")).digest()
