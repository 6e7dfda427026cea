"""Checkpoints: the signed size and root of the log, C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import NamedTuple

from audit.errors import NoteInvalid
from audit.merkle import HASH_BYTES
from audit.note import Signer, VerifierKey, decode_base64, text_of

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class Checkpoint(NamedTuple):
    """One signed tree head. Only `sign` and `verify` make one, so holding one means its signature was checked."""

    text: str  #: the whole note, as signed and served
    origin: str  #: the log it speaks of; also the name of its key
    size: int  #: how many entries it covers: those with an index below it
    root: bytes  #: the Merkle tree hash over these entries

    @classmethod
    def sign(cls, size: int, root: bytes, signer: Signer) -> Checkpoint:
        """Return the checkpoint of a tree, signed under the signer's name as origin."""
        origin = signer.vkey.name
        return cls(signer.sign(head_text(origin, size, root)), origin, size, root)

    @classmethod
    def verify(cls, text: str, key: VerifierKey) -> Checkpoint:
        """Return the checkpoint in the note `text` after checking its signature.

        Raises NoteInvalid when the note is malformed, not signed by `key`, or of another origin than `key` speaks for.
        """
        origin, size, root = parse_head(text_of(text, key))
        if origin != key.name:
            raise NoteInvalid(f"the checkpoint is of `{origin}`, the key speaks for `{key.name}`")
        return cls(text, origin, size, root)


def head_text(origin: str, size: int, root: bytes) -> str:
    """Return the three lines that are signed."""
    return f"{origin}\n{size}\n{b64encode(root).decode()}\n"


def parse_head(text: str) -> tuple[str, int, bytes]:
    """Return origin, size and root from the text of a checkpoint; extension lines are allowed and ignored.

    Raises NoteInvalid on anything else than the format.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise NoteInvalid("a checkpoint has at least three non-empty lines: origin, size, root")
    size, root = parse_size(lines[1], "tree size"), decode_base64(lines[2], "root hash")
    if len(root) != HASH_BYTES:
        raise NoteInvalid(f"root hash `{lines[2]}` has {len(root)} bytes instead of {HASH_BYTES}")
    return lines[0], size, root


def parse_size(text: str, what: str) -> int:
    """Read a decimal number without sign or leading zeroes, below 10**19; raises NoteInvalid naming `what`."""
    if not _DECIMAL.fullmatch(text):
        raise NoteInvalid(f"{what} `{text}` is not a decimal number without leading zeroes")
    return int(text)
