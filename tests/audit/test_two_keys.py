"""One ciphertext that opens under two keys to two texts, both tags valid: made here, and refused by the commitment.

AES-GCM's tag is a polynomial of the ciphertext, linear in each block (NIST SP 800-38D section 6.4). One block that is
free to choose makes the tags under two keys equal ("key commitment", Grubbs and others, Crypto 2017).
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from audit import Log, Writer
from audit.errors import Tampered
from audit.rows import WrappedKey
from audit.seal import Sealed, bound_to, commit, decrypt, digest
from audit.unseal import unwrap
from audit.wrapping import wrap
from tests.audit.cases import NOW, entry, event

_POLYNOMIAL = 0xE1 << 120


def multiply(left: int, right: int) -> int:
    """Multiply in GF(2^128), in the bit order of GCM."""
    product = 0
    for bit in range(127, -1, -1):
        product ^= left if right >> bit & 1 else 0
        left = left >> 1 ^ (_POLYNOMIAL if left & 1 else 0)
    return product


def power(base: int, exponent: int) -> int:
    """Raise to a power in GF(2^128)."""
    result = 1 << 127
    while exponent:
        result = multiply(result, base) if exponent & 1 else result
        base, exponent = multiply(base, base), exponent >> 1
    return result


def block(key: bytes, plain: bytes) -> int:
    """Encrypt one block with AES."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # a single block, as GCM itself uses it
    return int.from_bytes(encryptor.update(plain))


def ghash(key: bytes, context: bytes, blocks: list[int]) -> int:
    """Hash context and ciphertext blocks under a key's hash key."""
    padded = context + bytes(-len(context) % 16)
    lengths = (8 * len(context)) << 64 | 128 * len(blocks)
    words = [int.from_bytes(padded[at : at + 16]) for at in range(0, len(padded), 16)]
    total = 0
    for word in (*words, *blocks, lengths):
        total = multiply(total ^ word, block(key, bytes(16)))
    return total


def ambiguous(one: bytes, other: bytes, nonce: bytes, context: bytes) -> bytes:
    """Give a ciphertext with a tag that both keys accept."""
    blocks = [0x1234 << 64, 0x5678, 0]  # anything; the last one is free
    first = nonce + b"\x00\x00\x00\x01"
    tags = [ghash(key, context, blocks) ^ block(key, first) for key in (one, other)]
    # The last block stands before the lengths: its weight is the square of the hash key.
    weights = [power(block(key, bytes(16)), 2) for key in (one, other)]
    free = multiply(tags[0] ^ tags[1], power(weights[0] ^ weights[1], 2**128 - 2))
    blocks[-1] = free
    tag = ghash(one, context, blocks) ^ block(one, first)
    return b"".join(each.to_bytes(16) for each in (*blocks, tag))


def test_one_ciphertext_opens_under_two_keys() -> None:
    """AES-GCM accepts it under both, with two different texts: the tag proves nothing about the key."""
    one, other, nonce, context = bytes(range(32)), bytes(range(1, 33)), bytes(12), b"context"
    ciphertext = ambiguous(one, other, nonce, context)
    texts = [decrypt(key, nonce, ciphertext, context) for key in (one, other)]

    assert None not in texts
    assert texts[0] != texts[1]
    assert decrypt(bytes(32), nonce, ciphertext, context) is None


def test_the_second_key_is_refused(log: Log, writer: Writer) -> None:
    """Who seals such a ciphertext and later shows the other text is caught by the entry's commitment to the key."""

    def seal(connection: sa.Connection) -> tuple[int, WrappedKey, bytes]:
        subject = log.vault.subject(connection, "person", NOW)
        key = log.vault._key(connection, subject)
        dek, other = unwrap(log.origin, log.vault._keys, key), bytes(range(32))
        context = bound_to("seal", log.origin, event(1), "noted")
        ciphertext = ambiguous(dek, other, bytes(12), context)
        assert decrypt(dek, bytes(12), ciphertext, context) != decrypt(other, bytes(12), ciphertext, context)
        assert decrypt(other, bytes(12), ciphertext, context) is not None
        hashes = digest(bytes(12), ciphertext), commit(dek, event(1))
        sealed = Sealed(subject, event(1), "noted", key.key_id, bytes(12), ciphertext, *hashes)
        index = log.append(connection, event(1), entry(1, subject=subject, sealed=sealed.commitment), sealed)
        return index, key, other

    index, key, other = writer.submit(seal).result(30)
    opens(log, index)
    exchanged = wrap(log.origin, log.vault._keys, key.key_id, key.subject, other)
    change = sa.text("UPDATE audit_subject_key SET nonce = :nonce, wrapped = :wrapped WHERE key_id = :key_id")
    values = {"nonce": exchanged.nonce, "wrapped": exchanged.wrapped, "key_id": key.key_id}
    writer.submit(lambda connection: connection.execute(change, values).rowcount).result(30)

    with pytest.raises(Tampered, match="not the one the entry commits to"):
        opens(log, index)


def opens(log: Log, index: int) -> bytes:
    """Open a sealed part."""
    with log.engine.connect() as connection:
        return log.vault.open(connection, index)
