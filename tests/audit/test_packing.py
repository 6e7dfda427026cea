"""Packing of what is sealed: smaller, the same bytes back, bounded, and parts sealed before there was packing open."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from audit import Log, Writer, packing
from audit.errors import EntryRefused
from audit.packing import MOST_BYTES, pack, unpack
from audit.seal import Sealed, bound_to, commit, decrypt_part, digest, encrypt, encrypt_part
from audit.unseal import unwrap
from tests.audit.cases import NOW, entry, event, sealing

KEY, NONCE = bytes(range(32)), bytes(12)
PLACE = ("grounds.local/test", event(1), "noted")


@given(st.binary(max_size=2_000) | st.text(alphabet="ab", max_size=2_000).map(str.encode))
def test_what_is_packed_comes_back(plaintext: bytes) -> None:
    """Any bytes round-trip, and take at most one byte more."""
    packed = pack(plaintext)

    assert unpack(packed) == plaintext
    assert len(packed) <= len(plaintext) + 1


@given(st.binary(max_size=300))
def test_what_is_not_packed_is_refused(nonsense: bytes) -> None:
    """Unpacking never raises; other first bytes, cut streams and trailing bytes are nothing."""
    assert isinstance(unpack(nonsense), bytes | None)
    packed = pack(b"a" * 1_000)
    assert unpack(packed + b"x") is None
    assert unpack(packed[:-1]) is None
    assert unpack(b"\x02" + packed[1:]) is None
    assert unpack(b"") is None


def test_a_few_bytes_cannot_become_gigabytes() -> None:
    """A stream that would unpack to more than the limit is refused without being unpacked; one at the limit is not."""
    bomb = b"\x01" + zlib.compress(bytes(64 * MOST_BYTES), 9)

    assert len(bomb) < MOST_BYTES // 10
    assert unpack(bomb) is None
    assert unpack(b"\x01" + zlib.compress(bytes(MOST_BYTES), 1)) == bytes(MOST_BYTES)
    assert unpack(b"\x00" + bytes(MOST_BYTES + 1)) is None


def test_a_plaintext_beyond_the_limit_is_refused(log: Log, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too long to be sealed is refused with its length, and nothing is appended."""
    monkeypatch.setattr(packing, "MOST_BYTES", 1_000)
    with pytest.raises(EntryRefused, match="1001 bytes"):
        writer.submit(sealing(log, 1, "one", b"x" * 1_001)).result(30)
    assert writer.submit(sealing(log, 2, "one", b"x" * 1_000)).result(30) == 0


def test_a_document_takes_less_than_half() -> None:
    """A decision's document is sealed in less than half of its bytes."""
    document = (Path(__file__).parents[2] / "api" / "samples" / "approval.json").read_bytes() * 4

    assert len(encrypt_part(KEY, NONCE, document, *PLACE)) < len(document) / 2


def test_versions_are_not_taken_for_each_other() -> None:
    """A part of version 1 whose text looks packed comes back as it was; one of version 2 is always unpacked."""
    text = pack(b"looks packed")
    old = encrypt(KEY, NONCE, text, bound_to("seal", *PLACE))

    assert decrypt_part(KEY, NONCE, old, *PLACE) == text
    assert decrypt_part(KEY, NONCE, encrypt_part(KEY, NONCE, text, *PLACE), *PLACE) == text
    assert decrypt_part(KEY, NONCE, old, *PLACE[:2], "other") is None
    assert bound_to("seal", *PLACE, version=2) == f"grounds/seal/v2\n{PLACE[0]}\n{PLACE[1]}\n{PLACE[2]}".encode()


def test_a_part_sealed_before_there_was_packing_opens(log: Log, writer: Writer) -> None:
    """What version 0.1.0 wrote beside an entry opens to the same bytes."""
    secret = b'{"request":{},"answer":{}}'

    def sealed_as_before(connection: sa.Connection) -> int:
        subject = log.vault.subject(connection, "one", NOW)
        wrapped = log.vault._key(connection, subject)
        dek = unwrap(log.origin, log.vault._keys, wrapped)
        ciphertext = encrypt(dek, NONCE, secret, bound_to("seal", log.origin, event(1), "noted"))
        hashes = digest(NONCE, ciphertext), commit(dek, event(1))
        sealed = Sealed(subject, event(1), "noted", wrapped.key_id, NONCE, ciphertext, *hashes)
        return log.append(connection, event(1), entry(1, subject=subject, sealed=sealed.commitment), sealed)

    index = writer.submit(sealed_as_before).result(30)
    with log.engine.connect() as connection:
        assert log.vault.open(connection, index) == secret
