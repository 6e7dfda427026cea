"""Signed notes with Ed25519 keys: C2SP signed-note v1 (https://c2sp.org/signed-note).

A note is text, a blank line and signature lines. Text is never looked at before a known key has signed it.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import NoteInvalid

ED25519 = b"\x01"
"""The signature type byte assigned to plain Ed25519."""
MOST_SIGNATURES = 64
"""More lines than this are refused; the specification asks to accept at least 16."""
KEY_ID_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES = 4, 32, 64
_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class VerifierKey(NamedTuple):
    """A public key with the name it signs under; its text form is the `vkey` of the specification."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of `SHA-256(name || 0x0A || 0x01 || public key)`."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        """Return `name+hex(key id)+base64(0x01 || public key)`."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a vkey; raises NoteInvalid when it is malformed, of another type or its key id is wrong."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        material = decode_base64(encoded, f"verifier key `{text}`")
        if not is_name(name) or material[:1] != ED25519 or len(material) != 1 + PUBLIC_KEY_BYTES:
            raise NoteInvalid(f"`{text}` is not an Ed25519 verifier key; expected NAME+HEX+BASE64")
        key = cls(name, material[1:])
        if key.key_id.hex() != key_id:
            raise NoteInvalid(f"verifier key `{text}` names key id `{key_id}`, its own is `{key.key_id.hex()}`")
        return key


class Signer:
    """A private key with the name it signs under."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        """Raises NoteInvalid when `name` cannot stand in a signature line."""
        if not is_name(name):
            raise NoteInvalid(f"`{name}` cannot name a key: it must not be empty or hold spaces, controls or `+`")
        self._private = private
        self.vkey = VerifierKey(name, private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Return the note: `text` (which ends in a newline) with one signature line."""
        signature = self.vkey.key_id + self._private.sign(text.encode())
        return f"{text}\n{_DASH}{self.vkey.name} {b64encode(signature).decode()}\n"


def text_of(note: str, key: VerifierKey) -> str:
    """Return the text of a note that `key` has signed.

    Signatures of other keys are ignored, as the specification asks. Raises NoteInvalid when the note is malformed,
    when `key` has not signed it, or when a line that claims to be by `key` does not verify.
    """
    text, signatures = signatures_of(note)
    mine = [signature for name, signature in signatures if (name, signature[:4]) == (key.name, key.key_id)]
    if not mine:
        raise NoteInvalid(f"no signature by `{key.name}` with key id `{key.key_id.hex()}`")
    for signature in mine:
        try:
            _public_key(key.public).verify(signature[KEY_ID_BYTES:], text.encode())
        except (InvalidSignature, ValueError):
            raise NoteInvalid(f"the signature by `{key.name}` does not verify") from None
    return text


@lru_cache(maxsize=64)
def _public_key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def signatures_of(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text of a note and its signatures, key id first, as they claim to be; raises NoteInvalid.

    None of them has been checked yet, so the text is not to be believed.
    """
    text, lines = _split(note)
    return text, [_signature(line) for line in lines]


def is_name(name: str) -> bool:
    """Tell whether `name` may name a key: not empty, no `+`, no space, no control character."""
    return bool(name) and "+" not in name and not any(each.isspace() or each < " " for each in name)


def decode_base64(text: str, where: str) -> bytes:
    """Decode standard base64 and accept its one canonical spelling only, so that no bit of a note is free to change.

    Raises NoteInvalid, which says `where`.
    """
    try:
        decoded = b64decode(text, validate=True)
    except ValueError:
        raise NoteInvalid(f"{where}: `{text}` is not base64") from None
    if b64encode(decoded).decode() != text:
        raise NoteInvalid(f"{where}: `{text}` is not canonical base64")
    return decoded


def _split(note: str) -> tuple[str, list[str]]:
    text, blank, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or lines.pop() != "" or not 1 <= len(lines) <= MOST_SIGNATURES:
        raise NoteInvalid("not a signed note: expected text, a blank line and signature lines, each ended by a newline")
    if _CONTROL.search(note):
        raise NoteInvalid("a signed note must not hold control characters")
    return text + "\n", lines


def _signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not is_name(name):
        raise NoteInvalid(f"`{line}` is not a signature line")
    signature = decode_base64(encoded, "signature line")
    if len(signature) <= KEY_ID_BYTES:
        raise NoteInvalid(f"`{line}` is too short for a signature")
    return name, signature
