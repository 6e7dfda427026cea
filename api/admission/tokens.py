"""Bearer tokens of one OpenID Connect issuer: JWTs (RFC 7519) as RFC 8725 wants them checked, and whose they are here.

Nobody's name reaches the log: who holds a token is known here by the keyed hash of issuer and subject, always the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.jws import JWSRegistry, extract_compact
from joserfc.jwt import JWTClaimsRegistry

from api.admission.issuer import Issuer
from api.admission.keysets import TrustedKeys
from api.errors import Forbidden, Mistake, Unauthenticated
from api.logs import log
from api.roles import Principal, Role

LONGEST = 8_192  #: characters of a token
_TYPES = (None, "JWT", "AT+JWT", "APPLICATION/AT+JWT")  # RFC 8725 section 3.11: not a logout or a proof token
_LONGEST_LIFE_SECONDS = 86_400
_REMEDY = "get a new one from the issuer; the operator's log says what was wrong with this one"


class _Wrong(Exception):
    """the token is not one to believe; the message is the name of what is wrong"""


class Tokens:
    """Checks tokens of one issuer."""

    def __init__(
        self, issuer: Issuer, keys: TrustedKeys, user: Callable[[str, str], str], now: Callable[[], dt.datetime]
    ) -> None:
        """`user` makes the lasting id of an issuer's subject."""
        self._issuer, self._keys, self._user, self._now = issuer, keys, user, now
        self._registry = JWSRegistry(algorithms=issuer.algorithms, strict_check_header=False)

    async def prepare(self, token: str) -> None:
        """Have the issuer's keys at hand that this token needs; what is wrong with the token, `check` says."""
        try:
            kid = extract_compact(token.encode()).headers().get("kid") if len(token) <= LONGEST else None
        except Exception:  # noqa: BLE001  # whatever a stranger's text breaks
            return
        await self._keys.prepare(kid if isinstance(kid, str) else None)

    def check(self, token: str) -> tuple[Principal, dt.datetime]:
        """Give whose token it is, and when it ends.

        Raise Unauthenticated if it cannot be believed, Forbidden if it names no role, IssuerSilent without keys.
        """
        claims = self._believed(token)
        principal = Principal(self._user(self._issuer.url, claims["sub"]), self._role(claims), kind="user")
        return principal, dt.datetime.fromtimestamp(claims["exp"] + self._issuer.leeway_seconds, dt.UTC)

    def _believed(self, token: str) -> dict[str, Any]:
        keys = self._keys.current()
        try:
            _hold_size(token)
            read = jwt.decode(token, keys, algorithms=self._issuer.algorithms, registry=self._registry)
            self._hold(read.header, read.claims)
        except Exception as error:  # noqa: BLE001  # whatever a stranger's text breaks, it is not believed
            log.warning("token refused", why=_why(error))
            problem = Mistake("Authorization", "this token is not taken here", _REMEDY)
            raise Unauthenticated(mistakes=[problem]) from None
        return read.claims

    def _hold(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
        """Hold header and claims against what is expected; raise JoseError or _Wrong."""
        kind = header.get("typ")
        if (kind.upper() if isinstance(kind, str) else kind) not in _TYPES:
            raise _Wrong("typ")
        now = int(self._now().timestamp())
        JWTClaimsRegistry(
            now,
            self._issuer.leeway_seconds,
            iss={"essential": True, "value": self._issuer.url},
            aud={"essential": True, "value": self._issuer.audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(dict(claims))
        if not 0 < len(claims["sub"]) <= 255:
            raise _Wrong("sub")
        if claims["exp"] - now > _LONGEST_LIFE_SECONDS:
            raise _Wrong("lifetime")

    def _role(self, claims: Mapping[str, Any]) -> Role:
        """Give the one role a token names; several are refused, because together they may do what no role may."""
        found: Any = claims
        for name in self._issuer.role_claim.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        values = found if isinstance(found, list) else [found]
        roles = {
            self._issuer.roles[value] for value in values if isinstance(value, str) and value in self._issuer.roles
        }
        if len(roles) != 1:
            problem = f"the token names {len(roles) or 'no'} roles of this service in `{self._issuer.role_claim}`"
            remedy = f"one of: {', '.join(sorted(self._issuer.roles))}"
            raise Forbidden(mistakes=[Mistake("Authorization", problem, remedy)])
        return roles.pop()


def _hold_size(token: str) -> None:
    if len(token) > LONGEST:
        raise _Wrong("size")


def _why(error: Exception) -> str:
    """Name what is wrong in words of ours: messages of libraries may quote what was sent."""
    if isinstance(error, _Wrong):
        return str(error)
    return " ".join(filter(None, (getattr(error, "error", type(error).__name__), getattr(error, "claim", ""))))
