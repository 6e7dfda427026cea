"""Sealing: AES-256-GCM under a key per subject, which the vault key wraps. Pure functions; `vault` keeps the rows.

AES-GCM does not commit to its key: one ciphertext can be made to open under two. So the leaf also holds an HMAC under
the key (`key_commit`), and a sealed part opens only under the key the leaf was written with.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32


class Sealed(NamedTuple):
    """The sealed part of one entry, ready to be appended with it."""

    subject: str
    event_id: str
    kind: str
    key_id: str
    nonce: bytes
    ciphertext: bytes
    sealed_sha256: str  #: hex, of nonce and ciphertext
    key_commit: str  #: hex, see `commit`

    @property
    def commitment(self) -> dict[str, str]:
        """What the entry must hold as its field `sealed`."""
        return {"sha256": self.sealed_sha256, "key_commit": self.key_commit}


def bound_to(purpose: str, *fields: str) -> bytes:
    """Return the bytes that tie a ciphertext or commitment to its place: purpose and fields, one a line."""
    return "\n".join((f"grounds/{purpose}/v1", *fields)).encode()


def encrypt(key: bytes, nonce: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Return the AES-256-GCM ciphertext with its tag; a nonce serves once per key."""
    return AESGCM(key).encrypt(nonce, plaintext, context)


def decrypt(key: bytes, nonce: bytes, ciphertext: bytes, context: bytes) -> bytes | None:
    """Return the plaintext, or None when key, nonce, ciphertext and context do not belong together."""
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, context)
    except (InvalidTag, ValueError):
        return None


def digest(nonce: bytes, ciphertext: bytes) -> str:
    """Return what the entry commits to: hex SHA-256 of nonce and ciphertext."""
    return sha256(nonce + ciphertext).hexdigest()


def commit(key: bytes, event_id: str) -> str:
    """Return the key commitment of an entry: hex HMAC-SHA-256 under the subject's key."""
    return hmac.digest(key, bound_to("key-commit", event_id), "sha256").hex()


def lookup_hash(key: bytes, reference: str) -> bytes:
    """Return the keyed hash a subject is found by; without the key a reference cannot even be guessed at."""
    return hmac.digest(key, bound_to("lookup", reference), "sha256")
