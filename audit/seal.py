"""Sealing: AES-256-GCM under a key per subject, which the vault key wraps. Pure functions; `vault` keeps the rows.

Parts of version 2 are packed first; those of version 1, written by 0.1.0, hold the plaintext itself. The version stands
in the context that the tag covers, so that neither can be taken for the other.

AES-GCM does not commit to its key: one ciphertext can be made to open under two. So the leaf also holds an HMAC under
the key (`key_commit`), and a sealed part opens only under the key the leaf was written with.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit import packing

NONCE_BYTES = 12
KEY_BYTES = 32
_BLOCK_BYTES = 64
_INSIDE, _OUTSIDE = (bytes(each ^ pad for each in range(256)) for pad in (0x36, 0x5C))


class Sealed(msgspec.Struct, frozen=True, gc=False):
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


def bound_to(purpose: str, *fields: str, version: int = 1) -> bytes:
    """Return the bytes that tie a ciphertext or commitment to its place: purpose and fields, one a line."""
    return "\n".join((f"grounds/{purpose}/v{version}", *fields)).encode()


def head(purpose: str, *fields: str, version: int = 1) -> bytes:
    """Return what `bound_to` begins with when more fields follow these, a newline between each two."""
    return bound_to(purpose, *fields, "", version=version)


def encrypt(key: bytes, nonce: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Return the AES-256-GCM ciphertext with its tag; a nonce serves once per key."""
    return AESGCM(key).encrypt(nonce, plaintext, context)


def decrypt(key: bytes, nonce: bytes, ciphertext: bytes, context: bytes) -> bytes | None:
    """Return the plaintext, or None when key, nonce, ciphertext and context do not belong together."""
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, context)
    except (InvalidTag, ValueError):
        return None


def encrypt_part(key: bytes, nonce: bytes, plaintext: bytes, *place: str) -> bytes:
    """Return the ciphertext of a sealed part; `place` is origin, event id and kind. Raises EntryRefused: too long."""
    return OpenKey("", key).encrypt(nonce, packing.pack(plaintext), bound_to("seal", *place, version=2))


def decrypt_part(key: bytes, nonce: bytes, ciphertext: bytes, *place: str) -> bytes | None:
    """Return the plaintext of a sealed part of either version, or None when it does not open at this `place`."""
    packed = decrypt(key, nonce, ciphertext, bound_to("seal", *place, version=2))
    if packed is not None:
        return packing.unpack(packed)
    return decrypt(key, nonce, ciphertext, bound_to("seal", *place))


def digest(nonce: bytes, ciphertext: bytes) -> str:
    """Return what the entry commits to: hex SHA-256 of nonce and ciphertext."""
    return sha256(nonce + ciphertext).hexdigest()


_COMMIT = head("key-commit")


def commit(key: bytes, event_id: str) -> str:
    """Return the key commitment of an entry: hex HMAC-SHA-256 under the subject's key."""
    # By the hash itself, as in `keyed`: the library looks its parts up for each message anew.
    block = _block(key)
    inner = sha256(block.translate(_INSIDE) + _COMMIT + event_id.encode()).digest()
    return sha256(block.translate(_OUTSIDE) + inner).hexdigest()


def reference_text(reference: str, moment: datetime) -> bytes:
    """Return what is sealed of a subject: by which reference, and since which moment (ISO 8601), it is known."""
    # The first is what `isoformat` writes, in a quarter of its time.
    written = f"{msgspec.to_builtins(moment)[:-1]}+00:00" if moment.tzinfo is UTC else moment.isoformat()
    return msgspec.json.encode([reference, written])


def lookup_hash(key: bytes, reference: str) -> bytes:
    """Return the keyed hash a subject is found by; without the key a reference cannot even be guessed at."""
    return keyed(key)(bound_to("lookup", reference))


def keyed(key: bytes) -> Callable[[bytes], bytes]:
    """Return HMAC-SHA-256 under a key, set up once for many messages."""
    # RFC 2104, by the hash itself: the library's object makes five calls of each copy.
    block = _block(key)
    inside, outside = sha256(block.translate(_INSIDE)), sha256(block.translate(_OUTSIDE))

    def digest_of(message: bytes) -> bytes:
        inner, outer = inside.copy(), outside.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    return digest_of


def _block(key: bytes) -> bytes:
    return (key if len(key) <= _BLOCK_BYTES else sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")


class OpenKey:
    """A subject's key at hand."""

    __slots__ = ("_cipher", "_key", "key_id")

    def __init__(self, key_id: str, key: bytes) -> None:
        self.key_id, self._key = key_id, key
        self._cipher: AESGCM | None = None  # made by the first use for the second: most keys are used twice, at once

    def encrypt(self, nonce: bytes, plaintext: bytes, context: bytes) -> bytes:
        """Return what `seal.encrypt` does."""
        cipher = self._cipher or AESGCM(self._key)
        self._cipher = None if self._cipher else cipher
        return cipher.encrypt(nonce, plaintext, context)

    def commit(self, event_id: str) -> str:
        """Return what `seal.commit` does."""
        return commit(self._key, event_id)
