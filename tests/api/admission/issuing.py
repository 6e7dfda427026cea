"""An issuer of our own: keys, key sets and tokens as good or as bad as a test wants them."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from api.settings import Settings
from tests.api.conftest import START

ISSUER, AUDIENCE = "https://id.example/realms/credit", "grounds"
ROLES = {"credit-integrators": "integrator", "credit-reviewers": "reviewer", "credit-admins": "admin"}
NOW = int(START.timestamp())

Key = RSAKey | ECKey | OKPKey | OctKey

RSA = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)
EC = ECKey.generate_key("P-256", {"kid": "ec"}, private=True)
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)  #: says it is the issuer's


def jwks(*keys: Key) -> str:
    """Publish the public halves."""
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]})


def trusting(settings: Settings, keys: str, **changes: Any) -> Settings:
    """Name the issuer in the settings of a service."""
    named = {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE, "oidc_keys": keys, "oidc_roles": ROLES}
    return Settings(**{**settings.model_dump(exclude_unset=True), **named, **changes})


def claims(**changes: Any) -> dict[str, Any]:
    """Write the claims of a token that is good; None leaves one out."""
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ada.lovelace@example.com",
        "iat": NOW - 10,
        "exp": NOW + 300,
        "roles": ["credit-integrators", "all-staff"],
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(key: Key = RSA, alg: str = "RS256", header: dict[str, Any] | None = None, **changes: Any) -> str:
    """Sign a token; `header` replaces members of its header, None leaves one out."""
    whole = {"alg": alg, "kid": key.kid, "typ": "JWT", **(header or {})}
    whole = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(whole, claims(**changes), key, algorithms=[alg])


def handmade(header: object, payload: bytes) -> str:
    """Sign whatever it is with the issuer's own key, RS256; libraries would refuse to."""
    assert RSA.private_key is not None
    text = ".".join(map(_base64, (json.dumps(header).encode(), payload)))
    return f"{text}.{_base64(RSA.private_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def unsigned(header: dict[str, Any], payload: bytes, signature: bytes = b"") -> str:
    """Put a token together without any key."""
    parts = (json.dumps(header).encode(), payload, signature)
    return ".".join(_base64(part) for part in parts)


def resigned(alg: str, secret: bytes) -> str:
    """Sign a token with a secret, e.g. the text of a public key, as whoever tries to confuse the two would."""
    named = {"alg": alg, "kid": "rsa", "typ": "JWT"}
    text = unsigned(named, json.dumps(claims()).encode()).rsplit(".", 1)[0]
    return f"{text}.{_base64(hmac.digest(secret, text.encode(), 'sha256'))}"


def later(seconds: int) -> dt.datetime:
    """Give the moment so long after the beginning."""
    return START + dt.timedelta(seconds=seconds)


def short_key() -> str:
    """Publish an RSA key of 1024 bits."""
    modulus = rsa.generate_private_key(65_537, 1_024).public_key().public_numbers().n
    return json.dumps(
        {"keys": [{"kty": "RSA", "kid": "short", "e": "AQAB", "n": _base64(modulus.to_bytes(128, "big"))}]}
    )


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
