"""Cosignatures of witnesses: timestamped Ed25519, cosignature/v1 of C2SP tlog-cosignature."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.errors import NoteInvalid
from audit.note import KEY_ID_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, decode_base64, is_name, signatures_of

COSIGNATURE = b"\x04"
"""The signature type byte assigned to timestamped Ed25519 cosignatures."""
TIME_BYTES = 8


class CosignerKey(NamedTuple):
    """The public key of a witness with the name it cosigns under; its text form is a `vkey` of signed-note."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of `SHA-256(name || 0x0A || 0x04 || public key)`."""
        return sha256(self.name.encode() + b"\n" + COSIGNATURE + self.public).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        """Return `name+hex(key id)+base64(0x04 || public key)`."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(COSIGNATURE + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> CosignerKey:
        """Read a vkey of a witness; raises NoteInvalid."""
        name, _, rest = text.strip().partition("+")
        material = decode_base64(rest.partition("+")[2], f"verifier key `{text}`")
        key = cls(name, material[1:])
        if not is_name(name) or len(material) != 1 + PUBLIC_KEY_BYTES or str(key) != text.strip():
            raise NoteInvalid(f"`{text}` is not the verifier key of a witness; expected NAME+HEX+BASE64 of type 0x04")
        return key


def time_of(note: str, key: CosignerKey) -> int:
    """Return when `key` cosigned the checkpoint in `note`, in POSIX seconds.

    Raises NoteInvalid when it has not, or when a line that claims to be by it does not verify.
    """
    text, signatures = signatures_of(note)
    mine = [raw for name, raw in signatures if (name, raw[:KEY_ID_BYTES]) == (key.name, key.key_id)]
    if not mine:
        raise NoteInvalid(f"no cosignature by `{key.name}`")
    return max(_time(text, raw[KEY_ID_BYTES:], key) for raw in mine)


def _time(text: str, signature: bytes, key: CosignerKey) -> int:
    time = int.from_bytes(signature[:TIME_BYTES], "big")
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    if len(signature) != TIME_BYTES + SIGNATURE_BYTES:
        raise NoteInvalid(f"the cosignature by `{key.name}` has {len(signature)} bytes")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature[TIME_BYTES:], message)
    except (InvalidSignature, ValueError):
        raise NoteInvalid(f"the cosignature by `{key.name}` does not verify") from None
    return time
