"""API keys: ``gk_<id>_<secret>``. The id finds the row, the secret is 256 random bits, and only its SHA-256 is kept.

A plain hash is enough for a random secret of that size; slow password hashes are for words that people choose.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

import msgspec

_MARK = "gk"
_ID_BYTES = 6
_SECRET_BYTES = 32
_LONGEST = 128


class NewKey(msgspec.Struct, frozen=True):
    """A key at the moment it is made, the only one at which its secret is known here."""

    id: str
    secret: str

    @classmethod
    def random(cls, key_id: str | None = None) -> NewKey:
        """Draw a key from the system's randomness, or another secret for the one of an id."""
        return cls(key_id or secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES))

    @property
    def text(self) -> str:
        """The key as its holder sends it."""
        return f"{_MARK}_{self.id}_{self.secret}"

    @property
    def secret_sha256(self) -> str:
        """What is stored of the secret."""
        return digest(self.secret)


def parse(text: str) -> NewKey | None:
    """Take a key apart; None if it does not look like one."""
    mark, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    plausible = mark == _MARK and key_id.isalnum() and secret and text.isascii() and len(text) <= _LONGEST
    return NewKey(key_id, secret) if plausible else None


def digest(secret: str) -> str:
    """Hash a secret as it is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, stored_sha256: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(digest(secret), stored_sha256)
