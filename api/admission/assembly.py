"""The gate put together from settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from api.admission.addresses import Addresses
from api.admission.doorkeeper import Doorkeeper
from api.admission.gate import Gate
from api.admission.issuer import Issuer
from api.admission.keysets import KeysRefused, TrustedKeys, source
from api.admission.limits import Limits
from api.admission.throttle import Throttle
from api.admission.tokens import Tokens
from api.errors import Mistake, SettingsRefused
from api.ledger import Ledger
from api.settings import Settings

if TYPE_CHECKING:
    from api.service import Service  # which holds the keyring that stands beside this


def admission(service: Service, clock: Callable[[], float]) -> Gate:
    """Build the gate of a service; `clock` is monotonic, in seconds.

    Raise SettingsRefused if tokens could never be checked.
    """
    settings, ledger = service.settings, service.ledger
    tokens = _tokens(settings, ledger, clock)
    clocks = clock, ledger.now
    doorkeeper = Doorkeeper(service.keyring, service.uses, tokens, settings.key_memory_seconds, clocks)
    throttle = Throttle(settings.auth_failures, settings.auth_regain_seconds, clock)
    limits = Limits(settings.rate_limit, settings.rate_window_seconds, clock)
    return Gate(doorkeeper, throttle, limits, Addresses(settings.proxies), service.meters.refused)


def _tokens(settings: Settings, ledger: Ledger, clock: Callable[[], float]) -> Tokens | None:
    issuer = Issuer.of(settings)
    if issuer is None:
        return None
    keys = TrustedKeys(source(issuer.keys), issuer.keys_seconds, clock)
    if "://" not in issuer.keys:  # what lies here is read now; an issuer elsewhere may be away when we start
        try:
            keys.load()
        except (KeysRefused, OSError) as error:
            raise SettingsRefused(mistakes=[Mistake("GROUNDS_OIDC_KEYS", str(error), "docs/access.md")]) from None
    return Tokens(issuer, keys, ledger.fingerprints.user, ledger.now)
