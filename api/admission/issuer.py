"""Whose tokens are taken, if anybody's: one issuer, as settings name it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import msgspec

from api.errors import Mistake, SettingsRefused
from api.roles import Role
from api.settings import Settings

_NEEDED = ("oidc_audience", "oidc_keys", "oidc_roles")


class Issuer(msgspec.Struct, frozen=True):
    """An OpenID Connect issuer, and what its tokens mean here."""

    url: str  #: `iss`, letter by letter
    audience: str  #: `aud` has to name it
    algorithms: tuple[str, ...]
    keys: str  #: a JWKS (RFC 7517) itself, the file it is in, or the URL it is at
    role_claim: str  #: where the roles stand; a dot leads into an object
    roles: Mapping[str, Role]  #: what a value there means
    leeway_seconds: int
    keys_seconds: float  #: how long fetched keys are believed

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Read the settings; None if no issuer is named. Raise SettingsRefused if one is named by halves."""
        if not settings.oidc_issuer:
            return None
        if lacking := [name for name in _NEEDED if not getattr(settings, name)]:
            names = ", ".join(f"GROUNDS_{name.upper()}" for name in lacking)
            raise SettingsRefused(mistakes=[Mistake("GROUNDS_OIDC_ISSUER", f"needs {names}", "docs/access.md")])
        return cls(
            settings.oidc_issuer,
            settings.oidc_audience,
            settings.oidc_algorithms,
            settings.oidc_keys,
            settings.oidc_role_claim,
            settings.oidc_roles,
            settings.oidc_leeway_seconds,
            settings.oidc_keys_seconds,
        )
