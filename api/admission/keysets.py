"""The public keys of an issuer (JWKS, RFC 7517): read strictly, fetched now and then, and never believed for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.errors import IssuerSilent, Mistake, SettingsRefused
from api.logs import log

_KINDS = ("RSA", "EC", "OKP")  # public-key kinds; a shared secret would let whoever checks also sign
_PRIVATE = {"d", "k", "p", "q", "dp", "dq", "qi", "oth"}
_SHORTEST_RSA_BITS = 2_048
_LARGEST = 262_144  #: bytes of a key set
_PATIENCE_SECONDS = 5.0  #: of one fetch
_PAUSE_SECONDS = 10.0  #: between two fetches, whatever is asked for
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


Published = dict[str, Any]  #: one key of a set
_Published = dict[str, list[Published]]


class KeysRefused(Exception):
    """this is no set of public keys to check tokens with"""


def read(text: str | bytes) -> KeySet:
    """Read a JWKS; raise KeysRefused on anything that could be misunderstood.

    Keys of kinds that are not known here, and keys to encrypt with, are left out (RFC 7517 section 5).
    """
    try:
        found = KeySet.import_key_set({"keys": _usable(msgspec.json.decode(text, type=_Published)["keys"])})
    except (msgspec.DecodeError, JoseError, KeyError, TypeError, ValueError) as error:
        raise KeysRefused(f"it is not a JWKS: {type(error).__name__}") from None
    kids = [key.kid for key in found]
    if len(kids) != len(set(kids)):
        raise KeysRefused("two keys have the same `kid`")
    return found


class TrustedKeys:
    """Keys from one place, fetched when they are old or one is missing. Belongs to the event loop."""

    def __init__(self, fetch: Callable[[], str | bytes], lasting_seconds: float, clock: Callable[[], float]) -> None:
        """Keys are asked for anew after half of `lasting_seconds`, and believed no longer than all of it."""
        self._fetch, self._lasting, self._clock = fetch, lasting_seconds, clock
        self._keys: KeySet | None = None
        self._fetched_at = self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def prepare(self, kid: str | None) -> None:
        """Have keys at hand that are not too old, and the one named `kid` if the issuer has it."""
        age = self._clock() - self._fetched_at
        if self._keys is None or age >= self._lasting or not _holds(self._keys, kid):
            await self._asked()
        elif age >= self._lasting / 2:
            self._asked()

    def current(self) -> KeySet:
        """Give the keys; raise IssuerSilent if there are none that are fresh enough to be believed."""
        if self._keys is None or self._clock() - self._fetched_at >= self._lasting:
            raise IssuerSilent
        return self._keys

    def load(self) -> None:
        """Fetch and read the keys; raise KeysRefused, OSError or httpx.HTTPError and keep those there are."""
        self._asked_at = self._clock()
        self._keys, self._fetched_at = read(self._fetch()), self._asked_at

    def _asked(self) -> asyncio.Future[None]:
        """Ask for the keys, unless that was tried a moment ago or is under way."""
        if self._asking is None or self._asking.done():
            if self._clock() - self._asked_at < _PAUSE_SECONDS:
                return _done()
            self._asking = asyncio.ensure_future(asyncio.to_thread(self._quietly))
        return asyncio.shield(self._asking)

    def _quietly(self) -> None:
        try:
            self.load()
        except (KeysRefused, httpx.HTTPError, OSError) as error:
            log.warning("issuer keys not fetched", why=type(error).__name__)


def source(named: str) -> Callable[[], str | bytes]:
    """Give the way to the keys that settings name: the set itself, a URL, or a file; raise SettingsRefused."""
    if named.lstrip().startswith("{"):
        return lambda: named
    if "://" not in named:
        return Path(named).read_bytes
    parts = urlsplit(named)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        remedy = "name an https address, a file, or the set itself"
        told = f"`{parts.scheme}://{parts.hostname}` can be tampered with"  # the whole may hold a password
        raise SettingsRefused(mistakes=[Mistake("GROUNDS_OIDC_KEYS", told, remedy)])
    return lambda: _fetched(named)


def _fetched(url: str) -> bytes:
    """Fetch from the one address that is configured: no redirect, no proxy, not too long and not too large."""
    body = b""
    with (
        httpx.Client(timeout=_PATIENCE_SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            raise KeysRefused(f"the answer was {answer.status_code}")
        for part in answer.iter_bytes():
            body += part
            if len(body) > _LARGEST:
                raise KeysRefused(f"it is larger than {_LARGEST} bytes")
    return body


def _usable(keys: Sequence[Published]) -> list[Any]:
    """Give the keys that can check a signature; raise KeysRefused if secrets are among them, or what is too short."""
    if any(_PRIVATE & key.keys() for key in keys):
        raise KeysRefused("it holds secret keys: publish only the public half")
    if any(map(_short, keys)):
        raise KeysRefused(f"an RSA key is shorter than {_SHORTEST_RSA_BITS} bits")
    return [key for key in keys if key.get("kty") in _KINDS and key.get("use", "sig") == "sig"]


def _short(key: Published) -> bool:
    """Whether it is an RSA key that is too short; six bits stand in a character of its modulus."""
    return key.get("kty") == "RSA" and len(str(key.get("n", ""))) * 6 < _SHORTEST_RSA_BITS


def _holds(keys: KeySet, kid: str | None) -> bool:
    return kid is None or any(key.kid == kid for key in keys)


def _done() -> asyncio.Future[None]:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future
