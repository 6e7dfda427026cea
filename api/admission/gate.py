"""The gate every request passes that is not for everybody: who is it, are they guessing, do they ask too much."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qsl

from litestar.types import ASGIApp, Receive, Scope, Send

from api import keys
from api.admission.addresses import Addresses
from api.admission.doorkeeper import Credential, Doorkeeper
from api.admission.limits import Limits, Quota
from api.admission.throttle import Attempt, Throttle
from api.errors import ApiError, InvalidParameter, Mistake, Unauthenticated
from api.logs import bind_actor
from api.roles import Principal

_AUTHORIZATION = b"authorization"
_QUOTA = "quota"


class Gate:
    """Puts the principal on a request, or refuses it; belongs to the event loop's thread."""

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        throttle: Throttle,
        limits: Limits,
        addresses: Addresses,
        refused: Callable[[str], None] = lambda _why: None,
    ) -> None:
        """`refused` is told the name of the error whenever nobody is let in."""
        self._doorkeeper, self._throttle = doorkeeper, throttle
        self._limits, self._addresses, self._refused = limits, addresses, refused

    async def admit(self, scope: Scope) -> Principal:
        """Give who is asking; raise Unauthenticated, Throttled, RateLimited or IssuerSilent."""
        try:
            header = _authorization(scope)
            principal = self._doorkeeper.remembered(header) or await self._checked(scope, header)
            bind_actor(principal.actor)
            self._count(scope, principal)
        except ApiError as error:
            self._refused(type(error).__name__)
            raise
        return principal

    def _count(self, scope: Scope, caller: Principal) -> None:
        if self._limits.unlimited:
            return
        quota = scope["state"][_QUOTA] = self._limits.take(caller.actor)
        if quota.left < 0:
            raise self._limits.refusal(quota)

    def charge(self, scope: Scope, caller: Principal, more: int) -> None:
        """Count `more` requests for one that asks for many; what is beyond the quota is paid off before the next."""
        if not self._limits.unlimited:
            scope["state"][_QUOTA] = self._limits.take(caller.actor, more)

    async def key_holder(self, scope: Scope, text: str) -> Principal:
        """Give who holds the key that was typed somewhere else than in the header; raise as `admit` does."""
        if keys.parse(text) is None:
            self._throttle.begin(Attempt(self._addresses.of(scope)))
            raise Unauthenticated(mistakes=[Mistake("key", "this is not an API key", "see `grounds key new`")])
        return await self._checked(scope, f"Bearer {text}")

    async def proved(self, scope: Scope, name: str, prove: Callable[[], Principal]) -> Principal:
        """Give whom `prove` finds under a name that was typed; it may take its time, and guesses count as with keys."""
        attempt = Attempt(self._addresses.of(scope), f"user {name}")
        self._throttle.begin(attempt)
        try:
            principal = await asyncio.to_thread(prove)
        except Unauthenticated:
            raise
        except BaseException:
            self._throttle.forgive(attempt)
            raise
        self._throttle.forgive(attempt)
        self._throttle.welcome(attempt)
        return principal

    def told(self, scope: Scope) -> tuple[tuple[bytes, bytes], ...]:
        """Give the headers that tell a caller what is left to it; none on a request that was not counted."""
        quota: Quota | None = scope.get("state", {}).get(_QUOTA)
        return () if quota is None else quota.headers(self._limits.policy)

    async def _checked(self, scope: Scope, header: str) -> Principal:
        """Check a credential. It counts as refused until it is known to be good, so that many at once count too."""
        attempt, credential = self._shown(scope, header)
        if self._doorkeeper.tokens is not None and credential.token:
            self._throttle.check(attempt)
            await self._doorkeeper.tokens.prepare(credential.token)
        self._throttle.begin(attempt)
        try:
            principal = self._doorkeeper.check(header, credential)
        except Unauthenticated:
            raise
        except BaseException:
            self._throttle.forgive(attempt)  # nobody guessed: the fault is ours, or a token carries no role
            raise
        self._throttle.forgive(attempt)
        if credential.key is not None:
            self._throttle.welcome(attempt)
        return principal

    def _shown(self, scope: Scope, header: str) -> tuple[Attempt, Credential]:
        address = self._addresses.of(scope)
        try:
            credential = self._doorkeeper.shown(header)
        except Unauthenticated:
            if header:  # nobody guesses by sending nothing
                self._throttle.begin(Attempt(address))
            raise
        return Attempt(address, credential.key.id if credential.key else ""), credential


class Admitted:
    """Middleware: lets nobody past the gate unasked but to the routes that are public on purpose."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; raises InvalidParameter for a NUL, which no text of PostgreSQL can hold."""
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            raise InvalidParameter(mistakes=_nuls(scope["path"], scope["query_string"]))
        if not (scope.get("method") == "OPTIONS" or scope["route_handler"].opt.get("public")):
            scope["user"] = await self._gate.admit(scope)
            scope["auth"] = None
        await self._app(scope, receive, send)


def _nuls(path: str, query: bytes) -> list[Mistake]:
    """Name where in an address a NUL stands: in the path, in parameters, or in a name of one."""
    places = ["path"] if "\0" in path else []
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if "\0" in name or "\0" in value:
            places.append("query" if "\0" in name else name)
    return [Mistake(place, "holds the character NUL (%00)", "leave it out") for place in places or ["query"]]


def _authorization(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == _AUTHORIZATION:
            return value.decode("latin-1")
    return ""
