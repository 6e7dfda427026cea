"""Opening what is sealed, with every check on the way: the same for who reads one part and who audits all of them."""

from __future__ import annotations

from hmac import compare_digest
from typing import NamedTuple

import msgspec

from audit.errors import KeyLost, Tampered
from audit.keys import Keys
from audit.leaf import Leaf
from audit.rows import WrappedKey
from audit.seal import bound_to, commit, decrypt, decrypt_part, digest, lookup_hash


class Part(NamedTuple):
    """A sealed part as stored."""

    idx: int
    key_id: str
    nonce: bytes
    ciphertext: bytes

    @property
    def where(self) -> str:
        """The place named in findings."""
        return f"sealed part of entry {self.idx}"


class Known(NamedTuple):
    """A subject as stored: found by `lookup`, its reference sealed."""

    subject: str
    lookup: bytes
    nonce: bytes
    ciphertext: bytes


def check_part(leaf: Leaf, part: Part) -> None:
    """Accept if the stored part is the one the leaf commits to; needs no key. Raises Tampered."""
    expected = (leaf.sealed or {}).get("sha256", "")
    if not compare_digest(digest(part.nonce, part.ciphertext), expected):
        raise Tampered(part.where, "does not hash to what the entry commits to")


def open_part(origin: str, keys: Keys, leaf: Leaf, part: Part, wrapped: WrappedKey) -> bytes:
    """Return the plaintext of a part after checking commitment, key and place; raises KeyLost or Tampered."""
    check_part(leaf, part)
    if (wrapped.key_id, wrapped.subject) != (part.key_id, leaf.subject):
        raise Tampered(part.where, f"its key `{part.key_id}` is not that of subject `{leaf.subject}`")
    dek = unwrap(origin, keys, wrapped)
    if leaf.sealed is None or not compare_digest(commit(dek, leaf.id), leaf.sealed["key_commit"]):
        raise Tampered(part.where, f"its key `{part.key_id}` is not the one the entry commits to")
    plaintext = decrypt_part(dek, part.nonce, part.ciphertext, origin, leaf.id, leaf.kind)
    if plaintext is None:
        raise Tampered(part.where, f"does not open for event `{leaf.id}` of kind `{leaf.kind}`")
    return plaintext


def open_reference(origin: str, keys: Keys, known: Known, key: WrappedKey) -> str:
    """Return what the integrator calls a subject, after checking that it is found by that; raises KeyLost, Tampered."""
    where, context = f"subject `{known.subject}`", bound_to("subject", origin, known.subject)
    plaintext = decrypt(unwrap(origin, keys, key), known.nonce, known.ciphertext, context)
    if plaintext is None or key.subject != known.subject:
        raise Tampered(where, "its reference does not open")
    reference, _since = msgspec.json.decode(plaintext, type=tuple[str, str])
    if not compare_digest(lookup_hash(keys.lookup, reference), known.lookup):
        raise Tampered(where, "is not found by its own reference")
    return reference


def unwrap(origin: str, keys: Keys, wrapped: WrappedKey) -> bytes:
    """Return a subject's key; raises KeyLost when another vault key wrapped it, Tampered when it was changed."""
    if wrapped.vault_id != keys.vault_id:
        what = f"was wrapped by vault key `{wrapped.vault_id}`, and only `{keys.vault_id}` is at hand"
        raise KeyLost(f"key `{wrapped.key_id}`", what)
    dek = decrypt(keys.vault, wrapped.nonce, wrapped.wrapped, bound_to("wrap", origin, wrapped.key_id, wrapped.subject))
    if dek is None:
        raise Tampered(f"key `{wrapped.key_id}`", f"does not unwrap for subject `{wrapped.subject}`")
    return dek
