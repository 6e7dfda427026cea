"""One request, one decision: how a caller's Idempotency-Key becomes the fingerprint under which a decision is recorded.

A keyed hash (BLAKE2b, RFC 7693), because people put all sorts of things into such keys, and the fingerprint stands in
a leaf for ever.
"""

from __future__ import annotations

import hashlib


class Fingerprints:
    """Makes fingerprints under the log's lookup secret; the same actor and key always give the same one."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._begun = hashlib.blake2b(digest_size=32, key=secret, person=b"idempotency/v1")

    def of(self, actor: str, key: str) -> str:
        """Give the fingerprint of `key` as `actor` uses it, in hex; keys of different actors never meet."""
        found = self._begun.copy()
        found.update(f"{actor}\n{key}".encode())
        return found.hexdigest()

    def password(self, user: str, stored: str) -> str:
        """Give what a leaf holds of the stored hash of a user's password: it binds that hash and tells nothing."""
        text = f"{user}\n{stored}".encode()
        return hashlib.blake2b(text, digest_size=32, key=self._secret, person=b"password/v1").hexdigest()

    def user(self, issuer: str, subject: str) -> str:
        """Give the id by which the holder of an issuer's tokens is known in the log: the same one for ever, no name."""
        text = len(issuer).to_bytes(4, "big") + issuer.encode() + subject.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=12, key=self._secret, person=b"token-user/v1").hexdigest()
